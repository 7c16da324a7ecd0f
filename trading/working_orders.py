"""The book of all our orders: whose an event is, and what the orders may still do together.

The broker's own number (perm id) tells orders apart; a ref of ours names one that has none yet. An
order id means something within one session and for our own client alone, and never against a ref.
Two perm ids under one ref are two live orders: the second is booked as an extra, to be cancelled.
Whatever has no ref of ours is foreign: listed, and never touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from config.trading_settings import OrderTimers
from trading.booked_order import BookedOrder, as_sent, fillable
from trading.broker_events import (
    BrokerEvent,
    CompletedOrderSeen,
    ConnectionLost,
    ErrorSeen,
    ExecutionSeen,
    OpenOrderSeen,
    OrderStatusSeen,
)
from trading.foreign_orders import ForeignOrders
from trading.gateway import OrderToSend
from trading.ib_codes import BROKER_DOWN
from trading.order_events import Missing, OrderEvent, OwnEvent, Sending, TimePassed
from trading.order_identity import OrderRef, Role, parse_ref
from trading.order_keys import OrderKeys
from trading.order_shelf import OrderShelf
from trading.order_state import after, new_life
from trading.order_transitions import Effect, OrderState
from trading.worst_case import MayFill
from utils.errors import SimulationError

_Named = OpenOrderSeen | ExecutionSeen | CompletedOrderSeen

EXTRA_MARK = "#"
"""Stands between a ref and the perm id of a second order under it; no ref has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an event did to one order.

    Attributes:
        key: Under which the book has it: its ref; None for what is foreign.
        before: State that it was in; None for one that was not booked.
        order: The order now; None for what is foreign.
        effects: What is to be done about it.
    """

    key: str | None
    before: OrderState | None
    order: BookedOrder | None
    effects: tuple[Effect, ...]


class WorkingOrders:
    """All orders of one bot at one client id.

    Attributes:
        bot: First part of the refs that are ours.
        client_id: Ours; the order ids of others are not told apart from ours otherwise.
    """

    def __init__(self, bot: str, client_id: int, timers: OrderTimers) -> None:
        self.bot = bot
        self.client_id = client_id
        self._timers = timers
        self._orders = OrderShelf()
        self._keys = OrderKeys()
        self._told_at: dict[str, datetime] = {}
        self._heard_at: dict[str, datetime] = {}
        self._foreign = ForeignOrders()

    @property
    def orders(self) -> Mapping[str, BookedOrder]:
        """All orders by ref; an extra one by its ref, EXTRA_MARK and its perm id."""
        return self._orders.all

    @property
    def unfinished(self) -> Mapping[str, BookedOrder]:
        """Of `orders`, those to which something may still happen."""
        return self._orders.unfinished

    @property
    def foreign(self) -> tuple[OpenOrderSeen, ...]:
        """The live orders of others, by perm id, as they were told last."""
        return self._foreign.orders

    @property
    def extras(self) -> tuple[BookedOrder, ...]:
        """Live orders under a ref of ours that we did not send once: to be cancelled."""
        return tuple(order for order in self.live() if order.is_extra)

    def add(self, order: OrderToSend, now: datetime, parent_ref: str = "") -> BookedOrder:
        """Book an intent, before it is sent.

        Raises:
            SimulationError: If its ref is not one of this bot's, or is in the book.
        """
        name = parse_ref(order.ref, self.bot)
        if name is None or order.ref in self._orders:
            raise SimulationError(
                f"order ref `{order.ref}` must be a new one of bot `{self.bot}`, "
                f"was {'of somebody else' if name is None else 'in the book'}"
            )
        life = new_life(order.quantity, name.role is Role.ENTRY, now, self._timers)
        booked = BookedOrder(name=name, order=order, life=life, parent_ref=parent_ref)
        return self._put(order.ref, booked)

    def restore(self, booked: BookedOrder, heard_at: datetime) -> None:
        """Book an order as a journal had it, heard of last then; feed it Restarted next."""
        self._put(booked.order.ref, booked)
        self._heard_at[booked.order.ref] = heard_at

    def begin_session(self) -> None:
        """Forget all order ids: after a new connection only what is told again is known."""
        self._keys.begin_session()
        for key, booked in self._orders.items():
            self._orders[key] = replace(booked, order_id=None)

    def change(self, order: OrderToSend, now: datetime) -> Heard:
        """Note that an order, or a change of it, goes on the wire now."""
        self._orders[order.ref] = replace(
            self._orders[order.ref], order=order, order_id=order.order_id
        )
        self._keys.learn_order_id(order.order_id, order.ref)
        return self.do(order.ref, Sending(quantity=order.quantity), now)

    def do(self, key: str, event: OwnEvent, now: datetime) -> Heard:
        """Feed one order with a deed of our own, or with the passing of time."""
        return self._step(key, event, now)

    def time_passed(self, now: datetime) -> tuple[Heard, ...]:
        """Look at the deadlines of all orders; return those at which something is to be done."""
        due = [
            key
            for key, booked in self.unfinished.items()
            if booked.life.deadline is not None and now >= booked.life.deadline
        ]
        return tuple(self._step(key, TimePassed(), now) for key in due)

    def snapshot_ended(self, since: datetime, now: datetime) -> tuple[Heard, ...]:
        """Judge the orders that a complete snapshot did not tell of.

        Args:
            since: When it was begun.
            now: When the last of its end markers came; do not call without all of them.
        """
        self._foreign.snapshot_ended(since)
        missing = [
            key
            for key, booked in self.unfinished.items()
            if booked.is_live and (key not in self._told_at or self._told_at[key] < since)
        ]
        return tuple(self._step(key, Missing(since=since), now) for key in missing)

    def hear(self, event: BrokerEvent, now: datetime) -> tuple[Heard, ...]:
        """Give an event to the orders that it is about.

        Returns:
            One entry per order; one without an order for what is foreign and new; none for events
            that are about no order.
        """
        match event:
            case ConnectionLost():
                return self._all(event, now)
            case ErrorSeen():
                return self._error(event, now)
            case OpenOrderSeen() | ExecutionSeen() | CompletedOrderSeen():
                return self._named(event, now)
            case OrderStatusSeen():
                return self._status(event, now)
            case _:
                return ()

    def live(self) -> tuple[BookedOrder, ...]:
        """Return the orders that may still fill, intents included."""
        return tuple(booked for booked in self.unfinished.values() if booked.is_live)

    def may_fill(self, con_id: int) -> tuple[MayFill, ...]:
        """Return all that may still fill in a contract, also what is said filled and not seen."""
        return fillable(self.unfinished, con_id)

    def has_unknown_entry(self) -> bool:
        """Return whether an entry is UNKNOWN; it blocks new ones, of any contract."""
        return any(
            booked.life.state is OrderState.UNKNOWN and booked.life.is_opening
            for booked in self.unfinished.values()
        )

    def settle(self, key: str) -> BookedOrder:
        """Expect no execution any more of what an order is said to have filled so far."""
        booked = self._orders[key]
        life = replace(booked.life, settled=booked.life.settled + booked.life.missing_executions)
        return self._put(key, replace(booked, life=life))

    def forget(self, before: datetime) -> int:
        """Drop what is over and was heard of last before a time; return how many orders.

        Keep two days: the broker tells the fills of its day again and again, also those of a stop
        that had rested for weeks.
        """
        over = [
            key
            for key, booked in self._orders.items()
            if not booked.life.may_still_fill
            and self._heard_at.get(key, booked.life.created) < before
        ]
        for key in over:
            del self._orders[key]
            self._told_at.pop(key, None)
            self._heard_at.pop(key, None)
        self._keys.forget(over)
        self._foreign.forget(before)
        return len(over)

    def _put(self, key: str, booked: BookedOrder) -> BookedOrder:
        self._orders[key] = booked
        if booked.life.perm_id is not None:
            self._keys.learn_perm_id(booked.life.perm_id, key)
        return booked

    def _step(self, key: str, event: OrderEvent, now: datetime) -> Heard:
        booked = self._orders[key]
        step = after(booked.life, event, now, self._timers)
        changed = self._put(key, replace(booked, life=step.life))
        return Heard(key=key, before=booked.life.state, order=changed, effects=step.effects)

    def _all(self, event: ConnectionLost | ErrorSeen, now: datetime) -> tuple[Heard, ...]:
        keys = [key for key, booked in self.unfinished.items() if booked.is_live]
        return tuple(self._step(key, event, now) for key in keys)

    def _error(self, event: ErrorSeen, now: datetime) -> tuple[Heard, ...]:
        if event.code in BROKER_DOWN:
            return self._all(event, now)
        key = self._keys.of_order_id(event.request_id)
        return () if key is None else (self._step(key, event, now),)

    def _named(self, event: _Named, now: datetime) -> tuple[Heard, ...]:
        """Hear what has a ref: by perm id, else by a ref whose perm id is not another."""
        key = self._keys.of_perm_id(event.perm_id)
        booked = self._orders.get(event.order_ref)
        if key is None and booked is not None:
            is_its = 0 in {event.perm_id, booked.life.perm_id or 0}
            key = event.order_ref if is_its else None
        return self._strange(event, now) if key is None else (self._tell(key, event, now),)

    def _status(self, event: OrderStatusSeen, now: datetime) -> tuple[Heard, ...]:
        """Hear what has no ref: by perm id, else by our own order id of this session."""
        key = self._keys.of_perm_id(event.perm_id)
        if key is None and event.client_id == self.client_id:
            key = self._keys.of_order_id(event.order_id)
            known = None if key is None else self._orders[key].life.perm_id
            if key is not None and event.perm_id and known is not None:
                return (_nobodys(Effect.QUERY, Effect.ALERT),)  # two orders under one id
        if key is None:
            self._foreign.hear_end(event)
            return ()
        return (self._tell(key, event, now),)

    def _tell(self, key: str, event: _Named | OrderStatusSeen, now: datetime) -> Heard:
        """Feed an order with what the broker says of it, and learn its numbers."""
        self._keys.learn_perm_id(event.perm_id, key)
        self._heard_at[key] = now
        if isinstance(event, OpenOrderSeen):
            is_ours = event.client_id == self.client_id and event.order_id > 0
            booked = self._orders[key]
            number = event.order_id if is_ours else booked.order_id
            self._orders[key] = replace(booked, seen=event, seen_at=now, order_id=number)
            if is_ours:
                self._keys.learn_order_id(event.order_id, key)
        if not isinstance(event, ExecutionSeen):
            self._told_at[key] = now
        return self._step(key, event, now)

    def _strange(self, event: _Named, now: datetime) -> tuple[Heard, ...]:
        """Hear what is not booked: an order under a ref of ours, or somebody else's."""
        if isinstance(event, CompletedOrderSeen):
            self._foreign.hear_end(event)
            return ()
        name = parse_ref(event.order_ref, self.bot)
        if name is not None:
            return (self._extra(name, event, now),)
        is_new = self._foreign.hear(event, now)
        return (_nobodys(Effect.QUERY, Effect.ALERT),) if is_new else ()

    def _extra(self, name: OrderRef, event: OpenOrderSeen | ExecutionSeen, now: datetime) -> Heard:
        """Book an order that we did not send, or not twice; one beside another is to be cancelled.

        Where the book lacks the ref itself, the order may be all that protects a position: that is
        for a person to judge.
        """
        key = f"{name}{EXTRA_MARK}{event.perm_id}"
        order = as_sent(event)
        life = new_life(order.quantity, name.role is Role.ENTRY, now, self._timers)
        self._put(key, BookedOrder(name=name, order=order, life=life, is_extra=True))
        heard = self._tell(key, event, now)
        is_second = str(name) in self._orders and heard.order is not None and heard.order.is_live
        if not is_second:
            return replace(heard, before=None)
        return replace(heard, before=None, effects=(Effect.CANCEL, *heard.effects))


def _nobodys(*effects: Effect) -> Heard:
    """Return that something happened that is about no order of ours."""
    return Heard(key=None, before=None, order=None, effects=effects)
