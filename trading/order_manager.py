"""The one place that talks to the broker of orders: hears it, and sends.

What may be sent is the risk guard's to say, what became of an order the state machine's, what
protects a position the protector's; this file does as they say, on one loop, and decides nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.trading_settings import TradingSettings
from trading.alert_kinds import ALERT_KINDS, Alert
from trading.alert_repeats import AlertRepeats
from trading.booked_order import BookedOrder
from trading.broker_events import BrokerEvent, ConnectionLost
from trading.cancel_list import CancelList
from trading.closing_turns import ClosingTurns
from trading.denial_counts import DenialCounts
from trading.event_desk import EventDesk
from trading.gateway import Gateway
from trading.journal_desk import JournalDesk
from trading.journal_events import AlertTold
from trading.mode_keeper import ModeKeeper
from trading.modes import SYNCED, Hold, LiftedBy, Mode
from trading.order_builder import EntryTerms, ExitTerms
from trading.order_identity import Role
from trading.order_limits import OrderLimits
from trading.order_placer import OrderPlacer
from trading.order_sender import OrderSender
from trading.order_transitions import Effect, OrderState
from trading.placed import Placed
from trading.risk_codes import DenialCode, Denied
from trading.risk_guard import RiskGuard
from trading.risk_view import RiskView
from trading.trader_books import TraderBooks
from utils.clock import Clock
from utils.errors import TemporaryGatewayError

__all__ = ["OrderLimits", "OrderManager", "TraderPorts"]

MINUTE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderPorts:
    """What an order manager reaches the world through.

    Attributes:
        gateway: The broker.
        clock: What time it is.
        facts: Tells what the guard needs beside orders, position and mode, as it is now: day, data,
            price, clock, hours, margin, and how many entries the trading day has had.
        alert: Tells people.
    """

    gateway: Gateway
    clock: Clock
    facts: Callable[[], RiskView]
    alert: Callable[[Alert], None]


class OrderManager:
    """Hears the broker, and sends.

    Attributes:
        books: What is known.
        modes: What may be done.
        journal: What is written.
        on_query: Called when the broker is to be asked how things stand.
        on_protect: Called when position or protection may have changed.
        is_in_doubt: Whether the last snapshot disagreed or was not complete: nothing opens.
    """

    def __init__(
        self,
        ports: TraderPorts,
        books: TraderBooks,
        modes: ModeKeeper,
        journal: JournalDesk,
        guard: RiskGuard,
        settings: TradingSettings,
    ) -> None:
        self.books = books
        self.modes = modes
        self.journal = journal
        self.on_query: Callable[[], None] = _nothing
        self.on_protect: Callable[[], None] = _nothing
        self.is_in_doubt = False
        self._ports = ports
        self._heard: list[BrokerEvent] = []
        self._flattening = ""
        self._flattening_since: datetime | None = None
        self._flatten_seconds = settings.protection.deadline_seconds
        self._closing = ClosingTurns(books)
        self._repeats = AlertRepeats()
        self._next_send: asyncio.TimerHandle | None = None
        self._desk = EventDesk(books, journal, modes, self.alert)
        self._sender = OrderSender(ports.gateway, books.orders, settings.pacing, self._desk.note)
        self._cancels = CancelList(books.orders, self._sender, settings.timers)
        self._placer = OrderPlacer(
            books, journal, guard, self._sender, ports.clock, lambda: self.view
        )

    @property
    def view(self) -> RiskView:
        """All that is known now, for the guard and for whoever judges the position."""
        mode = self.modes.mode
        if self.is_in_doubt and mode is Mode.TRADING:
            mode = Mode.REDUCE_ONLY
        return replace(
            self._ports.facts(),
            instrument=self.books.instrument,
            con_id=self.books.con_id,
            account=self.books.account,
            mode=mode,
            position=self.books.position,
            disputed_position=self._disputed_position,
            working=self.books.orders.may_fill(self.books.con_id),
            has_unknown_entry=self.books.orders.has_unknown_entry(),
            is_journal_writable=self.journal.is_writable,
            orders_last_minute=self.books.entries_since(self.now() - MINUTE),
        )

    @property
    def denials(self) -> DenialCounts:
        """What the risk guard has denied, counted."""
        return self._placer.denials

    @property
    def guarded_position(self) -> int:
        """What of our position stops are to stand for."""
        is_known = self.modes.state.holds.keys() & {Hold.FOREIGN_ORDER, Hold.POSITION_MISMATCH}
        return self.books.guarded_position if is_known else self.books.expected_position

    def closable(self, wanted: int) -> int:
        """Return how many signed contracts of the position may be closed, of those wanted.

        Where nothing is left by some count, all are: the guard then says why not.
        """
        left, told = self.books.expected_position, self._disputed_position
        if told is not None:
            left = min(left, told, key=abs) if told * left > 0 else 0
        return min(wanted, left, key=abs) if left else wanted

    @property
    def _disputed_position(self) -> int | None:
        """What the broker says that we hold where others have closed some, or it says so again."""
        books = self.books
        if self._is_disputed:
            return books.told_position
        guarded = self.guarded_position
        return None if guarded == books.expected_position else guarded

    @property
    def _is_disputed(self) -> bool:
        """Whether the broker has said again that the position is another than our fills make."""
        return Hold.POSITION_MISMATCH in self.modes.state.holds

    @property
    def is_flattening(self) -> bool:
        """Whether a flatten was asked for and the position is not known to be flat yet."""
        return bool(self._flattening)

    def unsettled(self) -> str:
        """Return what is not done or not answered yet, for people; "" where nothing is.

        In a closed market what goes at the market is at rest too: nothing fills before it opens.
        """
        if self._heard or self._next_send is not None:
            return "something waits to be heard or sent"
        is_closed = self.view.is_market_open is False
        if self._flattening and not (is_closed and self.books.live_of(*_CLOSING)):
            return "the position is being closed"
        for one in self.books.orders.live():
            is_at_rest = one.life.state in _AT_REST and not one.life.is_cancelling
            if not is_at_rest or (one.name.role in _AT_MARKET and not is_closed):
                return f"{one.order.ref} is {one.life.state}"
        if self.books.untold_fills():
            return "a fill is said, and its execution not told"
        return "an order is one too many" if self._superfluous() else ""

    def now(self) -> datetime:
        """Return what time it is."""
        return self._ports.clock.now()

    def hear(self, event: BrokerEvent) -> None:
        """Hear the broker; the gateway's listener.

        By the end of the loop's turn it is in the journal, with all else of the turn, and then in
        the books.
        """
        self._heard.append(event)
        if len(self._heard) == 1:
            asyncio.get_running_loop().call_soon(self.catch_up)

    def catch_up(self) -> None:
        """Write down all that was heard, then do what follows from it."""
        heard, self._heard = self._heard, []
        if not heard:
            return
        if any(isinstance(event, ConnectionLost) for event in heard):
            self._sender.drop()
        if self._desk.take(heard, self.now()):
            self._settle()

    def tick(self) -> None:
        """Look at all deadlines, and try again what could not be done."""
        self.catch_up()
        for told in self.books.orders.time_passed(self.now()):
            self._desk.note(told)
        self._settle()
        self._go_on_flattening()

    def snapshot_ended(self, since: datetime) -> None:
        """Judge the orders that a complete snapshot, begun then, did not tell of."""
        for told in self.books.orders.snapshot_ended(since, self.now()):
            self._desk.note(told)
        self._settle()

    def enter(self, terms: EntryTerms) -> Placed | Denied:
        """Bring the position to a target by one order, with its stop behind it.

        A decision has one entry: asked again, nothing is sent. A target nearer to flat is
        left to `reduce`.

        Returns:
            The refs of entry, stop and target, or why nothing was sent.
        """
        position = self.books.position
        if terms.target * position >= 0 and abs(terms.target) <= abs(position):
            return self.reduce(terms.target, terms.decision_id)
        return self._sent(lambda: self._placer.enter(terms))

    def reduce(self, target: int, decision_id: str) -> Placed | Denied:
        """Bring the position nearer to flat, at the market; 0 closes it."""
        quantity = self.closable(self.books.position - target)
        return self._sent(lambda: self._placer.close(quantity, Role.EXIT, decision_id))

    def flatten(self, reason: str) -> None:
        """Cancel entries and close the position, and go on until it is flat; needs no journal.

        Stops stay until then: the protector takes them away.
        """
        self._flattening = reason
        self._flattening_since = self._flattening_since or self.now()
        self._closing.begin_anew()
        self._go_on_flattening()

    def cancel_entries(self) -> None:
        """Cancel whatever may still open."""
        for booked in self.books.live_of(Role.ENTRY):
            self.cancel(booked.order.ref)

    def cancel(self, key: str) -> None:
        """Cancel an order of the book, asking again until the broker says that it is over."""
        self._cancels.add(key)
        self._send()

    def place_exit(self, terms: ExitTerms) -> Placed | Denied:
        """Place an order that protects the position."""
        return self._sent(lambda: self._placer.exit(terms, self.books.decision))

    def change(self, key: str, quantity: int, price: float, reason: str) -> None:
        """Change size and price (points) of an order that the broker has."""
        if not self._placer.change(key, quantity, price, reason):
            self.on_query()
        self._send()

    def doubt(self) -> None:
        """Have nothing opened until the next snapshot agrees, which is asked for at once."""
        self.is_in_doubt = True
        self.on_query()

    def alert(self, kind: str, text: str, subject: str = "") -> None:
        """Write an alert down and tell it, once per repeat interval of its kind."""
        now = self.now()
        if not self._repeats.is_due(kind, subject, now):
            return
        level = ALERT_KINDS[kind].level
        self.journal.note(AlertTold(code=kind, severity=level.value, text=text))
        self._ports.alert(Alert(kind=kind, text=text, at=now, subject=subject))

    def forget(self, before: datetime) -> None:
        """Drop the orders that are over and were decided before a time."""
        self.books.orders.forget(before)
        self._desk.forget()

    def _sent(self, place: Callable[[], Placed | Denied]) -> Placed | Denied:
        """Place orders and send them; without a session there are no numbers for them."""
        try:
            answer = place()
        except TemporaryGatewayError as error:
            return Denied(DenialCode.NOT_SYNCED, str(error))
        self._send()
        if isinstance(answer, Denied) and answer.code in _TOO_MANY:
            self.alert("order_limit", answer.reason)
        return answer

    def _settle(self) -> None:
        """Do what the news ask for, once all of them are in the books."""
        effects, self._desk.effects = self._desk.effects, []
        for key, effect in effects:
            if effect is Effect.CANCEL and key is not None:
                self._cancels.add(key)
        for key in self._superfluous():
            self._cancels.add(key)
        self._send()
        self._look_at_the_journal()
        if any(effect is Effect.QUERY for _, effect in effects):
            self.on_query()
        if any(effect is Effect.PROTECT for _, effect in effects):
            self.on_protect()

    def may_be_needed(self, booked: BookedOrder) -> bool:
        """Return whether an order protects what only the broker says that we hold.

        Where nothing is in doubt our fills are the newer word.
        """
        is_open = self.is_in_doubt or self._is_disputed
        return is_open and self.books.guards_more(booked)

    def _superfluous(self) -> list[str]:
        """Return what must not be at the broker; nothing while nobody knows what it holds."""
        if self.modes.mode not in SYNCED:
            return []
        orders = self.books.orders.orders
        return [key for key in self.books.superfluous() if not self.may_be_needed(orders[key])]

    def _send(self) -> None:
        """Send what may go out now, and come back for the rest."""
        if self._cancels.send(self.now()):
            self.on_query()
        self._sender.send_due(self.now())
        self.journal.flush()
        wait = self._sender.seconds_until_due(self.now())
        if self._next_send is not None:
            self._next_send.cancel()
            self._next_send = None
        if wait is not None:
            self._next_send = asyncio.get_running_loop().call_later(wait, self._send)

    def _look_at_the_journal(self) -> None:
        if self.journal.flush():
            self.modes.lift(Hold.JOURNAL, LiftedBy.ITSELF, "it can be written again")
        elif self.modes.hold(Hold.JOURNAL, "the journal cannot be written"):
            self.alert("journal_failure", f"{self.journal.n_waiting} events are not written")

    def _go_on_flattening(self) -> None:
        """Take the next step towards flat: entries, then the position; say where it takes long."""
        if self._flattening_since is not None:
            seconds = (self.now() - self._flattening_since).total_seconds()
            if seconds >= self._flatten_seconds:
                text = f"position {self.books.position:+d} is not flat after {seconds:.0f} s"
                self.alert("flatten_failed", text)
        if not self._flattening or self.modes.mode not in SYNCED:
            return
        self.cancel_entries()
        if self.books.position == 0 and not self.books.live_of(Role.ENTRY, *_CLOSING):
            self._flattening, self._flattening_since = "", None
            self.doubt()  # so our fills say; whoever wanted it flat is told when the broker does
            self.on_protect()
            return
        if self._flattening_since is None or self._closing.is_free(self._flattening_since):
            self._sent(self._flatten_once)

    def _flatten_once(self) -> Placed | Denied:
        """Place the order that closes all; exits of other groups are in its way, and go first."""
        books = self.books
        quantity = self.closable(books.position)
        answer = self._placer.close(quantity, Role.FLATTEN, books.decision)
        if isinstance(answer, Denied) and answer.code is DenialCode.WOULD_OPEN:
            group = books.exit_group()
            for key in books.exits_outside(group):
                self._cancels.add(key)
        return answer


_TOO_MANY = frozenset({DenialCode.TOO_MANY_PER_MINUTE, DenialCode.TOO_MANY_PER_DAY})
_CLOSING = (Role.EXIT, Role.FLATTEN)
_AT_MARKET = frozenset({Role.ENTRY, *_CLOSING})
_AT_REST = frozenset({OrderState.WORKING, OrderState.PARTIAL})


def _nothing() -> None:
    """Hear nothing."""
