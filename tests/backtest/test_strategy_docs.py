"""The code of docs/strategies.md runs as it stands, one block after the other."""

import re

from utils.paths import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "strategies.md"


def test_strategy_page_runs_from_top_to_bottom(capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {"__name__": "strategies_page"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert len(blocks) == 5
    assert int(printed[0].split()[0]) > 100
    assert "'target'" in printed[1]
    assert "'stop'" in printed[1]
    assert printed[2].startswith("strategy `cross` raised ValueError in on_bar at the close of")
    assert int(printed[3].split()[0]) > 20
    assert "'MES'" in printed[4]
    assert "'MNQ'" in printed[4]
    assert int(printed[5].split()[0]) > 100
