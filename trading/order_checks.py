"""What every order has to pass, whatever it is for: that it is well formed, and ours, and known.

Each check returns a Denied, or None. The ones of orders that open are in trading/opening_checks.py.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from config.trading_settings import RiskLimits
from trading.modes import SYNCED
from trading.risk_codes import DenialCode, Denied
from trading.risk_view import OrderProposal, Purpose, RiskView
from trading.worst_case import closing

Check = Callable[[OrderProposal, RiskView, RiskLimits], Denied | None]

PRICES_OF: Mapping[str, tuple[bool, bool]] = MappingProxyType(
    {
        "MKT": (False, False),
        "LMT": (True, False),
        "STP": (False, True),
        "STP LMT": (True, True),
    }
)
"""Whether an order of each kind has a limit price, and a stop price."""


def is_unknown(value: float | None) -> bool:
    """Return whether a figure cannot be compared with anything."""
    return value is None or math.isnan(value)


def check_quantity(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Whole contracts, not 0; True and 1.0 are no counts."""
    if type(order.quantity) is not int or order.quantity == 0:
        return Denied(
            DenialCode.NO_QUANTITY, f"quantity must be whole contracts, was {order.quantity!r}"
        )
    return None


def check_account(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """The pinned account; its id is not written out."""
    if not view.account:
        return Denied(DenialCode.ACCOUNT_UNKNOWN, "the account is not known")
    if order.account != view.account:
        return Denied(DenialCode.WRONG_ACCOUNT, "the order names another account")
    return None


def check_contract(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """The pinned contract: never another expiry."""
    if not view.con_id:
        return Denied(DenialCode.CONTRACT_UNKNOWN, "the contract is not known")
    if order.con_id != view.con_id:
        return Denied(
            DenialCode.WRONG_CONTRACT,
            f"the order is for contract {order.con_id}, traded is {view.con_id}",
        )
    return None


def check_prices(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """The prices that its kind has, each a number on the tick grid."""
    wanted = PRICES_OF.get(order.kind)
    if wanted is None:
        return Denied(
            DenialCode.UNKNOWN_KIND, f"kind must be one of {', '.join(PRICES_OF)}, was {order.kind}"
        )
    given = (order.limit_price, order.stop_price)
    for price, is_wanted, name in zip(given, wanted, ("limit", "stop"), strict=True):
        if (price is not None) is not is_wanted:
            return Denied(
                DenialCode.NO_PRICE,
                f"a {order.kind} order must have {'a' if is_wanted else 'no'} {name} price",
            )
    prices = (*given, order.protective_stop, order.protective_target)
    return next((bad for price in prices if (bad := _bad_price(price, view)) is not None), None)


def check_synced(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Nothing at all is sent before a complete snapshot."""
    if view.mode is None:
        return Denied(DenialCode.MODE_UNKNOWN, "the mode is not known")
    if view.mode not in SYNCED:
        return Denied(DenialCode.NOT_SYNCED, f"the trader is {view.mode}, not reconciled")
    return None


def check_known(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """Position and working orders are known."""
    if view.position is None:
        return Denied(DenialCode.POSITION_UNKNOWN, "the position is not known")
    if view.working is None:
        return Denied(DenialCode.ORDERS_UNKNOWN, "the working orders are not known")
    return None


def check_only_reduces(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """What is to reduce or protect is against the position, and with the exits that work no more.

    A protective order counts by itself: the exits beside it are cancelled by its group, or are what
    the protector is about to cancel; those that have filled are not. Where the broker's count
    stands against ours, the order must close by either; what has filled is in it.
    """
    if order.purpose is Purpose.OPEN or view.position is None or view.working is None:
        return None
    side = 1 if order.quantity > 0 else -1
    told, others = view.disputed_position, [one for one in view.working if one.parent_left == 0]
    filled = [other for other in others if other.is_certain]
    beside = (
        [] if order.purpose is Purpose.PROTECT else [one for one in others if one not in filled]
    )
    left = -side * view.position - closing([*filled, *beside], side, order.oca_group)
    if told is not None:
        left = min(left, -side * told - closing(beside, side, order.oca_group))
    if abs(order.quantity) > left:
        return Denied(
            DenialCode.WOULD_OPEN,
            f"{order.role} of {order.quantity:+d} would open: position {view.position:+d}"
            f"{'' if told is None else f', by the broker {told:+d}'}, {max(left, 0)} left to close",
        )
    return None


def check_journal(order: OrderProposal, view: RiskView, limits: RiskLimits) -> Denied | None:
    """The intent can be written first; what only reduces goes without."""
    if order.purpose is Purpose.REDUCE or view.is_journal_writable:
        return None
    if view.is_journal_writable is None:
        return Denied(DenialCode.JOURNAL_UNKNOWN, "nobody knows whether the journal can be written")
    return Denied(DenialCode.JOURNAL_NOT_WRITABLE, "the journal cannot be written")


def _bad_price(price: float | None, view: RiskView) -> Denied | None:
    if price is None:
        return None
    if not math.isfinite(price):
        return Denied(DenialCode.NOT_A_PRICE, f"a price must be a finite number, was {price}")
    if view.instrument.off_grid(price):
        return Denied(
            DenialCode.OFF_TICK,
            f"price {price} is not on the tick grid of {view.instrument.tick_size}",
        )
    return None


CHECKS: tuple[Check, ...] = (
    check_quantity,
    check_account,
    check_contract,
    check_prices,
    check_synced,
    check_known,
    check_only_reduces,
    check_journal,
)
"""In the order in which they are asked; the first that denies is the reason."""
