"""What the clock says of a bar: asked of the calendar once a session, for all of its bars."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from config.instruments import Instrument
from data.bars import BAR_COLUMNS
from data.calendar import calendar_of, trade_dates
from data.indicators.bar import feature_bars
from env.bar_places import is_regular, minutes_left


class BarTime(NamedTuple):
    """What is known of a bar by its stamp alone.

    Attributes:
        features: FEATURE_BAR record of it without prices; not to be written to.
        feature_date: Trade date by the clock that features go by, days since 1970.
        trade_date: By the instrument's own.
        minutes_left: From its close to its session's.
        is_regular: Whether it opens in regular hours.
    """

    features: np.record
    feature_date: int
    trade_date: int
    minutes_left: float
    is_regular: bool


class BarClock:
    """The clock of one instrument's bars of one size."""

    def __init__(self, instrument: Instrument, bar_seconds: int) -> None:
        """Know nothing yet.

        Args:
            instrument: Whose sessions.
            bar_seconds: Size of a bar, less than a day.
        """
        self.calendar = calendar_of(instrument.symbol)
        self._bar_seconds = bar_seconds
        self._times: dict[int, BarTime] = {}

    def at(self, opened: pd.Timestamp) -> BarTime:
        """Return what is known of the bar that opens then."""
        stamp = opened.as_unit("ns").value
        found = self._times.get(stamp)
        if found is None:
            self.prepare(opened)
            found = self._times[stamp]
        return found

    def prepare(self, opened: pd.Timestamp) -> None:
        """Look up all bars of the session that a bar is of, so that none of them has to wait."""
        own = pd.DatetimeIndex([opened]).as_unit("ns")
        date = self.calendar.trade_dates(own)[0]
        stamps = self.calendar.expected_bars(date, date, self._bar_seconds).union(own)
        kept = list(self._times.items())[-len(stamps) :]  # of the session before
        found = zip(stamps.asi8.tolist(), self._looked_up(stamps), strict=True)
        self._times = dict([*kept, *found])

    def prepare_after(self, opened: pd.Timestamp) -> None:
        """Look up the session of the bar after one, if that is another: best while nothing waits.

        Args:
            opened: Of the last bar.
        """
        following = opened + pd.Timedelta(seconds=self._bar_seconds)
        table = self.calendar.table
        spans, stamps = self.calendar.last_spans(pd.DatetimeIndex([following]))
        if stamps[0] >= table.span_closes[spans[0]]:
            following = pd.Timestamp(table.span_opens[spans[0] + 1], tz="UTC")
        self.at(following)

    def missing(self, after: pd.Timestamp, before: pd.Timestamp) -> pd.DatetimeIndex:
        """Return the opens of the bars that should lie between two others, both left out."""
        ends = self.calendar.trade_dates(pd.DatetimeIndex([after, before]))
        expected = self.calendar.expected_bars(ends[0], ends[1], self._bar_seconds)
        return expected[(expected > after) & (expected < before)]

    def _looked_up(self, stamps: pd.DatetimeIndex) -> list[BarTime]:
        blank = pd.DataFrame(0.0, index=stamps, columns=list(BAR_COLUMNS))
        columns = (
            feature_bars(blank),
            _days(trade_dates(stamps)),
            _days(self.calendar.trade_dates(stamps)),
            minutes_left(self.calendar, stamps, self._bar_seconds).tolist(),
            is_regular(self.calendar, stamps).tolist(),
        )
        return [BarTime(*row) for row in zip(*columns, strict=True)]


def _days(dates: np.ndarray) -> list[int]:
    days: list[int] = dates.astype("datetime64[D]").astype(np.int64).tolist()
    return days
