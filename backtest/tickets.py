"""Orders as the kernel takes them: points become ticks on the grid, what is not said becomes none.

What cannot be said in ticks at all, such as NaN, is denied here; all else the kernel judges.
"""

import math
import operator

import numpy as np

from backtest.order_types import Order, WorkingOrder
from config.instruments import Instrument
from env.kernel.names import Denial, OrderKind, Reason
from env.kernel.orders import MAX_PRICE_TICKS
from env.kernel.types import NO_OFFSET

GRID_TOLERANCE_TICKS = 1e-6
"""Ticks that a price may be off the grid and still be on it: noise of a division."""


def write_ticket(ticket: np.record, order: Order, instrument: Instrument, close: float) -> Denial:
    """Write an order into an ORDER_TICKET record, all of it; return why it cannot be, or NONE.

    Args:
        ticket: Written over.
        order: Prices in points.
        instrument: Gives the tick grid.
        close: Last close, points, from which a trailing stop begins.
    """
    quantity = whole_or_none(order.quantity) or 0  # the kernel denies 0
    begin = order.stop
    if begin is None and order.trail_ticks is not None:
        begin = close - math.copysign(order.trail_ticks * instrument.tick_size, -quantity)
    stop = _ticks(begin, instrument, is_rounded_up=quantity < 0)
    limit = _ticks(order.limit, instrument, is_rounded_up=quantity < 0)
    group = whole_or_none(order.group)
    if stop is None or limit is None or group is None:
        return Denial.BAD_PRICE
    ticket.kind = _kind(begin is not None, order.limit is not None)
    ticket.reason = Reason.SIGNAL
    ticket.quantity = quantity
    ticket.trigger_ticks, ticket.limit_ticks = stop, limit
    ticket.trail_ticks = _offset(order.trail_ticks)
    ticket.stop_offset_ticks = _offset(order.stop_loss_ticks)
    ticket.target_offset_ticks = _offset(order.take_profit_ticks)
    ticket.trail_offset_ticks = _offset(order.trailing_stop_ticks)
    ticket.group = group
    ticket.is_day, ticket.is_reduce_only = order.is_day, order.is_reduce_only
    return Denial.NONE


def working_order(order: np.record, instrument: Instrument) -> WorkingOrder:
    """Return what people see of an ORDER record that is not empty."""
    kind = OrderKind(order["kind"])
    has_stop = kind in (OrderKind.STOP, OrderKind.STOP_LIMIT)
    has_limit = kind in (OrderKind.LIMIT, OrderKind.STOP_LIMIT)
    return WorkingOrder(
        order_id=int(order["id"]),
        kind=kind.label,
        quantity=int(order["quantity"]),
        stop=float(instrument.to_prices(order["trigger_ticks"])) if has_stop else None,
        limit=float(instrument.to_prices(order["limit_ticks"])) if has_limit else None,
        reason=Reason(order["reason"]).label,
        group=int(order["group"]),
        is_reduce_only=bool(order["is_reduce_only"]),
    )


def _kind(has_stop: bool, has_limit: bool) -> OrderKind:
    if has_stop:
        return OrderKind.STOP_LIMIT if has_limit else OrderKind.STOP
    return OrderKind.LIMIT if has_limit else OrderKind.MARKET


def whole_or_none(number: object) -> int | None:
    """Return a whole number that fits the kernel, None for what is none."""
    try:
        whole = operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        return None
    return max(min(whole, 2**31 - 1), -(2**31) + 1)


def _ticks(points: float | None, instrument: Instrument, is_rounded_up: bool) -> int | None:
    """Return a price in whole ticks; 0 for none, None for what is no price."""
    if points is None:
        return 0
    ticks = points / instrument.tick_size
    if not abs(ticks) <= MAX_PRICE_TICKS:
        return None
    if is_rounded_up:
        return math.ceil(ticks - GRID_TOLERANCE_TICKS)
    return math.floor(ticks + GRID_TOLERANCE_TICKS)


def _offset(ticks: float | None) -> float:
    """Return a distance as the kernel knows it; 0 is not none here, so it becomes NaN."""
    if ticks is None:
        return NO_OFFSET
    return float(ticks) if ticks != NO_OFFSET else math.nan
