"""The example of docs/calibration.md runs as it stands."""

import re

from utils.paths import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")


def test_calibration_page_shows_code_that_runs(capsys):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(block, names)
    first, second = capsys.readouterr().out.splitlines()
    assert abs(float(first.split("%")[0])) < 2.0
    assert second.startswith(("passes at this horizon: ", "does not pass at this horizon: "))
    assert names["scores"].n_rows > 7_000
