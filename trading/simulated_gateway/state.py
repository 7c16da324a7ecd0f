"""The broker's books as plain JSON values: what tests hold a trader's own books against."""

from datetime import datetime
from typing import Any

from trading.simulated_gateway.office import Office
from trading.simulated_gateway.order_events import Fill
from trading.simulated_gateway.orders import BookOrder


def state_of(office: Office, now: datetime) -> dict[str, Any]:
    """Return how the broker stands; the faults that lie to clients do not lie here.

    Returns:
        time: The gateway's clock, ISO 8601, UTC.
        price: Last price by con id, points; of contracts ever held or ordered.
        positions: Signed contracts by con id, zeros left out.
        average_costs: Price x multiplier by con id, of those.
        orders: All live orders, the oldest first, untransmitted ones too.
        done: Orders that are over.
        executions: All fills, the oldest first.
        cash_usd, equity_usd, realised_usd, unrealised_usd, fees_usd, day_pnl_usd: Money;
            realised and cash after commission.
        clients: Ids of those that are connected.
    """
    account, margins, book = office.account, office.margins, office.book
    held = {str(key): item for key, item in account.holdings.items() if item.position}
    traded = {order.listed.con_id: order.listed for order in book.orders}
    tapes = {str(key): office.market.tape_of(listed) for key, listed in traded.items()}
    equity_usd = margins.equity_usd
    return {
        "time": now.isoformat(),
        "price": {key: tape.price for key, tape in tapes.items() if tape is not None},
        "positions": {key: item.position for key, item in held.items()},
        "average_costs": {key: item.average_cost for key, item in held.items()},
        "orders": [_order(order) for order in book.live()],
        "done": [_order(order) for order in book.orders if order.is_done],
        "executions": [_execution(fill) for fill in office.fills.fills],
        "cash_usd": account.cash_usd,
        "equity_usd": equity_usd,
        "realised_usd": account.realised_usd,
        "unrealised_usd": margins.unrealised_usd,
        "fees_usd": account.fees_usd,
        "day_pnl_usd": equity_usd - account.day_start_usd,
        "clients": sorted(office.teller.wishes),
    }


def _order(order: BookOrder) -> dict[str, Any]:
    request = order.request
    return {
        "perm_id": order.perm_id,
        "order_id": request.order_id,
        "client_id": order.client_id,
        "ref": request.order_ref,
        "con_id": order.listed.con_id,
        "action": request.action,
        "quantity": request.quantity,
        "filled": order.filled,
        "remaining": order.remaining,
        "kind": request.kind,
        "limit_price": request.limit_price,
        "aux_price": request.aux_price,
        "tif": request.tif,
        "is_outside_rth": request.is_outside_rth,
        "oca_group": request.oca_group,
        "parent_id": request.parent_id,
        "parent_perm_id": 0 if order.parent is None else order.parent.perm_id,
        "status": str(order.status),
        "is_transmitted": order.is_transmitted,
        "is_working": order.is_working,
        "reason": order.reason,
    }


def _execution(fill: Fill) -> dict[str, Any]:
    execution = fill.execution
    return {
        "exec_id": execution.exec_id,
        "perm_id": execution.perm_id,
        "order_id": execution.order_id,
        "client_id": execution.client_id,
        "ref": execution.order_ref,
        "con_id": execution.contract.con_id,
        "side": execution.side,
        "shares": execution.shares,
        "price": execution.price,
        "time": execution.time.isoformat(),
        "commission_usd": fill.commission.commission_usd,
        "realised_usd": fill.commission.realised_usd,
    }
