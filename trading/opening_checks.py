"""What an order that opens has to pass beside the checks of all orders.

Each check holds what is known against a limit; what is not known denies, with a code of its own.
"""

from config.trading_settings import RiskLimits
from trading.modes import Mode
from trading.order_checks import Check, is_unknown
from trading.risk_codes import DenialCode, Denied
from trading.risk_view import OrderProposal, RiskView
from trading.worst_case import exposure

_FORBIDDING = {
    Mode.REDUCE_ONLY: DenialCode.REDUCE_ONLY,
    Mode.HALTED: DenialCode.HALTED,
    Mode.KILLED: DenialCode.KILLED,
}
"""Modes in which nothing is opened."""


def check_trading(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Nothing opens but in TRADING."""
    if view.mode is None:
        return Denied(DenialCode.MODE_UNKNOWN, "the mode is not known")
    if view.mode is Mode.TRADING:
        return None
    code = _FORBIDDING.get(view.mode, DenialCode.NOT_SYNCED)
    return Denied(code, f"the trader is {view.mode}: nothing may be opened")


def check_unknown_entry(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """No entry beside one of which nobody knows what became."""
    if view.has_unknown_entry is None:
        return Denied(
            DenialCode.UNKNOWN_ENTRY_UNKNOWN, "nobody knows whether an entry is unresolved"
        )
    if view.has_unknown_entry:
        return Denied(DenialCode.UNKNOWN_ENTRY, "what became of an earlier entry is not known")
    return None


def check_day(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Today's trading day has begun and is not locked."""
    if view.is_day_locked is None or view.is_day_current is None:
        return Denied(DenialCode.DAY_UNKNOWN, "the trading day is not known")
    if view.is_day_locked:
        return Denied(DenialCode.DAY_LOCKED, "the trading day is locked")
    if not view.is_day_current:
        return Denied(DenialCode.DAY_NOT_BEGUN, "the new trading day has not begun: no equity yet")
    return None


def check_daily_loss(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """The day's loss is below its limit."""
    if view.day_pnl_usd is None or is_unknown(view.day_pnl_usd):
        return Denied(DenialCode.PNL_UNKNOWN, "the day's PnL is not known")
    if view.day_pnl_usd <= -limits.max_daily_loss_usd:
        return Denied(
            DenialCode.DAILY_LOSS,
            f"the day's loss must be < {limits.max_daily_loss_usd:.2f} USD, "
            f"is {-view.day_pnl_usd:.2f}",
        )
    return None


def check_size(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """One order is not absurdly large."""
    if abs(order.quantity) > limits.max_order_quantity:
        return Denied(
            DenialCode.QUANTITY_TOO_LARGE,
            f"an order must be of at most {limits.max_order_quantity} contracts, "
            f"was {abs(order.quantity)}",
        )
    return None


def check_position(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """The worst case of all orders and this one stays within the largest position."""
    if view.position is None:
        return Denied(DenialCode.POSITION_UNKNOWN, "the position is not known")
    if view.working is None:
        return Denied(DenialCode.ORDERS_UNKNOWN, "the working orders are not known")
    worst = exposure(view.position, (*view.working, order.may_fill)).worst
    if worst > limits.max_position:
        return Denied(
            DenialCode.MAX_POSITION,
            f"the position must stay within {limits.max_position}, could become {worst}",
        )
    return None


def check_rate(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Not too many entries in a minute, nor in a day."""
    if view.orders_last_minute is None or view.orders_today is None:
        return Denied(DenialCode.RATE_UNKNOWN, "how many orders were sent is not known")
    if view.orders_last_minute >= limits.max_orders_per_minute:
        return Denied(
            DenialCode.TOO_MANY_PER_MINUTE,
            f"at most {limits.max_orders_per_minute} orders may be opened in a minute, "
            f"{view.orders_last_minute} were",
        )
    if view.orders_today >= limits.max_orders_per_day:
        return Denied(
            DenialCode.TOO_MANY_PER_DAY,
            f"at most {limits.max_orders_per_day} orders may be opened in a day, "
            f"{view.orders_today} were",
        )
    return None


def check_age(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """The data are fresh."""
    if view.data_age_seconds is None or is_unknown(view.data_age_seconds):
        return Denied(DenialCode.AGE_UNKNOWN, "the age of the data is not known")
    if view.data_age_seconds > limits.stale_after_seconds:
        return Denied(
            DenialCode.STALE_DATA,
            f"data must be at most {limits.stale_after_seconds:g} s old, "
            f"are {view.data_age_seconds:.1f} s",
        )
    return None


def check_skew(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Our clock and the broker's agree."""
    if view.skew_seconds is None or is_unknown(view.skew_seconds):
        return Denied(DenialCode.SKEW_UNKNOWN, "the broker's clock is not known")
    if abs(view.skew_seconds) > limits.max_skew_seconds:
        return Denied(
            DenialCode.CLOCK_SKEW,
            f"clocks must differ by at most {limits.max_skew_seconds:g} s, "
            f"differ by {abs(view.skew_seconds):.1f} s",
        )
    return None


def check_hours(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """The market is open, and stays so for a while."""
    if view.is_market_open is None:
        return Denied(DenialCode.HOURS_UNKNOWN, "the trading hours are not known")
    if not view.is_market_open:
        return Denied(DenialCode.MARKET_CLOSED, "the market is closed")
    if view.seconds_to_close is None or is_unknown(view.seconds_to_close):
        return Denied(DenialCode.HOURS_UNKNOWN, "when the market closes is not known")
    if view.seconds_to_close < limits.no_entry_seconds:
        return Denied(
            DenialCode.NEAR_CLOSE,
            f"nothing is opened in the last {limits.no_entry_seconds:g} s before a close, "
            f"{view.seconds_to_close:.0f} s are left",
        )
    return None


def check_margin(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """What is free covers the initial margin of what may come to the position, by all orders."""
    unknown = Denied(DenialCode.MARGIN_UNKNOWN, "margin or available funds are not known")
    per_contract, available = view.initial_margin_usd, view.available_usd
    if per_contract is None or available is None or view.position is None or view.working is None:
        return unknown
    if is_unknown(per_contract) or is_unknown(available) or per_contract <= 0:
        return unknown
    worst = exposure(view.position, (*view.working, order.may_fill)).worst
    needed = max(worst - abs(view.position), 0) * per_contract
    if needed > available:
        return Denied(
            DenialCode.MARGIN, f"margin of {needed:.2f} USD is needed, {available:.2f} are free"
        )
    return None


OPENING_CHECKS: tuple[Check, ...] = (
    check_trading,
    check_unknown_entry,
    check_day,
    check_daily_loss,
    check_size,
    check_position,
    check_rate,
    check_age,
    check_skew,
    check_hours,
    check_margin,
)
"""In the order in which they are asked; those of prices follow (trading/price_guards.py)."""
