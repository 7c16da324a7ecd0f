"""The market of the gateway: what time it is there, which price stands, and what happens next.

A bar is lived through in three instants: its OPEN, at which the price then stands; its RANGE, all
that lies between; its CLOSE, at which it is published. In the same moment the next bar opens, and
the market stands again: an order that is sent upon a bar's close is offered the next bar's open.
Where the session is over it stands still, closed, until the next one opens.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from config.instruments import get_instrument
from data.contract_bars import CONTRACT_COLUMN, check_contract_bars
from data.contracts import Contract
from trading.simulated_gateway.contracts import ContractList, Listed
from trading.simulated_gateway.hours import Hours
from trading.simulated_gateway.settings import MarketSettings, Pacing
from trading.simulated_gateway.tape import Tape
from utils.clock import Clock
from utils.errors import ConfigError

BEFORE_CLOSE = timedelta(seconds=1)
"""How long before the close what happens in a bar's range is said to have happened."""


LATE = datetime.max.replace(tzinfo=UTC)


class Moment(StrEnum):
    """The instants of a bar; of PIECEs, after each five seconds, there are some in TIMED alone."""

    OPEN = "open"
    PIECE = "piece"
    RANGE = "range"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instant:
    """What happens now: one moment of one bar of one tape."""

    moment: Moment
    tape: Tape
    bar: np.record


