"""The state machine of one order: what each event makes of it, and what is to be done then.

A pure function of the order, the event and the time. The law itself is the table in
trading/order_transitions.py, the meaning of messages is trading/order_events.py's; this file keeps
the numbers and the deadlines.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.trading_settings import OrderTimers
from trading.broker_events import (
    CompletedOrderSeen,
    ErrorSeen,
    ExecutionSeen,
    OpenOrderSeen,
    OrderStatusSeen,
)
from trading.ib_codes import ORDER_NOTICES
from trading.order_events import (
    CANCELLING_STATUS,
    Cancelling,
    Missing,
    OrderEvent,
    Sending,
    TimePassed,
    happening_of,
)
from trading.order_life import OrderLife
from trading.order_transitions import OVER, TRANSITIONS, Effect, Happening, OrderState

_Told = OpenOrderSeen | OrderStatusSeen | CompletedOrderSeen


_AT_THE_BROKER = (OrderState.WORKING, OrderState.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an event has led to.

    Attributes:
        life: The order after it.
        effects: What is to be done, in this order; usually nothing.
    """

    life: OrderLife
    effects: tuple[Effect, ...] = ()


def new_life(quantity: int, is_opening: bool, now: datetime, timers: OrderTimers) -> OrderLife:
    """Return an intent: an order that is decided, and not sent."""
    return OrderLife(
        quantity=quantity,
        is_opening=is_opening,
        created=now,
        deadline=_later(now, timers.intent_seconds),
    )


def after(life: OrderLife, event: OrderEvent, now: datetime, timers: OrderTimers) -> Step:
    """Return the order after an event, and what is to be done about it.

    Args:
        life: The order before.
        event: One that is about this order.
        now: When it is heard; never earlier than the time of the event before.
        timers: Deadlines.
    """
    if isinstance(event, ExecutionSeen) and life.has_seen(event):
        return Step(life=life)
    noted = _noted(life, event, now, timers)
    happening = _timely(noted, event, now, timers)
    if happening is None:
        return Step(life=noted)
    move = TRANSITIONS[life.state, happening]
    state = _live(noted) if move.state is None else move.state
    changed = replace(noted, state=state, missing_since=_missing_since(noted, event))
    timed = replace(changed, deadline=_deadline(life.state, changed, happening, now, timers))
    return Step(life=timed, effects=_due(timed, move.effects))


def _due(life: OrderLife, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Return the effects; only what opens is cancelled, protection never is."""
    return tuple(effect for effect in effects if effect is not Effect.CANCEL or life.is_opening)


def _missing_since(life: OrderLife, event: OrderEvent) -> datetime | None:
    """Return when the order was first found missing; a later snapshot does not begin anew."""
    if isinstance(event, Missing) and life.missing_since is None:
        return event.since
    return life.missing_since


def _live(life: OrderLife) -> OrderState:
    return OrderState.PARTIAL if life.at_least_filled else OrderState.WORKING


def _noted(life: OrderLife, event: OrderEvent, now: datetime, timers: OrderTimers) -> OrderLife:
    """Return the order with the numbers of an event in it; its state is judged after."""
    match event:
        case Sending():
            quantity = max(event.quantity, life.quantity) if life.sent else event.quantity
            return replace(life, quantity=quantity, sent=now, missing_since=None)
        case Cancelling():
            return replace(life, is_cancelling=True, deadline=_later(now, timers.cancel_seconds))
        case ExecutionSeen():
            return _with_perm_id(life.with_fill(event), event.perm_id)
        case OpenOrderSeen() | OrderStatusSeen() | CompletedOrderSeen():
            return _seen(_with_quantities(life, event), event)
        case ErrorSeen() if event.code not in ORDER_NOTICES:
            return replace(life, last_error=event.code)
        case _:
            return life


def _with_quantities(life: OrderLife, event: _Told) -> OrderLife:
    """Return the order with what the broker says of its size, or of how much of it is filled."""
    if isinstance(event, OpenOrderSeen):
        return replace(life, quantity=event.quantity)
    said = event.filled or (life.quantity if event.status == "Filled" else 0)
    return replace(life, said_filled=max(life.said_filled, said))


def _seen(life: OrderLife, event: _Told) -> OrderLife:
    """Return an order that the broker itself has just spoken of."""
    return replace(
        _with_perm_id(life, event.perm_id),
        is_cancelling=life.is_cancelling or event.status == CANCELLING_STATUS,
        missing_since=None,
    )


def _with_perm_id(life: OrderLife, perm_id: int) -> OrderLife:
    """Return the order with the broker's number, which never changes once it is known."""
    return replace(life, perm_id=life.perm_id or perm_id or None)


def _timely(
    life: OrderLife, event: OrderEvent, now: datetime, timers: OrderTimers
) -> Happening | None:
    """Return what an event means, also where that is a question of time."""
    match event:
        case TimePassed():
            return None if life.deadline is None or now < life.deadline else _overdue(life)
        case Missing():
            return _missing(life, event, timers)
        case _:
            return happening_of(life, event)


def _overdue(life: OrderLife) -> Happening:
    if life.is_cancelling and life.state is not OrderState.INTENT:
        return Happening.CANCEL_OVERDUE
    return Happening.STALLED if life.state in _AT_THE_BROKER else Happening.OVERDUE


def _missing(life: OrderLife, event: Missing, timers: OrderTimers) -> Happening | None:
    """Return what a snapshot without the order means: nothing where the order is the younger."""
    if event.since <= (life.sent or life.created):
        return None
    if life.missing_since is None:
        return Happening.MISSING
    apart = (event.since - life.missing_since).total_seconds()
    return Happening.MISSING_AGAIN if apart >= timers.lost_seconds else Happening.MISSING


def _deadline(
    before: OrderState, life: OrderLife, happening: Happening, now: datetime, timers: OrderTimers
) -> datetime | None:
    """Return when somebody must ask next.

    A wait goes on as it was begun, unless the order has moved on or is being filled.

    Args:
        before: State that the order was in.
        life: The order in its new state, with its old deadline.
        happening: What moved it.
        now: When.
        timers: How long each wait is.
    """
    waits = _seconds_to_wait(life, timers)
    if waits is None:
        return None
    is_running = life.deadline is not None and now < life.deadline
    if is_running and life.state is before and happening is not Happening.FILL:
        return life.deadline
    return _later(now, waits)


def _seconds_to_wait(life: OrderLife, timers: OrderTimers) -> float | None:
    """Return how long an order of this state may go without news; None for as long as it likes."""
    if life.state in OVER:
        return None
    if life.state is OrderState.UNKNOWN:
        return timers.ask_again_seconds
    if life.is_cancelling:
        return timers.cancel_seconds
    if life.state in _AT_THE_BROKER and life.is_opening:
        return timers.partial_seconds
    return {OrderState.INTENT: timers.intent_seconds, OrderState.SENT: timers.ack_seconds}.get(
        life.state
    )


def _later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)
