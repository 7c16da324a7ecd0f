"""When one contract trades: by its own hours and by the exchange's calendar, both at once.

The contract's hours know what was announced last week, the calendar what history was made with.
Open is what both say is open: where they differ something is known wrongly, and closed is the
answer that loses no money. The text of the hours is read in trading/trading_hours.py.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data.calendar import MINUTES_PER_DAY, Calendar, calendar_of, utc_index
from trading.contract_facts import ContractFacts
from trading.time_spans import Span, cut, in_both, in_one_only, joined
from trading.trading_hours import ToldHours, told_hours

RENEWED_AFTER = timedelta(days=1)
"""Age at which hours are asked for again: halts are announced a day or two ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketHours:
    """The hours of one contract for the days that its broker spoke of.

    A trader asks again once a day; while no answer comes, the old hours serve as far as they reach.

    Attributes:
        told_at: When the broker said so; what was before is not known.
        covers_until: From when on nothing is known: the end of the last trade date told.
        spans: When the market is open, oldest first. A pause within a session divides.
        differences: When, of the time covered, contract and calendar disagree: for people to look
            into. Usually none.
    """

    told_at: datetime
    covers_until: datetime
    spans: tuple[Span, ...]
    differences: tuple[Span, ...]

    @classmethod
    def of(cls, facts: ContractFacts, symbol: str, now: datetime) -> Self:
        """Return the hours of a contract of which the broker has just told.

        Args:
            facts: Of the contract.
            symbol: Key of INSTRUMENTS, for the calendar.
            now: When they were told, aware.

        Raises:
            FatalGatewayError: If the hours cannot be read.
        """
        calendar, told = calendar_of(symbol), told_hours(facts)
        until = max(_end_of(told, calendar), now)
        first = min([now, *(span.opens for span in told.spans)])
        known = _sessions(calendar, first, until)
        return cls(
            told_at=now,
            covers_until=until,
            spans=in_both(told.spans, known),
            differences=in_one_only(cut(told.spans, now, until), cut(known, now, until)),
        )

    def covers(self, now: datetime) -> bool:
        """Return whether anything is known of an aware time."""
        return self.told_at <= now < self.covers_until

    def is_open(self, now: datetime) -> bool | None:
        """Return whether the market trades at an aware time; None where that is not known."""
        return self._span_at(now) is not None if self.covers(now) else None

    def seconds_to_close(self, now: datetime) -> float | None:
        """Return the seconds until trading ends or pauses; None if closed, or not known."""
        span = self._span_at(now) if self.covers(now) else None
        return None if span is None else (span.closes - now).total_seconds()

    def next_open(self, now: datetime) -> datetime | None:
        """Return when trading begins next, UTC, be it open now or not; None if not known."""
        if not self.covers(now):
            return None
        return next((span.opens for span in self.spans if span.opens > now), None)

    def needs_renewal(self, now: datetime) -> bool:
        """Return whether the broker should be asked again: a day has passed, or they have ended.

        An answer without hours needs renewal at once: do not ask more than every minute or so.
        """
        return not self.covers(now) or now - self.told_at >= RENEWED_AFTER

    def _span_at(self, now: datetime) -> Span | None:
        return next((span for span in self.spans if span.opens <= now < span.closes), None)


def _end_of(told: ToldHours, calendar: Calendar) -> datetime:
    """Return the end of the last trade date that was told; the first of all times for none.

    A day that is named closed is a trade date: Christmas, say, ends at the time at which the
    session of the 26th begins, although that lies on the 25th.
    """
    ends = [_end_of_date(day, calendar) for day in told.closed_days[-1:]]
    for span in told.spans[-1:]:
        day = calendar.trade_dates(pd.DatetimeIndex([span.opens]))[0].astype(object)
        ends += [_end_of_date(day, calendar), span.closes]
    return max(ends, default=datetime.min.replace(tzinfo=UTC))


def _end_of_date(day: date, calendar: Calendar) -> datetime:
    """Return when a trade date turns into the next one."""
    template = calendar.template
    minutes = timedelta(minutes=template.turn_minute or MINUTES_PER_DAY)
    wall = datetime.combine(day, time()) + minutes
    return wall.replace(tzinfo=ZoneInfo(template.zone)).astimezone(UTC)


def _sessions(calendar: Calendar, first: datetime, last: datetime) -> tuple[Span, ...]:
    """Return when the calendar has the market open, the spans that reach into the time between."""
    table = calendar.table
    begin, end = (pd.Timestamp(time).as_unit("ns").value for time in (first, last))
    rows = slice(
        int(np.searchsorted(table.span_closes, begin, side="right")),
        int(np.searchsorted(table.span_opens, end)),
    )
    opens, closes = (
        utc_index(stamps[rows]).to_pydatetime() for stamps in (table.span_opens, table.span_closes)
    )
    return joined([Span(*ends) for ends in zip(opens, closes, strict=True)])
