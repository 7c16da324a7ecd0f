"""When no bar can open on Globex: the daily break and the weekend, by Chicago's clock alone.

Holidays are not known here, so that a bar is never rejected because a calendar is wrong.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.importers.zones import NO_STAMP, NS_PER_DAY, NS_PER_SECOND, Stamps
from data.session_templates import CHICAGO

EARLIEST_CLOSES = (
    ("1970-01-01", 16 * 3_600 + 30 * 60),
    ("2012-11-19", 16 * 3_600 + 15 * 60),
    ("2015-09-21", 16 * 3_600),
)
"""From which date on all products are closed from when, in seconds of Chicago's day."""

REOPEN_SECOND = 17 * 3_600
"""When trading begins again, in seconds of Chicago's day."""

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
"""Days of the week, Monday is 0."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class ChicagoClock:
    """What Chicago's clock shows at each of n instants.

    Attributes:
        days: (n,) days since 1970.
        seconds: (n,) seconds since midnight.
        weekdays: (n,) Monday is 0.
    """

    def __init__(self, utc: Stamps) -> None:
        wall = _chicago(utc)
        self.days: Ints = wall // NS_PER_DAY
        self.seconds: Ints = (wall - self.days * NS_PER_DAY) // NS_PER_SECOND
        self.weekdays: Ints = (self.days + 3) % 7  # 1970 began on a Thursday

    def closes(self) -> Ints:
        """Return the second of each day from which on all products are closed."""
        since = np.array([day for day, _ in EARLIEST_CLOSES], dtype="datetime64[D]")
        seconds = np.array([second for _, second in EARLIEST_CLOSES], dtype=np.int64)
        places = np.searchsorted(since.astype(np.int64), self.days, side="right") - 1
        return seconds[np.maximum(places, 0)]


def in_daily_break(clock: ChicagoClock) -> Mask:
    """Return which instants lie between the close and the reopening, Monday to Thursday."""
    in_hour = (clock.seconds >= clock.closes()) & (clock.seconds < REOPEN_SECOND)
    return np.asarray(in_hour & (clock.weekdays < FRIDAY))


def in_weekend(clock: ChicagoClock) -> Mask:
    """Return which instants lie between Friday's close and Sunday's opening."""
    is_late_friday = (clock.weekdays == FRIDAY) & (clock.seconds >= clock.closes())
    is_early_sunday = (clock.weekdays == SUNDAY) & (clock.seconds < REOPEN_SECOND)
    return np.asarray(is_late_friday | (clock.weekdays == SATURDAY) | is_early_sunday)


def _chicago(utc: Stamps) -> Stamps:
    """Return UTC as Chicago's wall clock; NO_STAMP must not occur."""
    assert not (utc == NO_STAMP).any()
    return utc + _chicago_offsets(utc)


def _chicago_offsets(utc: Stamps) -> Stamps:
    """Return how far Chicago's clock is from UTC at each instant, in nanoseconds.

    One look-up per hour, since the clock changes on the hour.
    """
    hours, places = np.unique(utc // (3_600 * NS_PER_SECOND), return_inverse=True)
    starts = pd.DatetimeIndex((hours * 3_600 * NS_PER_SECOND).view("datetime64[ns]"), tz="UTC")
    wall = starts.tz_convert(CHICAGO).tz_localize(None)
    return np.asarray((wall.asi8 - starts.asi8)[places])
