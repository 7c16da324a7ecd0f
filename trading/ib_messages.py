"""The client library's objects as our plain values, one function per message.

Arguments are those of the library's wrapper method of the same message. What a message leaves
unset becomes None or 0 as its value says; quantities of futures are whole.
"""

from typing import Any

from data.ib_client import is_set
from trading.broker_events import (
    AccountsSeen,
    CommissionSeen,
    CompletedOrderSeen,
    ErrorSeen,
    ExecutionSeen,
    NextIdSeen,
    OpenOrderSeen,
    OrderStatusSeen,
    PositionSeen,
    ProfitSeen,
)

KINDS_WITH_LIMIT = ("LMT", "STP LMT")
KINDS_WITH_STOP = ("STP", "STP LMT")


def open_order_seen(order_id: int, contract: Any, order: Any, state: Any) -> OpenOrderSeen | None:
    """Return an order as the broker holds it; None for an answer to "what if"."""
    if order.whatIf:
        return None
    return OpenOrderSeen(
        order_id=order_id,
        perm_id=order.permId,
        client_id=order.clientId,
        order_ref=order.orderRef,
        con_id=contract.conId,
        account=order.account,
        action=order.action,
        quantity=_whole(order.totalQuantity),
        kind=order.orderType,
        limit_price=_price(order.lmtPrice, order.orderType in KINDS_WITH_LIMIT),
        aux_price=_price(order.auxPrice, order.orderType in KINDS_WITH_STOP),
        tif=order.tif,
        oca_group=order.ocaGroup,
        parent_id=_whole(order.parentId),
        status=state.status,
    )


def order_status_seen(*said: Any) -> OrderStatusSeen:
    """Return how far an order has come; the library gives 11 values by position."""
    order_id, status, filled, remaining, average, perm_id, _, _, client_id, why_held, *_ = said
    return OrderStatusSeen(
        order_id=order_id,
        perm_id=perm_id,
        client_id=client_id,
        status=status,
        filled=_whole(filled),
        remaining=_whole(remaining),
        average_price=average,
        why_held=why_held,
    )


def execution_seen(_request_id: int, contract: Any, execution: Any) -> ExecutionSeen:
    """Return a fill; the order id of one by hand, which TWS leaves unset, is 0."""
    return ExecutionSeen(
        exec_id=execution.execId,
        order_id=_whole(execution.orderId),
        perm_id=execution.permId,
        client_id=execution.clientId,
        order_ref=execution.orderRef,
        con_id=contract.conId,
        account=execution.acctNumber,
        time=execution.time,
        side=execution.side,
        quantity=_whole(execution.shares),
        price=execution.price,
    )


def commission_seen(report: Any) -> CommissionSeen:
    """Return what a fill cost."""
    return CommissionSeen(
        exec_id=report.execId,
        commission_usd=report.commission,
        currency=report.currency,
        realised_usd=report.realizedPNL if is_set(report.realizedPNL) else None,
    )


def completed_order_seen(contract: Any, order: Any, state: Any) -> CompletedOrderSeen:
    """Return an order of today that is over."""
    return CompletedOrderSeen(
        perm_id=order.permId,
        order_ref=order.orderRef,
        con_id=contract.conId,
        account=order.account,
        status=state.status,
        filled=_whole(order.filledQuantity),
        completed_status=state.completedStatus,
    )


def position_seen(account: str, contract: Any, quantity: float, cost: float) -> PositionSeen:
    """Return a position; IB's average cost has the multiplier in it, ours has not."""
    return PositionSeen(
        account=account,
        con_id=contract.conId,
        symbol=contract.symbol,
        position=_whole(quantity),
        average_price=cost / float(contract.multiplier or 1),
    )


def error_seen(request_id: int, code: int, text: str, *_rest: Any) -> ErrorSeen:
    """Return an error or notice, whatever the library thinks of it."""
    return ErrorSeen(request_id=request_id, code=code, text=text)


def next_id_seen(order_id: int) -> NextIdSeen:
    """Return the lowest order id that the broker has not seen from us."""
    return NextIdSeen(order_id=order_id)


def accounts_seen(by_commas: str) -> AccountsSeen:
    """Return the accounts of the login; TWS ends the list with a comma."""
    return AccountsSeen(accounts=tuple(name for name in by_commas.split(",") if name))


def profit_seen(
    account: str, daily: float, unrealised: float, realised: float
) -> ProfitSeen | None:
    """Return the day's PnL; None while the broker has no figure for the day."""
    if not is_set(daily):
        return None
    return ProfitSeen(
        account=account,
        daily_usd=daily,
        unrealised_usd=unrealised if is_set(unrealised) else 0.0,
        realised_usd=realised if is_set(realised) else 0.0,
    )


def _whole(value: float) -> int:
    return int(value) if is_set(value) else 0


def _price(value: float, has_one: bool) -> float | None:
    return float(value) if has_one and is_set(value) else None
