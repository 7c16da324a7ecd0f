"""The example of docs/forecasts.md runs as it stands."""

import re

from utils.paths import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "forecasts.md").read_text(encoding="utf-8")


def test_forecasts_page_shows_code_that_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(block, {})
    first, below, is_same = capsys.readouterr().out.splitlines()
    assert first.startswith("(3312, 2, 3, 9) 552 harx_fhs-")
    assert -0.1 < float(below) < 0.0
    assert is_same == "True"
