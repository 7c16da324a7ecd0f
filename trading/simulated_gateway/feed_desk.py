"""Live prices: ticks, trades and five-second bars, for whoever has subscribed.

At an open the price alone is told. Five-second bars come as their pieces of the bar's path are
over; where no clock runs, all of a bar's at its close.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from trading.simulated_gateway.bar_path import SHORT_SECONDS, n_pieces
from trading.simulated_gateway.contracts import Listed
from trading.simulated_gateway.events import (
    End,
    Event,
    RealtimeBar,
    TickByTick,
    TickPrice,
    TickSetup,
    TickSize,
    TickTime,
)
from trading.simulated_gateway.history_desk import COMPETING, TAKEN
from trading.simulated_gateway.intake import NO_CONTRACT, NO_DEFINITION
from trading.simulated_gateway.market import Instant, Moment
from trading.simulated_gateway.office import Office
from trading.simulated_gateway.order_types import WireContract
from trading.simulated_gateway.short_bars import one_price_bar, short_bars
from trading.simulated_gateway.tape import Tape

NO_TICKER = 300
NOT_SUBSCRIBED = 354
NO_PERMISSION = "Requested market data is not subscribed."
BID, ASK, LAST = 1, 2, 4
BID_SIZE, ASK_SIZE, LAST_SIZE, VOLUME = 0, 3, 5, 8
SIZE = 1


class Feed(StrEnum):
    """What can be subscribed to."""

    TICKS = "market_data"
    TRADES = "tick_by_tick"
    SHORT_BARS = "realtime_bars"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subscription:
    """What one client wants of one contract."""

    feed: Feed
    tape: Tape


class FeedDesk:
    """Subscribes clients to live prices, and tells them.

    Attributes:
        subscriptions: By client and request id.
    """

    def __init__(self, office: Office):
        """Open a desk."""
        self._office = office
        self.subscriptions: dict[tuple[int, int], Subscription] = {}

    def subscribe(
        self, client_id: int, request_id: int, contract: WireContract, feed: Feed
    ) -> Tape | None:
        """Subscribe a client, or refuse; return what it now hears of."""
        tape = self._tape(contract)
        if tape is None:
            self._office.teller.refuse(client_id, request_id, NO_CONTRACT, NO_DEFINITION)
            return None
        if not self._office.faults.has_data_permission:
            self._office.teller.refuse(client_id, request_id, NOT_SUBSCRIBED, NO_PERMISSION)
            return None
        if not self._office.faults.is_data_up:
            self._office.teller.refuse(client_id, request_id, COMPETING, TAKEN)
            return None
        self.subscriptions[client_id, request_id] = Subscription(feed=feed, tape=tape)
        if feed == Feed.TICKS:
            setup = TickSetup(request_id=request_id, minimum_tick=tape.instrument.tick_size)
            self._office.teller.answer(client_id, setup)
            self._tell(client_id, self._ticks(request_id, tape))
        return tape

    def snapshot(self, client_id: int, request_id: int, contract: WireContract) -> None:
        """Tell the prices of now once, to their end marker."""
        if self.subscribe(client_id, request_id, contract, Feed.TICKS) is not None:
            del self.subscriptions[client_id, request_id]
            end = End(of="tick_snapshot", request_id=request_id)
            self._office.teller.answer(client_id, end)

    def cancel(self, client_id: int, request_id: int) -> None:
        """End a subscription."""
        if self.subscriptions.pop((client_id, request_id), None) is None:
            text = f"Can't find EId with tickerId:{request_id}"
            self._office.teller.refuse(client_id, request_id, NO_TICKER, text)

    def push(self, instant: Instant, *, is_by_hand: bool = False) -> None:
        """Tell what an instant brought to whoever subscribed to its tape."""
        for (client_id, request_id), wanted in tuple(self.subscriptions.items()):
            if wanted.tape is instant.tape:
                events = self._events(wanted, request_id, instant, is_by_hand)
                self._tell(client_id, events)

    def _events(
        self, wanted: Subscription, request_id: int, instant: Instant, is_by_hand: bool
    ) -> Iterator[Event]:
        if wanted.feed == Feed.SHORT_BARS:
            return self._short_bars(request_id, instant, is_by_hand)
        if instant.moment == Moment.RANGE:
            return iter(())
        if wanted.feed == Feed.TICKS:
            return self._ticks(request_id, wanted.tape)
        return self._trades(request_id, wanted.tape)

    def _tell(self, client_id: int, events: Iterator[Event]) -> None:
        for event in events:
            self._office.teller.push(client_id, event)

    def _tape(self, contract: WireContract) -> Tape | None:
        market = self._office.market
        found: tuple[Listed, ...] = market.contracts.find(contract, market.today(), False)
        return market.tape_of(found[0]) if len(found) == 1 else None

    def _ticks(self, request_id: int, tape: Tape) -> Iterator[Event]:
        """Yield the prices and sizes of now: the bid is the last price, the ask a tick above."""
        if tape.price is None:
            return
        ask = float(tape.instrument.to_prices(int(tape.price_ticks or 0) + 1))
        for kind, price in ((BID, tape.price), (ASK, ask), (LAST, tape.price)):
            yield TickPrice(request_id=request_id, kind=kind, price=price, size=SIZE)
        for kind in (BID_SIZE, ASK_SIZE, LAST_SIZE):
            yield TickSize(request_id=request_id, kind=kind, size=SIZE)
        volume = int(tape.volumes[: tape.n_complete][-1:].sum())
        yield TickSize(request_id=request_id, kind=VOLUME, size=volume)
        yield TickTime(request_id=request_id, time=self._office.market.event_time())

    def _trades(self, request_id: int, tape: Tape) -> Iterator[Event]:
        if tape.price is not None:
            time = self._office.market.event_time()
            yield TickByTick(request_id=request_id, time=time, price=tape.price, size=SIZE)

    def _short_bars(self, request_id: int, instant: Instant, is_by_hand: bool) -> Iterator[Event]:
        tape = instant.tape
        if is_by_hand and instant.moment == Moment.OPEN and tape.price is not None:
            time = self._office.market.event_time() - timedelta(seconds=SHORT_SECONDS)
            yield RealtimeBar(request_id=request_id, bar=one_price_bar(time, tape.price))
        elif not is_by_hand and instant.moment in (Moment.PIECE, Moment.CLOSE):
            is_over = instant.moment == Moment.CLOSE
            first = tape.n_shown if is_over else tape.n_shown - 1
            stop = n_pieces(tape.seconds) if is_over else tape.n_shown
            for bar in short_bars(tape, first, stop):
                yield RealtimeBar(request_id=request_id, bar=bar)
