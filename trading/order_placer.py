"""Orders from the wish to the lanes: the guard is asked, names are given, the journal is first.

Intents of a whole bracket and the largest order id are one batch of the journal. What cannot be
written is not sent, but for orders that only close: a position is never kept for want of a disk.
"""

from collections.abc import Callable

from trading.denial_counts import DenialCounts
from trading.gateway import OrderToSend
from trading.journal_codec import JournalEvent
from trading.journal_desk import JournalDesk
from trading.journal_events import Denial, HighWater, IntentAmended
from trading.order_builder import (
    BracketNames,
    EntryTerms,
    ExitTerms,
    bracket,
    changed,
    exit_order,
    intent_of,
    on_grid,
)
from trading.order_identity import Role
from trading.order_sender import ChangedOrder, NewOrders, OrderSender
from trading.placed import Placed
from trading.risk_codes import DenialCode, Denied
from trading.risk_guard import RiskGuard
from trading.risk_view import OrderProposal, Purpose, RiskView
from trading.trader_books import TraderBooks
from utils.clock import Clock
from utils.errors import JournalError


class OrderPlacer:
    """Checks, names, writes down and queues; what is queued goes out when the sender is told to.

    Args:
        books: What is known, and where orders are booked.
        journal: Where intents are written.
        guard: Whom every order passes.
        sender: The lanes.
        clock: When an order was decided.
        facts: All that the guard has to know, as it is now.

    Attributes:
        denials: What was denied, counted as it is written down.
    """

    def __init__(
        self,
        books: TraderBooks,
        journal: JournalDesk,
        guard: RiskGuard,
        sender: OrderSender,
        clock: Clock,
        facts: Callable[[], RiskView],
    ) -> None:
        self._books = books
        self._journal = journal
        self._guard = guard
        self._sender = sender
        self._clock = clock
        self._facts = facts
        self.denials = DenialCounts()
        self._last_denial = ""

    def enter(self, terms: EntryTerms) -> Placed | Denied:
        """Place one order from the position to the target, with its stop behind it.

        A reversal joins the group of the old stop, and founds one for its own; what adds to a
        position brings a stop for all of it into the group that is there.
        """
        position, fitted = self._books.position, on_grid(terms, self._books.instrument)
        roles = [Role.ENTRY, Role.STOP, *([Role.TARGET] if terms.target_price is not None else [])]
        refs = tuple(self._books.next_ref(role, terms.decision_id) for role in roles)
        if str(refs[0]) in self._books.orders.orders:
            return Placed()
        group = self._books.exit_group() if position else ""
        is_reversal = position * terms.target < 0
        proposal = OrderProposal(
            role=Role.ENTRY,
            con_id=self._books.con_id,
            account=self._books.account,
            quantity=terms.target - position,
            oca_group=group if is_reversal else "",
            protective_stop=fitted.stop,
            protective_target=fitted.target_price,
        )
        denied = self._denied(proposal, terms.decision_id)
        if denied is not None:
            return denied
        names = BracketNames(
            refs=refs,
            order_ids=self._books.take_order_ids(len(refs)),
            entry_group=proposal.oca_group,
            exit_group="" if is_reversal else group,
        )
        legs = bracket(fitted, proposal.quantity, names, self._books.con_id, self._books.account)
        return self._place(legs, can_go_unwritten=False)

    def close(self, quantity: int, role: Role, decision_id: str) -> Placed | Denied:
        """Place an order that closes signed contracts of the position at the market.

        While another one is at it, nothing is placed beside it.
        """
        at_it = self._books.live_of(Role.EXIT, Role.FLATTEN)
        if at_it or quantity == 0:
            return Placed(tuple(booked.order.ref for booked in at_it))
        terms = ExitTerms(role=role, quantity=-quantity, oca_group=self._books.exit_group())
        return self.exit(terms, decision_id)

    def exit(self, terms: ExitTerms, decision_id: str) -> Placed | Denied:
        """Place an order that closes or protects."""
        proposal = OrderProposal(
            role=terms.role,
            con_id=self._books.con_id,
            account=self._books.account,
            quantity=terms.quantity,
            kind=terms.kind,
            limit_price=terms.limit,
            stop_price=terms.stop,
            oca_group=terms.oca_group,
        )
        denied = self._denied(proposal, decision_id)
        if denied is not None:
            return denied
        highest = self._highest_written(terms.role, decision_id)
        ref = self._books.next_ref(terms.role, decision_id, highest)
        order_id = self._books.take_order_ids(1)
        order = exit_order(terms, ref, order_id[0], self._books.con_id, self._books.account)
        return self._place((order,), can_go_unwritten=proposal.purpose is Purpose.REDUCE)

    def change(self, key: str, quantity: int, price: float, reason: str) -> bool:
        """Place a change of an order; return False where its number has to be learnt first."""
        booked = self._books.orders.orders[key]
        if booked.order_id is None:
            return False
        order = changed(booked, quantity, price, booked.order_id)
        amended = IntentAmended(
            ref=order.ref,
            quantity=quantity,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            reason=reason,
        )
        if self._journal.commit(amended) is None:
            self._sender.put(ChangedOrder(order))
        return True

    def _highest_written(self, role: Role, decision_id: str) -> int:
        """Return the highest number of an exit that the journal has; 0 where it cannot be read."""
        try:
            written = self._journal.journal.reader.intents_of(decision_id)
        except JournalError:
            return 0
        return max((intent.n for intent in written if intent.role == role), default=0)

    def _denied(self, proposal: OrderProposal, decision_id: str) -> Denied | None:
        """Return why the guard denies an order; None where it does not."""
        verdict = self._guard.check(proposal, self._facts())
        return self._refused(verdict, decision_id) if isinstance(verdict, Denied) else None

    def _refused(self, denied: Denied, decision_id: str) -> Denied:
        """Write a denial down; the same one again and again, once."""
        said = f"{decision_id} {denied.code}"
        if said != self._last_denial:
            code = denied.code.value
            self._journal.note(Denial(code=code, reason=denied.reason, decision_id=decision_id))
            self.denials.note(code, self._clock.now())
        self._last_denial = said
        return denied

    def _place(self, orders: tuple[OrderToSend, ...], *, can_go_unwritten: bool) -> Placed | Denied:
        """Write orders down in one batch, book and queue them."""
        bot, parent = self._books.orders.bot, orders[0].ref
        parents = ("", *(parent for _ in orders[1:]))
        intents = [intent_of(order, bot, of) for order, of in zip(orders, parents, strict=True)]
        events: tuple[JournalEvent, ...] = (
            HighWater(max_order_id=orders[-1].order_id),
            *intents,
        )
        failure = self._journal.commit(*events)
        if failure is not None and not can_go_unwritten:
            denied = Denied(DenialCode.JOURNAL_NOT_WRITABLE, str(failure))
            return self._refused(denied, intents[0].decision_id)
        if failure is not None:
            self._journal.note(*events)
        for order, of in zip(orders, parents, strict=True):
            self._books.orders.add(order, self._clock.now(), of)
        self._sender.put(NewOrders(orders))
        self._last_denial = ""
        return Placed(tuple(order.ref for order in orders))
