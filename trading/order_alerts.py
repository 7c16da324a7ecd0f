"""Which alert an order's news are worth, in the kinds of trading/alert_kinds.py."""

from collections.abc import Mapping
from types import MappingProxyType

from trading.order_identity import STOPS, Role
from trading.order_transitions import Effect, OrderState
from trading.working_orders import Heard

_KINDS: Mapping[OrderState, str] = MappingProxyType(
    {
        OrderState.REJECTED: "order_rejected",
        OrderState.UNKNOWN: "order_unknown",
        OrderState.LOST: "order_lost",
        OrderState.WORKING: "order_unknown",
        OrderState.PARTIAL: "order_unknown",
    }
)
"""By the state that the order is in now; of one that is over otherwise, something does not fit."""

_AGAIN = frozenset({Role.FLATTEN, Role.REPAIR_STOP, Role.REPAIR_TARGET})
"""What is placed again until the broker takes it; people are told of one, and now and then."""


def alert_of(heard: Heard) -> tuple[str, str, str] | None:
    """Return kind, text and subject of the alert that an order's news ask for; None for none."""
    order = heard.order
    if order is None or Effect.ALERT not in heard.effects:
        return None
    text = (
        f"{order.order.ref}: {heard.before or 'not booked'} -> {order.life.state}, "
        f"{order.life.executed} of {order.life.quantity} filled"
    )
    if order.life.last_error is not None:
        text += f", last error {order.life.last_error}"
    subject = order.name.role.value if order.name.role in _AGAIN else order.order.ref
    return _kind(heard, order.life.state, order.name.role in STOPS), text, subject


def _kind(heard: Heard, state: OrderState, is_stop: bool) -> str:
    if heard.order is not None and heard.order.is_extra:
        return "order_duplicated"
    if state is OrderState.REJECTED and is_stop:
        return "stop_rejected"
    return _KINDS.get(state, "drift")
