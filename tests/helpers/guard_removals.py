"""How a guard is taken away where it is more than one function that does nothing any more.

Each leaves a trader such as somebody might have written who did not think of it.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from trading import (
    order_life,
    order_placer,
    order_restore,
    order_state,
    own_position,
    risk_guard,
    trader_books,
)
from trading.booked_order import BookedOrder
from trading.broker_events import ErrorSeen
from trading.connection import ConnectionSupervisor
from trading.connection_events import ConnectionUp
from trading.end_markers import EndMarkers
from trading.journal_reader import JournalReader
from trading.market_desk import MarketDesk
from trading.modes import Link
from trading.order_checks import check_journal
from trading.order_events import Cancelling
from trading.order_manager import OrderManager
from trading.order_placer import OrderPlacer
from trading.order_sender import OrderSender
from trading.order_steering import OrderSteering
from trading.order_transitions import TRANSITIONS, Happening, Move, OrderState
from trading.protection_legs import legs
from trading.reconciliation import Reconciler
from trading.risk_codes import DenialCode, Denied
from trading.trader_books import TraderBooks
from trading.working_orders import WorkingOrders
from utils.process_lock import ProcessLock


def dedupe(patch: pytest.MonkeyPatch) -> None:
    """Count every execution that is told."""
    numbers = count()

    def split(exec_id: str) -> tuple[str, int]:
        return f"{exec_id}/{next(numbers)}", 0

    for module in (order_life, own_position):
        patch.setattr(module, "split_exec_id", split)


def high_water(patch: pytest.MonkeyPatch) -> None:
    """Take the broker's next order id as it is offered."""
    patch.setattr(trader_books, "first_order_id", lambda offered, _: offered)


def names(patch: pytest.MonkeyPatch) -> None:
    """Know orders by the broker's number alone."""

    def named(self: Any, event: Any, now: Any) -> Any:
        key = self._keys.of_perm_id(event.perm_id)
        return () if key is None else (self._tell(key, event, now),)

    patch.setattr(WorkingOrders, "_named", named)


def one_entry(patch: pytest.MonkeyPatch) -> None:
    """Give each entry a name of its own."""
    enter, numbers = OrderPlacer.enter, count()

    def renamed(self: Any, terms: Any) -> Any:
        changed = {name: getattr(terms, name) for name in ("target", "stop", "target_price")}
        name = f"{terms.decision_id}-{next(numbers)}"
        return enter(self, type(terms)(decision_id=name, **changed))

    patch.setattr(OrderPlacer, "enter", renamed)


def lost_not_resent(patch: pytest.MonkeyPatch) -> None:
    """Send again what was lost."""
    judge = OrderManager.snapshot_ended

    def ended(self: Any, since: Any) -> None:
        judge(self, since)
        for booked in self.books.orders.orders.values():
            if booked.life.state is OrderState.LOST:
                self._ports.gateway.send(booked.order)

    patch.setattr(OrderManager, "snapshot_ended", ended)


def _reading(patch: pytest.MonkeyPatch, of: Callable[[Any], Happening | None]) -> None:
    """Read some events otherwise; None leaves one as it is."""
    read = order_state.happening_of
    patch.setattr(order_state, "happening_of", lambda life, event: of(event) or read(life, event))


def errors_ask(patch: pytest.MonkeyPatch) -> None:
    """Take an order for cancelled upon any error."""
    _reading(
        patch, lambda event: Happening.SAID_CANCELLED if isinstance(event, ErrorSeen) else None
    )


def fills_win(patch: pytest.MonkeyPatch) -> None:
    """Take an order for cancelled once that was asked for, whatever comes after."""
    _reading(
        patch, lambda event: Happening.SAID_CANCELLED if isinstance(event, Cancelling) else None
    )
    fills = (Happening.FILL, Happening.LAST_FILL, Happening.SAID_FILLED)
    _move(patch, *((OrderState.CANCELLED, fill) for fill in fills))


def extras(patch: pytest.MonkeyPatch) -> None:
    """Let a second order under a name be."""
    book = WorkingOrders._extra

    def booked(self: Any, name: Any, event: Any, now: Any) -> Any:
        return replace(book(self, name, event, now), effects=())

    patch.setattr(WorkingOrders, "_extra", booked)
    patch.setattr(TraderBooks, "superfluous", lambda self: [])


