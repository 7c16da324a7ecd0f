"""When bars are to be expected: the exchange's calendar, as a subscription asks it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from data.calendar import calendar_of

MARGIN = timedelta(days=2)
"""Trade dates begin on the evening before, and none is longer than this."""


@dataclass(frozen=True, slots=True)
class BarCalendar:
    """Bars of one size of one product.

    Attributes:
        symbol: Key of INSTRUMENTS.
        bar_seconds: Size of a bar.
    """

    symbol: str
    bar_seconds: int

    def n_between(self, after: datetime, before: datetime) -> int:
        """Return how many bars open after the one time and before the other, both aware."""
        if (before - after).total_seconds() <= self.bar_seconds:
            return 0
        days = ((after - MARGIN).date(), (before + MARGIN).date())
        expected = calendar_of(self.symbol).expected_bars(*days, self.bar_seconds)
        first = expected.searchsorted(pd.Timestamp(after), side="right")
        last = expected.searchsorted(pd.Timestamp(before), side="left")
        return max(0, int(last) - int(first))

    def seconds_since_open(self, close: datetime, now: datetime) -> float:
        """Return for how long the bar after a close has been on, >= 0; both times are aware.

        Over a pause or a weekend it has not, until the market opens again.
        """
        days = ((close - MARGIN).date(), (now + MARGIN).date())
        expected = calendar_of(self.symbol).expected_bars(*days, self.bar_seconds)
        place = int(expected.searchsorted(pd.Timestamp(close), side="left"))
        opened = expected[place].to_pydatetime() if place < len(expected) else now
        return max((now - opened).total_seconds(), 0.0)

    def is_open(self, now: datetime) -> bool:
        """Return whether the market is open at an aware time."""
        return bool(calendar_of(self.symbol).is_open(pd.DatetimeIndex([now]))[0])
