"""What is said of an order: the messages that its state and its fills are told with."""

from dataclasses import dataclass
from datetime import datetime

from trading.simulated_gateway.events import (
    CommissionReport,
    CompletedOrder,
    Execution,
    OpenOrder,
    OrderStatusEvent,
)
from trading.simulated_gateway.orders import BY_HAND, BookOrder

LIVE = -1
"""Request id of what nobody asked for."""

BOUGHT = "BOT"
SOLD = "SLD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution, for good: what is told live, and told again when it is asked for."""

    execution: Execution
    commission: CommissionReport


def open_order(order: BookOrder) -> OpenOrder:
    """Return the order as the broker holds it."""
    return OpenOrder(
        request=order.request,
        client_id=order.client_id,
        perm_id=order.perm_id,
        status=order.status,
        filled=order.filled,
    )


def order_status(order: BookOrder) -> OrderStatusEvent:
    """Return how far the order has come."""
    return OrderStatusEvent(
        order_id=order.request.order_id,
        client_id=order.client_id,
        perm_id=order.perm_id,
        parent_id=order.request.parent_id,
        status=order.status,
        filled=order.filled,
        remaining=order.remaining,
        average_price=order.average_price,
        last_price=order.last_price,
        why_held="" if order.is_done else order.why_held,
    )


def execution(
    order: BookOrder, exec_id: str, time: datetime, shares: int, account: str
) -> Execution:
    """Return the last fill of an order, of `shares` contracts."""
    return Execution(
        request_id=LIVE,
        order_id=0 if order.client_id == BY_HAND else order.request.order_id,
        client_id=order.client_id,
        perm_id=order.perm_id,
        contract=order.request.contract,
        exec_id=exec_id,
        time=time,
        account=account,
        side=BOUGHT if order.side > 0 else SOLD,
        shares=shares,
        price=order.last_price,
        cumulative=order.filled,
        average_price=order.average_price,
        order_ref=order.request.order_ref,
    )


def completed_order(order: BookOrder, now: datetime) -> CompletedOrder:
    """Return an order that is over."""
    return CompletedOrder(
        request=order.request,
        perm_id=order.perm_id,
        status=order.status,
        filled=order.filled,
        completed_time=now if order.completed is None else order.completed,
        completed_status=order.reason,
    )
