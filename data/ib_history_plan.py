"""What has to be asked of Interactive Brokers to have a product's history: contracts, then chunks.

Nothing is asked here. Of each contract only the time is wanted in which it may be in front: from
before the roll into it to its end. Chunks of all contracts lie on one grid, so that a later run
finds what an earlier one has, whatever durations they were given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from config.instruments import Instrument, get_instrument
from data.calendar import SATURDAY, SECONDS_PER_DAY, calendar_of
from data.contracts import (
    Contract,
    check_has_contracts,
    front_contract,
    last_trade_date,
    next_contract,
    previous_contract,
    roll_date,
)
from data.history_request import BAR_SIZES, HistoryRequest, start_of
from data.session_templates import get_template
from utils.errors import ConfigError
from utils.registry import lookup

YEARS_KEPT = 2
"""How long after its end IB keeps a futures contract's bars, about."""

DAYS_BEFORE_ROLL = 21
"""Calendar days before a calendar roll from which on the next contract's bars are wanted: trading
moves on within two weeks, and the sessions before it show that it has not."""

CHUNKS = {
    "1 min": "1 D",
    "2 mins": "1 D",
    "3 mins": "1 W",
    "5 mins": "1 W",
    "10 mins": "1 W",
    "15 mins": "1 W",
    "20 mins": "1 W",
    "30 mins": "1 W",
    "1 hour": "1 W",
    "2 hours": "1 W",
    "4 hours": "1 W",
    "1 day": "1 Y",
}
"""How much is asked for at a time, by bar size: within the longest durations that IB serves."""

_PERIODS = {"1 D": "D", "1 W": "W-FRI", "1 Y": "Y"}
"""The grid of each duration, as a pandas period: trade dates, weeks to Friday, years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What one request asks for: all bars of one contract on some trade dates.

    Attributes:
        contract: Which one.
        first: First trade date, which gives the chunk its name.
        last: Last trade date.
        start: When `first` begins on the exchange's clock, UTC.
        end: When `last` is over, UTC.
        duration: As IB spells it; back from `end` it reaches `start` at least.
    """

    contract: Contract
    first: date
    last: date
    start: pd.Timestamp
    end: pd.Timestamp
    duration: str

    @property
    def name(self) -> str:
        """The chunk within its contract, e.g. "2025-01-06"."""
        return self.first.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPlan:
    """What a request for history comes to.

    Attributes:
        instrument: Whose history.
        request: What was asked for.
        first_session: First trade date that the series is to have.
        chunks: All chunks that it takes, by contract, oldest first.
    """

    instrument: Instrument
    request: HistoryRequest
    first_session: date
    chunks: tuple[Chunk, ...]

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """The contracts that the series may use, earliest first."""
        return tuple(dict.fromkeys(chunk.contract for chunk in self.chunks))

    @property
    def is_rth_asked(self) -> bool:
        """Whether IB itself must leave out other hours: of a daily bar nobody else can."""
        return self.request.is_rth_only and BAR_SIZES[self.request.bar_size] >= SECONDS_PER_DAY


def check_can_be_asked(symbol: str) -> Instrument:
    """Return the instrument if IB has dated contracts of it.

    Raises:
        ConfigError: If the symbol is unknown, IB does not offer it, or it has no contracts.
    """
    instrument = get_instrument(symbol)
    if instrument.ib_symbol is None or instrument.ib_exchange is None:
        raise ConfigError(
            f"{instrument.symbol} is not offered at Interactive Brokers; choose another --source"
        )
    check_has_contracts(instrument)
    return instrument


def plan_history(
    request: HistoryRequest, now: pd.Timestamp, since: pd.Timestamp | None = None
) -> HistoryPlan:
    """Return what must be asked for; which of it is there already is not looked at.

    Args:
        request: Symbol, duration back from `now`, and bar size.
        now: The time of the request, UTC.
        since: The history begins with this stamp's session, if that is earlier.

    Raises:
        ConfigError: If IB has no such product.
    """
    instrument = check_can_be_asked(request.symbol)
    start = start_of(request.duration, now)
    start = start if since is None else min(start, since)
    first, today = (_trade_date(instrument, stamp) for stamp in (start, now))
    spans = _spans(instrument, first, today)
    chunks = [
        chunk
        for span in spans
        for chunk in _chunks(instrument, span, request.bar_size)
        if chunk.start <= now
    ]
    return HistoryPlan(
        instrument=instrument, request=request, first_session=first, chunks=tuple(chunks)
    )


def is_kept(contract: Contract, now: pd.Timestamp) -> bool:
    """Return whether IB can be expected to still have a contract's bars."""
    return last_trade_date(contract) >= _date(now - pd.DateOffset(years=YEARS_KEPT))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The trade dates, first and last, on which a contract's bars are wanted."""

    contract: Contract
    first: date
    last: date


def _spans(instrument: Instrument, first: date, last: date) -> list[_Span]:
    """Return each contract that sessions from `first` to `last` may use, and when."""
    contract, opening = _first_in_use(instrument, first)
    spans = []
    while (opens := _wanted_since(contract)) <= last:
        spans.append(
            _Span(
                contract=contract,
                first=max(opens, opening),
                last=min(last, last_trade_date(contract)),
            )
        )
        contract = next_contract(contract)
    return spans


def _first_in_use(instrument: Instrument, first: date) -> tuple[Contract, date]:
    """Return the earliest contract that a session may use, and from when on bars are wanted.

    Within the weeks of a roll all of them are wanted: who starts in their midst knows neither
    which contract was in front nor whether it has been left.
    """
    front = front_contract(instrument.symbol, first)
    before = previous_contract(front)
    if last_trade_date(before) >= first:
        return before, min(first, _wanted_since(front))
    return front, min(first, _wanted_since(next_contract(front)))


def _wanted_since(contract: Contract) -> date:
    return roll_date(previous_contract(contract)) - timedelta(days=DAYS_BEFORE_ROLL)


def _chunks(instrument: Instrument, span: _Span, bar_size: str) -> Iterator[Chunk]:
    """Yield the chunks of the grid that a span touches."""
    duration = lookup(CHUNKS, bar_size, "bar size")
    for period in pd.period_range(span.first, span.last, freq=_PERIODS[duration]):
        first, last = _weekday(period.start_time, 1), _weekday(period.end_time, -1)
        if first <= last:
            yield Chunk(
                contract=span.contract,
                first=first,
                last=last,
                start=turn_of(first - timedelta(days=1), instrument),
                end=turn_of(last, instrument),
                duration=duration,
            )


def _weekday(stamp: pd.Timestamp, step: int) -> date:
    """Return a day, or, of a weekend, the next one with a session in that direction."""
    day = _date(stamp)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=step)
    return day


def turn_of(day: date, instrument: Instrument) -> pd.Timestamp:
    """Return when a trade date is over: from then on bars are of the next one; UTC."""
    template = get_template(instrument.session_template)
    wall = pd.Timestamp(day) + pd.Timedelta(minutes=template.turn_minute)
    return wall.tz_localize(template.zone).tz_convert("UTC")


def _trade_date(instrument: Instrument, stamp: pd.Timestamp) -> date:
    dates = calendar_of(instrument.symbol).trade_dates(pd.DatetimeIndex([stamp]))
    return _date(pd.Timestamp(dates[0]))


def _date(stamp: pd.Timestamp) -> date:
    return date(stamp.year, stamp.month, stamp.day)
