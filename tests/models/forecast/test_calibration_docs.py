"""The example of docs/calibration.md runs as it stands."""

import re

import numpy as np

from data.forecast_names import LEVELS
from utils.paths import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")


def test_calibration_page_shows_code_that_runs(capsys):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    n_rows = 600
    quantiles = np.tile(np.linspace(-2.0, 2.0, len(LEVELS)), (n_rows, 1))
    names = {
        "y": np.random.default_rng(0).normal(size=n_rows),
        "quantiles": quantiles,
        "reference": 2.0 * quantiles,
        "days": np.repeat(np.arange(30), 20),
        "horizon": 3,
        "is_rth": np.ones(n_rows, dtype=bool),
        "scale": np.ones(n_rows),
    }
    exec(block, names)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("+")
    assert second.startswith(("passes at this horizon: ", "does not pass at this horizon: "))
