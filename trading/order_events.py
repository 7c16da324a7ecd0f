"""What happened to an order: which message, or deed of our own, is which happening.

Hazards that this file is about: an error that carries an order's id says nothing certain about it,
whatever the client libraries make of it; a status may name fills whose executions never come; an
execution comes twice, or again with a correction. Statuses that an openOrder carries only show that
the broker knows the order: its end is told by orderStatus, completedOrder and executions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from trading.broker_events import (
    CompletedOrderSeen,
    ConnectionLost,
    ErrorSeen,
    ExecutionSeen,
    OpenOrderSeen,
    OrderStatusSeen,
)
from trading.ib_codes import BROKER_DOWN, NOT_FOUND, ORDER_NOTICES, REJECTIONS
from trading.order_life import OrderLife
from trading.order_transitions import Happening

HELD_STATUSES = frozenset({"ApiPending", "PendingSubmit", "PreSubmitted", "Submitted"})
CANCELLING_STATUS = "PendingCancel"
CANCELLED_STATUSES = frozenset({"Cancelled", "ApiCancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The order, or a change of it, goes on the wire now; journalled before.

    Attributes:
        quantity: Contracts of the whole order as it is sent.
    """

    quantity: int


@dataclass(frozen=True, slots=True)
class Cancelling:
    """A cancel of it goes on the wire now."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new process has read it from the journal."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing happened; look at the deadlines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A complete snapshot, all its end markers seen, lacks the order.

    Attributes:
        since: When the snapshot was begun: an order that is younger proves nothing.
    """

    since: datetime


OwnEvent = Sending | Cancelling | Restarted | TimePassed | Missing
TappedEvent = (
    OpenOrderSeen
    | OrderStatusSeen
    | ExecutionSeen
    | CompletedOrderSeen
    | ErrorSeen
    | ConnectionLost
)
OrderEvent = OwnEvent | TappedEvent
"""What the state machine of one order is fed with; whose order it is was found out before."""


def happening_of(life: OrderLife, event: OrderEvent) -> Happening | None:
    """Return what an event means to an order that it has been noted in; None for nothing.

    Args:
        life: The order, with the fills, numbers and errors of the event already noted.
        event: One of those that no clock is needed for.
    """
    return _READERS[type(event)](life, event)


def _sending(life: OrderLife, event: OrderEvent) -> Happening:
    return Happening.SENDING


def _restarted(life: OrderLife, event: OrderEvent) -> Happening:
    return Happening.RESTART


def _nothing(life: OrderLife, event: OrderEvent) -> None:
    return None


def _disconnect(life: OrderLife, event: OrderEvent) -> Happening:
    return Happening.DISCONNECT


def _open_order(life: OrderLife, event: OpenOrderSeen) -> Happening:
    is_held = event.status in HELD_STATUSES or event.status == CANCELLING_STATUS
    return Happening.HELD if is_held else Happening.NOTICE


def _status(life: OrderLife, event: OrderStatusSeen) -> Happening:
    if event.status in HELD_STATUSES or event.status == CANCELLING_STATUS:
        return Happening.HELD
    return _ended(life, event.status, "")


def _completed(life: OrderLife, event: CompletedOrderSeen) -> Happening:
    happening = _ended(life, event.status, event.completed_status.lower())
    if happening is Happening.SAID_INACTIVE:  # of an order that is over, it says why it is not
        return Happening.SAID_REJECTED if life.at_least_filled == 0 else Happening.SAID_CANCELLED
    return happening


def _ended(life: OrderLife, status: str, reason: str) -> Happening:
    """Return how an order ended by a status; words that nobody knows leave it in doubt."""
    is_rejected = "reject" in reason or life.last_error in REJECTIONS
    if status == "Filled":
        return Happening.LAST_FILL if life.missing_executions == 0 else Happening.SAID_FILLED
    if is_rejected and life.at_least_filled == 0 and status in {"Inactive", *CANCELLED_STATUSES}:
        return Happening.SAID_REJECTED
    if status in CANCELLED_STATUSES:
        return Happening.SAID_EXPIRED if "expire" in reason else Happening.SAID_CANCELLED
    return Happening.SAID_INACTIVE


def _execution(life: OrderLife, event: ExecutionSeen) -> Happening:
    if life.executed > life.quantity:
        return Happening.OVERFILL
    return Happening.LAST_FILL if life.executed == life.quantity else Happening.FILL


def _error(life: OrderLife, event: ErrorSeen) -> Happening:
    if event.code in BROKER_DOWN:
        return Happening.DISCONNECT
    if event.code in ORDER_NOTICES:
        return Happening.NOTICE
    if event.code in NOT_FOUND:
        return Happening.NOT_FOUND
    is_new = life.perm_id is None and life.at_least_filled == 0
    if event.code in REJECTIONS and is_new:
        return Happening.SAID_REJECTED
    return Happening.FAULT


_READERS: Mapping[type, Callable[[OrderLife, Any], Happening | None]] = MappingProxyType(
    {
        Sending: _sending,
        Cancelling: _nothing,
        Restarted: _restarted,
        OpenOrderSeen: _open_order,
        OrderStatusSeen: _status,
        ExecutionSeen: _execution,
        CompletedOrderSeen: _completed,
        ErrorSeen: _error,
        ConnectionLost: _disconnect,
    }
)
"""How each event is read; TimePassed and Missing need the time, see trading/order_state.py."""
