"""Small bar frames written by hand, and the way to the real bars that are not in the repository."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from data.bars import check_bars
from utils.paths import PROJECT_ROOT

REAL_DATA_DIR = PROJECT_ROOT.parent / "shared" / "data"
SESSION_OPEN = "2024-01-01T23:00:00Z"
"""17:00 Chicago on the evening before Tuesday 2024-01-02: the first bar of a session."""


def make_bars(
    rows: Sequence[tuple[float, float, float, float]],
    start: str = SESSION_OPEN,
    volume: float = 100.0,
    step: str = "5min",
) -> pd.DataFrame:
    """Return checked bars from (open, high, low, close) rows, `step` apart, all of one volume."""
    index = pd.date_range(start, periods=len(rows), freq=step, name="timestamp")
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close"], index=index, dtype=float)
    return check_bars(frame.assign(volume=volume))


def real_data(name: str) -> Path:
    """Return the path of a file of real bars, e.g. "NQ_5min_backadj.parquet", or skip the test."""
    path = REAL_DATA_DIR / name
    if not path.is_file():
        pytest.skip(f"real bars are not here: {path.name}")
    return path
