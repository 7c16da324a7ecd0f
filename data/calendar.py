"""Which session a bar belongs to, on the clock of the CME's equity futures.

A session is a trade date: 17:00 to 16:00 Chicago, from Sunday evening to Friday afternoon.
Wall-clock arithmetic is safe because daylight saving changes on Sunday at 02:00, when the market is
closed. Holidays and half days are not known here: a session is found by the bars that are present.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EXCHANGE_ZONE = "America/Chicago"
MINUTES_PER_DAY = 1_440
SESSION_OPEN_MINUTE = 17 * 60
"""Minute of the Chicago day at which a session opens."""

SESSION_MINUTES = 23 * 60
"""Length of a full session."""

RTH_START_MINUTE = 15 * 60 + 30
"""08:30 Chicago, in minutes since the session's open."""

RTH_END_MINUTE = 22 * 60
"""15:00 Chicago, in minutes since the session's open."""

SATURDAY = 5
"""Its `day_of_week` in pandas."""

_Dates = NDArray[np.datetime64]


def trade_dates(index: pd.DatetimeIndex) -> _Dates:
    """Return the trade date of each bar, shape (n,), datetime64[D].

    A bar at or after 17:00 Chicago belongs to the next day; Friday evening to Sunday, to Monday.

    Args:
        index: Bar opens, tz-aware.
    """
    shifted = _chicago(index) + pd.Timedelta(minutes=MINUTES_PER_DAY - SESSION_OPEN_MINUTE)
    days = shifted.to_numpy().astype("datetime64[D]")
    return np.asarray(np.busday_offset(days, 0, roll="forward"))


def session_starts(index: pd.DatetimeIndex) -> NDArray[np.bool_]:
    """Return whether each bar is the first one present of its trade date; row 0 is True."""
    dates = trade_dates(index)
    starts = np.ones(len(dates), dtype=np.bool_)
    starts[1:] = dates[1:] != dates[:-1]
    return starts


def minutes_since_open(index: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Return whole minutes from the last 17:00 Chicago to each bar's open, in [0, 1440)."""
    chicago = _chicago(index)
    minute_of_day = np.asarray(chicago.hour * 60 + chicago.minute, dtype=np.int64)
    return (minute_of_day - SESSION_OPEN_MINUTE) % MINUTES_PER_DAY


def is_rth(index: pd.DatetimeIndex) -> NDArray[np.bool_]:
    """Return whether each bar opens between 08:30 and 15:00 Chicago, Monday to Friday."""
    minutes = minutes_since_open(index)
    in_hours = (minutes >= RTH_START_MINUTE) & (minutes < RTH_END_MINUTE)
    return np.asarray(in_hours & (_chicago(index).day_of_week.to_numpy() < SATURDAY))


def session_opens(dates: _Dates) -> pd.DatetimeIndex:
    """Return when each trade date's session opens: 17:00 Chicago the evening before, in UTC."""
    evenings = pd.DatetimeIndex(dates) - pd.Timedelta(minutes=MINUTES_PER_DAY - SESSION_OPEN_MINUTE)
    return evenings.tz_localize(EXCHANGE_ZONE).tz_convert("UTC").as_unit("ns")


def _chicago(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the stamps as Chicago's wall clock shows them, without a zone."""
    return index.tz_convert(EXCHANGE_ZONE).tz_localize(None)
