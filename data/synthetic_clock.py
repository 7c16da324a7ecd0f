"""When the bars of a synthetic market open: on the calendar of the CME's equity index futures."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendar import calendar, minutes_since_open
from data.synthetic_parameters import BAR_MINUTES, BARS_PER_SESSION
from utils.errors import ConfigError

FIRST_TRADE_DATE = np.datetime64("2024-01-02")
MAX_BARS = 5_000_000
"""Some seventy years: the calendar knows no more."""

MIN_DAYS_OF_WEEKEND = 3
"""From the trade date before a weekend to the one after it; a holiday between weekdays makes 2."""


class Clock(NamedTuple):
    """When n bars open, and in which of their s sessions."""

    stamps: pd.DatetimeIndex
    slot: NDArray[np.int64]
    """Five-minute step since 17:00 Chicago in which each bar opens, shape (n,)."""
    session: NDArray[np.int64]
    """Number of each bar's session, from 0, shape (n,)."""
    dates: NDArray[np.datetime64]
    """Trade date of each session, shape (s,)."""
    is_after_weekend: NDArray[np.bool_]
    """Shape (s,)."""

    @property
    def is_first(self) -> NDArray[np.bool_]:
        """Whether each bar opens a session, shape (n,)."""
        return np.asarray(np.diff(self.session, prepend=-1) != 0)


def clock_of(n_bars: int) -> Clock:
    """Return the first `n_bars` bars from FIRST_TRADE_DATE on.

    Raises:
        ConfigError: If there cannot be as many.
    """
    if not 1 <= n_bars <= MAX_BARS:
        raise ConfigError(f"`n_bars` must be in [1, {MAX_BARS:,}], was {n_bars:,}")
    calendar_ = calendar("equity_index")
    # One business day in fifteen is a holiday or a half day: some more than enough.
    n_days = n_bars // BARS_PER_SESSION * 16 // 15 + 10
    last = np.busday_offset(FIRST_TRADE_DATE, n_days)
    stamps = calendar_.expected_bars(FIRST_TRADE_DATE, last, 60 * BAR_MINUTES)[:n_bars]
    dates, session = np.unique(calendar_.trade_dates(stamps), return_inverse=True)
    days = np.diff(dates, prepend=dates[:1]) // np.timedelta64(1, "D")
    return Clock(
        stamps=stamps,
        slot=minutes_since_open(stamps) // BAR_MINUTES,
        session=session,
        dates=dates,
        is_after_weekend=days >= MIN_DAYS_OF_WEEKEND,
    )


def sessions_to_bars(n_sessions: int) -> int:
    """Return how many bars the first `n_sessions` sessions have.

    Raises:
        ConfigError: If there cannot be as many sessions.
    """
    most = MAX_BARS // BARS_PER_SESSION
    if not 1 <= n_sessions <= most:
        raise ConfigError(f"`sessions` must be in [1, {most:,}], was {n_sessions:,}")
    return int(np.searchsorted(clock_of(n_sessions * BARS_PER_SESSION).session, n_sessions))