class Market:
    """Bars of one or more products, or prices by hand, on one clock.

    Attributes:
        settings: How time passes.
        contracts: What is listed.
        tapes: All of them.
    """

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame | None],
        settings: MarketSettings,
        clock: Clock,
    ):
        """Take the bars of each product by its symbol; the market opens with the first `begin`.

        Args:
            frames: Bars as `check_bars` takes them: one series that all contracts of the product
                share, or with a column `contract` and then each its own. None: no bars.
            settings: How time passes.
            clock: What TIMED and MANUAL go by.

        Raises:
            ConfigError: For an unknown symbol, one without contracts, or none at all, and for
                bars that are missing where they are to be replayed.
            DataError: For bars that break an invariant.
        """
        self.settings = settings
        self.contracts = ContractList(tuple(frames))
        self._clock = clock
        self._hours = {item.symbol: Hours(item.symbol) for item in self.contracts.instruments}
        self._shared: dict[str, Tape] = {}
        self._own: dict[Contract, Tape] = {}
        for symbol, frame in frames.items():
            self._add(symbol, frame)
        self.tapes = (*self._shared.values(), *self._own.values())
        for tape in self.tapes:
            tape.start_at(settings.start)
        if settings.pacing != Pacing.MANUAL and self.next_time() is None:
            since = "" if settings.start is None else f" at or after {settings.start}"
            raise ConfigError(
                f"the gateway has no bars to replay{since}: give some, or set prices by hand"
            )
        self._clock_start = clock.now()
        self._time = self.next_time() or self._clock_start
        self._start = self._time
        self._instant: datetime | None = None

    def now(self) -> datetime:
        """Return the market's time, UTC."""
        if self.settings.pacing == Pacing.MANUAL:
            return self._clock.now()
        if self.settings.pacing == Pacing.TIMED:
            passed = self._clock.now() - self._clock_start
            return max(self._time, self._start + passed * self.settings.speed)
        return self._time

    def event_time(self) -> datetime:
        """Return when what happens now happens: within an instant that is the instant's time."""
        return self.now() if self._instant is None else self._instant

    def hours(self, symbol: str) -> Hours:
        """Return when a product trades."""
        return self._hours[symbol]

    def today(self, symbol: str | None = None) -> date:
        """Return the trade date of a product, by default of the first one."""
        name = self.contracts.instruments[0].symbol if symbol is None else symbol
        return self._hours[name].trade_date(self.now())

    def tape_of(self, listed: Listed) -> Tape | None:
        """Return where a contract trades; None if there are no bars of it."""
        return self._own.get(listed.contract) or self._shared.get(listed.instrument.symbol)

    def next_time(self) -> datetime | None:
        """Return when something happens next by itself, in market time; None if nothing will."""
        if self.settings.pacing == Pacing.MANUAL:
            return None
        times = [time for tape in self.tapes if (time := tape.next_time()) is not None]
        return min(times, default=None)

    def seconds_to_next(self) -> float | None:
        """Return the seconds of the clock until `run` has something to do; None if it never has."""
        if self.settings.pacing != Pacing.TIMED:
            return None
        times = (self.next_time(), self._next_piece_time())
        time = min((time for time in times if time is not None), default=None)
        if time is None:
            return None
        return max(0.0, (time - self.now()).total_seconds() / self.settings.speed)

    def begin(self) -> Iterator[Instant]:
        """Live through the first open."""
        if (time := self.next_time()) is not None:
            yield from self._live(time)

    def run(self) -> Iterator[Instant]:
        """Live through whatever is due by the clock; only TIMED ever has any."""
        while self.settings.pacing == Pacing.TIMED:
            time, piece_time = self.next_time(), self._next_piece_time()
            if piece_time is not None and piece_time <= self.now() and piece_time < (time or LATE):
                yield from self._show(piece_time)
            elif time is not None and time <= self.now():
                yield from self._live(time)
            else:
                return

    def step(self) -> Iterator[Instant]:
        """Live through the next close and the opens that follow at once, or through one open.

        Opens follow at once within a session, over a gap in the bars too.
        """
        time = self.next_time()
        if time is None:
            return
        yield from self._live(time)
        while (following := self.next_time()) is not None and self._is_open_next(following):
            yield from self._live(following)

    def at_price(self, tape: Tape, ticks: int) -> Iterator[Instant]:
        """Live through a bar of one price."""
        bar = tape.at_price(ticks)
        for moment in (Moment.OPEN, Moment.RANGE):
            yield Instant(moment=moment, tape=tape, bar=bar)

    def _live(self, time: datetime) -> Iterator[Instant]:
        """Live through all closes of a point in time, then all opens."""
        due = [tape for tape in self.tapes if tape.next_time() == time]
        closing = [tape for tape in due if tape.is_standing]
        self._instant = time - BEFORE_CLOSE
        for tape in closing:
            yield Instant(moment=Moment.RANGE, tape=tape, bar=tape.bars[tape.row])
        self._time = self._instant = time
        for tape in closing:
            bar = tape.bars[tape.row]
            tape.close()
            yield Instant(moment=Moment.CLOSE, tape=tape, bar=bar)
        for tape in self.tapes:
            if not tape.is_standing and tape.next_time() == time:
                yield Instant(moment=Moment.OPEN, tape=tape, bar=tape.open_next())
        self._instant = None

    def _show(self, time: datetime) -> Iterator[Instant]:
        """Let the prices of all bars that are forming go on by a piece."""
        self._time = self._instant = time
        for tape in self.tapes:
            if tape.next_piece_time() == time:
                yield Instant(moment=Moment.PIECE, tape=tape, bar=tape.show_piece())
        self._instant = None

    def _next_piece_time(self) -> datetime | None:
        times = [time for tape in self.tapes if (time := tape.next_piece_time()) is not None]
        return min(times, default=None)

    def _is_open_next(self, time: datetime) -> bool:
        """Return whether the next that happens is opens alone, in the session that is on."""
        due = [tape for tape in self.tapes if tape.next_time() == time]
        if any(tape.is_standing for tape in due):
            return False
        hours = self._hours[due[0].instrument.symbol]
        return hours.session(time) == hours.session(self._time - BEFORE_CLOSE)

    def _add(self, symbol: str, frame: pd.DataFrame | None) -> None:
        instrument = get_instrument(symbol)
        if frame is not None and CONTRACT_COLUMN in frame.columns:
            for contract, bars in check_contract_bars(frame, instrument).items():
                self._own[contract] = Tape(instrument, bars)
        else:
            self._shared[instrument.symbol] = Tape(instrument, frame)
