"""Whether the prices of an order that opens make sense: near the market, with a stop behind it."""

from config.trading_settings import RiskLimits
from trading.order_checks import Check, is_unknown
from trading.risk_codes import DenialCode, Denied
from trading.risk_view import OrderProposal, RiskView


def check_band(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Its prices lie near the last one."""
    if view.last_price is None or is_unknown(view.last_price):
        return Denied(DenialCode.PRICE_UNKNOWN, "the last price is not known")
    for price in (order.limit_price, order.stop_price):
        if price is None:
            continue
        ticks = abs(price - view.last_price) / view.instrument.tick_size
        if not ticks <= limits.price_band_ticks:
            return Denied(
                DenialCode.OUTSIDE_BAND,
                f"price {price:g} must lie within {limits.price_band_ticks} ticks of the last "
                f"({view.last_price:g}), is {ticks:.0f} away",
            )
    return None


def check_stop(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """A stop comes with it, on the losing side, not too far away."""
    stop, start = order.protective_stop, _expected_fill(order, view)
    if stop is None:
        return Denied(DenialCode.NO_STOP, "every order that opens must have a stop")
    if start is None or is_unknown(start):
        return Denied(DenialCode.PRICE_UNKNOWN, "the last price is not known")
    side = 1 if order.quantity > 0 else -1
    ticks = side * (start - stop) / view.instrument.tick_size
    if not ticks > 0:
        return Denied(
            DenialCode.STOP_ON_WRONG_SIDE,
            f"the stop {stop:g} must lie {'below' if side > 0 else 'above'} {start:g}",
        )
    if not ticks <= limits.max_stop_ticks:
        return Denied(
            DenialCode.STOP_TOO_FAR,
            f"the stop must lie within {limits.max_stop_ticks} ticks of {start:g}, "
            f"is {ticks:.0f} away",
        )
    return None


def check_target(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Its target, if it has one, lies on the winning side."""
    target, start = order.protective_target, _expected_fill(order, view)
    if target is None:
        return None
    if start is None or is_unknown(start):
        return Denied(DenialCode.PRICE_UNKNOWN, "the last price is not known")
    side = 1 if order.quantity > 0 else -1
    if not side * (target - start) > 0:
        return Denied(
            DenialCode.TARGET_ON_WRONG_SIDE,
            f"the target {target:g} must lie {'above' if side > 0 else 'below'} {start:g}",
        )
    return None


def _expected_fill(order: OrderProposal, view: RiskView) -> float | None:
    """Return where it would fill: at its limit, else its trigger, else the last price."""
    if order.limit_price is not None:
        return order.limit_price
    return view.last_price if order.stop_price is None else order.stop_price


PRICE_GUARDS: tuple[Check, ...] = (check_band, check_stop, check_target)
"""In the order in which they are asked."""
