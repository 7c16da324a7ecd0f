"""What a feature kernel sees of one bar, and how a frame becomes such records.

All reading of the clock happens here, once per bar; kernels only do arithmetic.
"""

from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import BAR_COLUMNS
from data.calendar import minutes_since_open, session_starts

Floats = NDArray[np.float64]

FEATURE_BAR = np.dtype(
    [
        ("open", "f8"),  # prices in points
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),  # contracts
        ("minute_of_session", "f8"),  # minutes from 17:00 Chicago to the bar's open
        ("is_session_start", "?"),  # the first bar present of its trade date
    ],
    align=True,
)


class Bar(Protocol):
    """One FEATURE_BAR record, read by name."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    minute_of_session: float
    is_session_start: bool


def feature_bars(frame: pd.DataFrame) -> np.recarray:
    """Return the rows of a checked bar frame as FEATURE_BAR records, shape (n,), oldest first.

    At bar t uses bars <= t: the session flag compares a bar with the one before it, and row 0
    counts as a session's start. For one live bar pass the bar before it too, and
    take the last record.

    Args:
        frame: OHLCV indexed by `timestamp` (UTC, bar open), as `check_bars` returns it.
    """
    bars = np.recarray(len(frame), dtype=FEATURE_BAR)
    for name in BAR_COLUMNS:
        bars[name] = frame[name].to_numpy(dtype=np.float64)
    index = pd.DatetimeIndex(frame.index)
    bars["minute_of_session"] = minutes_since_open(index)
    bars["is_session_start"] = session_starts(index)
    return bars
