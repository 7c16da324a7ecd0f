"""What the broker says, on its way into the books: the journal first, then orders, then fills.

Events of one loop turn are one batch of the journal. What is to be done about them is collected,
and done by trading/order_manager.py once all of them are in the books.
"""

from collections.abc import Callable
from datetime import datetime

from trading.broker_events import (
    BrokerEvent,
    CommissionSeen,
    ConnectionLost,
    ErrorSeen,
    ExecutionSeen,
    FundsSeen,
    NextIdSeen,
    OpenOrderSeen,
    OrderStatusSeen,
    PositionSeen,
    ProfitSeen,
)
from trading.ib_codes import BAD_MESSAGE
from trading.journal_desk import JournalDesk
from trading.journal_events import IntentState
from trading.journal_news import JournalNews
from trading.mode_keeper import ModeKeeper
from trading.modes import Hold
from trading.order_alerts import alert_of
from trading.order_transitions import Effect, OrderState
from trading.trader_books import TraderBooks
from trading.working_orders import Heard

AlertTeller = Callable[[str, str, str], None]
"""Told the kind of an alert, its text and its subject."""


class EventDesk:
    """Puts events into books and journal.

    Attributes:
        effects: What is to be done, by key of the order; None for none of ours.
    """

    def __init__(
        self, books: TraderBooks, journal: JournalDesk, modes: ModeKeeper, alert: AlertTeller
    ) -> None:
        self.effects: list[tuple[str | None, Effect]] = []
        self._books = books
        self._journal = journal
        self._modes = modes
        self._alert = alert
        self._written: dict[str, tuple[OrderState, int | None]] = {}
        self._news = JournalNews()

    def take(self, events: list[BrokerEvent], now: datetime) -> bool:
        """Write down what of the events is new, then put all of them into the books.

        What the broker counts of money is no order's business: that alone need not wait for the
        disk, nor a decision that is made at the same moment.

        Returns:
            Whether anything may follow from them.
        """
        self._journal.note(*self._news.of(events))
        if all(isinstance(event, ProfitSeen | FundsSeen) for event in events):
            return False
        self._journal.flush()
        for event in events:
            self._take(event, now)
        self._journal.flush()
        return True

    def note(self, heard: Heard, event: BrokerEvent | None = None) -> None:
        """Write down what became of an order, and collect what is to be done about it.

        Args:
            heard: What the book made of an event.
            event: The broker's, or None for a deed of ours.
        """
        if heard.key is None or heard.order is None:
            self._note_strange(heard, event)
        else:
            self._note_state(heard)
            if heard.before is None and not self._is_known(heard):
                text = f"{heard.key} is under our name, and our journal does not know it"
                self._modes.hold(Hold.FOREIGN_ORDER, text)
                self._alert("foreign_order", text, heard.key)
            alert = alert_of(heard)
            if alert is not None:
                self._alert(*alert)
        self.effects += [(heard.key, one) for one in heard.effects if one is not Effect.ALERT]

    def forget(self) -> None:
        """Drop what was written of orders that the book has forgotten."""
        known = self._books.orders.orders
        self._written = {ref: state for ref, state in self._written.items() if ref in known}

    def _take(self, event: BrokerEvent, now: datetime) -> None:
        if isinstance(event, ExecutionSeen) and self._is_old_news(event):
            return
        told = self._books.orders.hear(event, now)
        match event:
            case ExecutionSeen() if any(self._is_known(heard) for heard in told):
                self._books.fills.hear(event)
            case ExecutionSeen() if event.account == self._books.account:
                self._books.strangers.hear(event)
            case CommissionSeen():
                self._books.fills.hear_commission(event)
            case NextIdSeen():
                self._books.next_valid_id = event.order_id
            case PositionSeen() if event.account == self._books.account:
                self._books.hear_position(event.con_id, event.position)
            case ConnectionLost():
                self._books.orders.begin_session()
                self._books.next_valid_id = None
            case ErrorSeen() if event.code == BAD_MESSAGE:
                self.effects.append((None, Effect.QUERY))  # a fill may have been in it
                self._alert("not_reconciled", event.text, "")
            case _:
                pass
        for heard in told:
            self.note(heard, event)

    def _is_old_news(self, event: ExecutionSeen) -> bool:
        """Return whether an execution was counted so long ago that its order is forgotten.

        Some brokers' programs tell the fills of a week; their orders are not strangers' for that.
        """
        is_booked = event.order_ref in self._books.orders.orders
        return not is_booked and self._books.fills.has(event)

    def _is_known(self, heard: Heard) -> bool:
        """Return whether an order is one that our journal knows, or a second one under its ref."""
        return heard.order is not None and heard.order.order.ref in self._books.orders.orders

    def _note_state(self, heard: Heard) -> None:
        """Write an order's state where it, or the broker's number, has changed."""
        assert heard.order is not None
        life, ref = heard.order.life, heard.order.order.ref
        now = (life.state, life.perm_id)
        if heard.order.is_extra or self._written.get(ref) == now:
            return
        self._written[ref] = now
        event = IntentState(
            ref=ref, state=life.state, order_id=heard.order.order_id, perm_id=life.perm_id
        )
        self._journal.note(event)

    def _note_strange(self, heard: Heard, event: BrokerEvent | None) -> None:
        """Hold trading for what others do in our account; another account is none of ours."""
        if isinstance(event, OpenOrderSeen | ExecutionSeen):
            if event.account != self._books.account:
                return
            text = f"somebody else trades here: perm id {event.perm_id}, con id {event.con_id}"
            self._modes.hold(Hold.FOREIGN_ORDER, text)
            self._alert("foreign_order", text, str(event.perm_id))
        elif isinstance(event, OrderStatusSeen):
            text = f"two orders of ours have order id {event.order_id}"
            self._alert("order_duplicated", text, str(event.order_id))
