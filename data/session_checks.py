"""Which bars should be there by the calendar, and which are: counted per session.

The calendar can be wrong as well as the bars, so nothing here is an error: both are compared, and
judging is left to data/quality.py and to its reader.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendar import SECONDS_PER_DAY, Calendar

LARGEST_GRID_SECONDS = 3_600
"""Larger bars are cut by vendors where they like: of these, only whole sessions are counted."""

SHORT_SHARE = 0.9
"""A session with fewer of its expected bars than this is short."""

_Dates = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCount:
    """Expected and present bars of one series, from its first bar to its last.

    Attributes:
        table: One row per session, index `trade_date`; columns expected and present (bars on time),
            is_half_day and note (the calendar's).
        missing: Opens of expected bars that are not there, in sessions that have some.
        outside: Stamps of bars where the market is closed, or of days without a session.
        misaligned: Stamps in open hours at which no bar should begin.
        is_rth_only: Whether there are regular hours only, and only they were expected.
    """

    table: pd.DataFrame
    missing: pd.DatetimeIndex
    outside: pd.DatetimeIndex
    misaligned: pd.DatetimeIndex
    is_rth_only: bool

    @property
    def absent(self) -> pd.DataFrame:
        """Sessions without any bar on time."""
        return self.table[(self.table["present"] == 0) & (self.table["expected"] > 0)]

    @property
    def short(self) -> pd.DataFrame:
        """Sessions with some of their bars, and fewer than SHORT_SHARE."""
        is_short = self.table["present"] < SHORT_SHARE * self.table["expected"]
        return self.table[is_short & (self.table["present"] > 0)]

    @property
    def special(self) -> pd.DataFrame:
        """Sessions that the calendar shortens or has a note on."""
        return self.table[self.table["is_half_day"] | (self.table["note"] != "")]


def count_sessions(stamps: pd.DatetimeIndex, calendar: Calendar, seconds: int) -> SessionCount:
    """Compare bars with the calendar.

    Args:
        stamps: Opens of at least one bar, UTC, sorted and unique, within the calendar's years.
        calendar: Of what is traded.
        seconds: Size of a bar. Daily bars may be stamped by their open, or by their trade date at
            midnight UTC, as vendors do.

    Raises:
        DataError: If a stamp lies outside the calendar's years.
    """
    if seconds > LARGEST_GRID_SECONDS:
        return _count_days(stamps, calendar, seconds)
    return _count_bars(stamps, calendar, max(seconds, 1))


def _count_days(stamps: pd.DatetimeIndex, calendar: Calendar, seconds: int) -> SessionCount:
    """Count sessions that have any bar; each expects one."""
    is_dated = seconds >= SECONDS_PER_DAY and bool((stamps == stamps.normalize()).all())
    dates = _days(stamps.tz_localize(None)) if is_dated else calendar.trade_dates(stamps)
    sessions = calendar.sessions(dates.min(), dates.max())
    known = _days(sessions.index)
    table = _counted(sessions, known, np.unique(dates))
    return SessionCount(
        table=table,
        missing=stamps[:0],
        outside=stamps[~np.isin(dates, known)],
        misaligned=stamps[:0],
        is_rth_only=False,
    )


def _count_bars(stamps: pd.DatetimeIndex, calendar: Calendar, seconds: int) -> SessionCount:
    """Count bars on the grid of each session."""
    dates = calendar.trade_dates(stamps)
    is_open = calendar.is_open(stamps)
    expected = calendar.expected_bars(dates.min(), dates.max(), seconds)
    expected = expected[(expected >= stamps[0]) & (expected <= stamps[-1])]
    is_regular = calendar.is_rth(expected)
    is_rth_only = not is_regular.all() and bool(calendar.is_rth(stamps).all())
    if is_rth_only:
        expected = expected[is_regular]
    is_on_time = stamps.isin(expected)
    present = dates[is_on_time]
    expected_dates = calendar.trade_dates(expected)
    is_lost = ~expected.isin(stamps) & np.isin(expected_dates, present)
    sessions = calendar.sessions(dates.min(), dates.max())
    return SessionCount(
        table=_counted(sessions, expected_dates, present),
        missing=expected[is_lost],
        outside=stamps[~is_open],
        misaligned=stamps[is_open & ~is_on_time],
        is_rth_only=is_rth_only,
    )


def _counted(sessions: pd.DataFrame, expected: _Dates, present: _Dates) -> pd.DataFrame:
    """Return the sessions with counts of what was expected of each and what is there."""
    counts = {
        name: pd.Series(*np.unique(dates, return_counts=True)[::-1])
        for name, dates in (("expected", expected), ("present", present))
    }
    table = sessions[["is_half_day", "note"]].copy()
    for name, count in counts.items():
        at_days = count.set_axis(pd.DatetimeIndex(count.index).as_unit("s"))
        table[name] = at_days.reindex(table.index, fill_value=0).astype(np.int64)
    return table[["expected", "present", "is_half_day", "note"]]


def _days(index: pd.DatetimeIndex) -> _Dates:
    return np.asarray(index.to_numpy().astype("datetime64[D]"))
