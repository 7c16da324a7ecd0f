"""What a feature kernel sees of one bar, and how a frame becomes such records.

All reading of the clock happens here, once per bar; kernels only do arithmetic.
"""

from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import BAR_COLUMNS
from data.calendar import is_rth, minutes_since_open, session_starts, trade_dates
from data.optional_columns import OPTIONAL_COLUMNS, optional_values

Floats = NDArray[np.float64]

FEATURE_BAR = np.dtype(
    [
        ("open", "f8"),  # prices in points
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),  # contracts
        ("minute_of_session", "f8"),  # minutes from 17:00 Chicago to the bar's open
        ("day_of_week", "f8"),  # of the trade date, Monday is 0
        (
            "roll_gap",
            "f8",
        ),  # points that a new contract trades above the old one's last price, or 0
        (
            "other_close",
            "f8",
        ),  # the second instrument's last close, points; NaN where there is none
        ("other_volume", "f8"),  # and its contracts in this bar
        ("other_roll_gap", "f8"),  # as `roll_gap`, of the second instrument
        ("is_session_start", "?"),  # the first bar present of its trade date
        ("is_rth", "?"),  # opens in regular hours, 08:30 to 15:00 Chicago
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
    day_of_week: float
    roll_gap: float
    other_close: float
    other_volume: float
    other_roll_gap: float
    is_session_start: bool
    is_rth: bool


def feature_bars(frame: pd.DataFrame) -> np.recarray:
    """Return the rows of a checked bar frame as FEATURE_BAR records, shape (n,), oldest first.

    At bar t uses bars <= t: the session flag compares a bar with the one before it, and row 0
    counts as a session's start. For one live bar pass the bar before it too, and
    take the last record.

    Args:
        frame: OHLCV indexed by `timestamp` (UTC, bar open), as `check_bars` returns it; further
            columns, those of OPTIONAL_COLUMNS, are used where they are there.

    Raises:
        DataError: If one of OPTIONAL_COLUMNS holds what it may not.
    """
    bars = np.recarray(len(frame), dtype=FEATURE_BAR)
    for name in BAR_COLUMNS:
        bars[name] = frame[name].to_numpy(dtype=np.float64)
    for name in OPTIONAL_COLUMNS:
        bars[name] = optional_values(frame, name)
    index = pd.DatetimeIndex(frame.index)
    bars["minute_of_session"] = minutes_since_open(index)
    bars["day_of_week"] = pd.DatetimeIndex(trade_dates(index)).day_of_week
    bars["is_session_start"] = session_starts(index)
    bars["is_rth"] = is_rth(index)
    return bars
