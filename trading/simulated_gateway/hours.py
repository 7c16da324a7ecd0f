"""When a product trades, for whoever has a point in time rather than bars.

The sessions are those of data/calendar.py; here one instant is looked up at a time.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from data.calendar import SATURDAY, Calendar, calendar_of

DAYS_SHOWN = 6
"""Days after today whose hours contract details tell."""

NS_PER_US = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

ZONE_NAMES = {"America/Chicago": "US/Central", "UTC": "UTC"}
"""How IB spells the time zone of an exchange."""


def to_ns(time: datetime) -> int:
    """Return UTC nanoseconds since 1970."""
    return ((time - EPOCH) // MICROSECOND) * NS_PER_US


def from_ns(stamp: int) -> datetime:
    """Return UTC nanoseconds as an aware time, to the microsecond."""
    return EPOCH + timedelta(microseconds=int(stamp) // NS_PER_US)


class Hours:
    """The sessions of one product."""

    def __init__(self, symbol: str):
        """Look the product's calendar up; a ConfigError names the known symbols."""
        self.calendar: Calendar = calendar_of(symbol)

    @property
    def zone(self) -> ZoneInfo:
        """Of the exchange."""
        return ZoneInfo(self.calendar.template.zone)

    @property
    def zone_name(self) -> str:
        """The exchange's zone as IB spells it."""
        return ZONE_NAMES[self.calendar.template.zone]

    @cached_property
    def _table(self) -> Any:
        return self.calendar.table

    def is_open(self, time: datetime) -> bool:
        """Return whether anything trades at that instant."""
        stamp = to_ns(time)
        span = int(np.searchsorted(self._table.span_opens, stamp, side="right")) - 1
        return span >= 0 and stamp < int(self._table.span_closes[span])

    def is_regular(self, time: datetime) -> bool:
        """Return whether it is open, and in regular hours."""
        if not self.is_open(time) or self.calendar.template.rth is None:
            return self.is_open(time)
        wall = time.astimezone(self.zone)
        start, end = self.calendar.template.rth
        return wall.weekday() < SATURDAY and start <= wall.hour * 60 + wall.minute < end

    def session(self, time: datetime) -> int:
        """Return the number of the session that is on, or of the next one while closed."""
        return int(np.searchsorted(self._table.closes, to_ns(time), side="right"))

    def last_session(self, time: datetime) -> int:
        """Return the number of the session that is on, or of the last one while closed."""
        return int(np.searchsorted(self._table.opens, to_ns(time), side="right")) - 1

    def session_bounds(self, session: int) -> tuple[datetime, datetime]:
        """Return when a session opens and closes."""
        return from_ns(self._table.opens[session]), from_ns(self._table.closes[session])

    def trade_date(self, time: datetime) -> date:
        """Return the trade date that is on, or the next one while closed."""
        day: date = self._table.dates[self.session(time)].astype(object)
        return day

    def next_open(self, time: datetime) -> datetime:
        """Return when trading begins next: after a pause, a night, a weekend."""
        spans = self._table.span_opens
        return from_ns(spans[int(np.searchsorted(spans, to_ns(time), side="right"))])

    def trading_text(self, time: datetime) -> str:
        """Return the hours of the coming days as IB writes them, on the exchange's clock."""
        return self._text(time, is_regular=False)

    def liquid_text(self, time: datetime) -> str:
        """Return the regular hours of the coming days likewise."""
        return self._text(time, is_regular=True)

    def _text(self, time: datetime, *, is_regular: bool) -> str:
        today = time.astimezone(self.zone).date()
        days = [today + timedelta(days=k) for k in range(DAYS_SHOWN + 1)]
        return ";".join(self._day_text(day, is_regular) for day in days)

    def _day_text(self, day: date, is_regular: bool) -> str:
        table = self._table
        session = int(np.searchsorted(table.dates, np.datetime64(day)))
        if session == len(table.dates) or table.dates[session] != np.datetime64(day):
            return f"{day:%Y%m%d}:CLOSED"
        spans = np.flatnonzero(table.span_sessions == session)
        bounds = [(int(table.span_opens[k]), int(table.span_closes[k])) for k in spans]
        if is_regular:
            bounds = self._regular(day, bounds)
        texts = [f"{self._wall(start)}-{self._wall(end)}" for start, end in bounds]
        return ",".join(texts) or f"{day:%Y%m%d}:CLOSED"

    def _regular(self, day: date, bounds: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return what of some spans lies in regular hours."""
        rth = self.calendar.template.rth
        if rth is None:
            return bounds
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        start, end = (to_ns(midnight + timedelta(minutes=minute)) for minute in rth)
        clipped = [(max(opens, start), min(closes, end)) for opens, closes in bounds]
        return [(opens, closes) for opens, closes in clipped if opens < closes]

    def _wall(self, stamp: int) -> str:
        return f"{from_ns(stamp).astimezone(self.zone):%Y%m%d:%H%M}"