def untold_fills(patch: pytest.MonkeyPatch) -> None:
    """Wait for no execution, and take a fill without one for an order that is no more."""
    may_fill = BookedOrder.may_fill

    def uncertain(self: Any, parent_left: int) -> Any:
        return replace(may_fill(self, parent_left), is_certain=False)

    patch.setattr(BookedOrder, "may_fill", uncertain)
    patch.setattr(TraderBooks, "untold_fills", lambda self: [])
    patch.setattr(TraderBooks, "expected_position", TraderBooks.position)


def breaks(patch: pytest.MonkeyPatch) -> None:
    """Have nobody count how often the broker's side was away."""
    patch.setattr(Reconciler, "_n_breaks", property(lambda self: 0, lambda self, _: None), False)


def stalls(patch: pytest.MonkeyPatch) -> None:
    """Let what stalls stall."""
    _move(patch, *((state, Happening.STALLED) for state in OrderState))


def _move(patch: pytest.MonkeyPatch, *cells: tuple[OrderState, Happening]) -> None:
    """Have nothing happen in cells of the law."""
    still = {cell: Move(state=cell[0], effects=()) for cell in cells}
    patch.setattr(order_state, "TRANSITIONS", MappingProxyType({**TRANSITIONS, **still}))


def ages(patch: pytest.MonkeyPatch) -> None:
    """Send orders however long they have waited."""

    def send(self: Any, message: Any, now: Any) -> None:
        for order in message.orders:
            self._put_on_the_wire(order, now)

    patch.setattr(OrderSender, "_send_new", send)


def sides(patch: pytest.MonkeyPatch) -> None:
    """Move every exit that is there."""

    def exits(self: Any) -> Any:
        books = self._manager.books
        return legs(books.orders.orders, books.con_id, books.instrument)

    patch.setattr(OrderSteering, "_exits", exits)


def closing_unwritten(patch: pytest.MonkeyPatch) -> None:
    """Have the journal stand in the way of what only closes, too."""

    def check(order: Any, view: Any, limits: Any) -> Denied | None:
        if view.is_journal_writable:
            return None
        return Denied(DenialCode.JOURNAL_NOT_WRITABLE, "the journal cannot be written")

    checks = [check if one is check_journal else one for one in risk_guard.CHECKS]
    patch.setattr(risk_guard, "CHECKS", tuple(checks))


def rounding(patch: pytest.MonkeyPatch) -> None:
    """Send prices as they are."""
    patch.setattr(order_placer, "on_grid", lambda terms, _: terms)


def reconciled(patch: pytest.MonkeyPatch) -> None:
    """Trade as soon as the line is up."""
    hear = Reconciler.hear

    def heard(self: Any, event: Any) -> None:
        hear(self, event)
        if isinstance(event, ConnectionUp):
            self._manager.modes.move(Link.RECONCILED, "connected")

    patch.setattr(Reconciler, "hear", heard)


def end_markers(patch: pytest.MonkeyPatch) -> None:
    """Take a list for complete as soon as it was asked for."""

    async def ask(self: Any, key: Any, send: Any, limit_seconds: float) -> None:
        send()

    patch.setattr(EndMarkers, "ask", ask)


def process_lock(patch: pytest.MonkeyPatch) -> None:
    """Let everybody in."""
    patch.setattr(ProcessLock, "take", lambda _: SimpleNamespace(release=lambda: None))


def probe(patch: pytest.MonkeyPatch) -> None:
    """Take the broker for there as long as the socket is open."""

    async def answers(self: Any) -> bool:
        return bool(self.is_up)

    patch.setattr(ConnectionSupervisor, "probe", answers)


def void(patch: pytest.MonkeyPatch) -> None:
    """Act on decisions about a position that has changed since."""
    act = OrderSteering.act

    def acted(self: Any, decision: Any, name: str, close: float, _: int) -> Any:
        return act(self, decision, name, close, self._manager.books.position)

    patch.setattr(OrderSteering, "act", acted)


def holes(patch: pytest.MonkeyPatch) -> None:
    """Act on bars after a hole as on any."""
    never = property(lambda self: False, lambda self, value: None)
    patch.setattr(MarketDesk, "_is_after_hole", never, raising=False)


def lock_kept(patch: pytest.MonkeyPatch) -> None:
    """Begin the trading day anew with each process."""
    patch.setattr(JournalReader, "newest_risk_day", lambda self: None)


def switch_kept(patch: pytest.MonkeyPatch) -> None:
    """Forget what was held with each process."""
    patch.setattr(order_restore, "holds_of", lambda _: {})
