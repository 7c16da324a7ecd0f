"""What an account may not do: each decision's opening half is allowed, or denied with a reason.

Closing is never denied here, so that a reversal whose opening half is barred still closes. A check
that cannot be evaluated denies.
"""

import numpy as np

from env.kernel.ledger import reducing_quantity
from env.kernel.names import BarFlag, Denial, OrderKind, Reason, Status
from env.kernel.types import MARKET_SLOT, N_OWN_SLOTS
from utils.jit import lean_jit


@lean_jit
def permitted_quantity(account: np.record, flags: int, quantity: int) -> int:
    """Return the part of an order of `quantity` signed contracts that may go out.

    Of several waiting orders that would each close the position, only as many as it takes count as
    closing it; exits that belong together are better reduce-only.

    That is all of it, its closing half, or nothing; `account.denial` then says why, and
    `account.n_denied` counts it.

    Args:
        account: Account record as of the close at which it is decided.
        flags: BarFlag of that bar.
        quantity: Signed contracts; 0 asks for nothing.
    """
    closing = reducing_quantity(_left_to_close(account, quantity), quantity)
    if account.status == Status.RUINED:
        denial, closing = Denial.ACCOUNT_CLOSED.value, 0
    elif is_being_closed(account):
        denial, closing = Denial.FORCED_EXIT.value, 0
    elif closing == quantity:
        return quantity
    else:
        denial = entry_denial(account, flags, quantity)
    if denial == Denial.NONE or quantity == 0:
        return quantity
    account.denial = denial
    account.n_denied += 1
    return closing


@lean_jit
def _left_to_close(account: np.record, quantity: int) -> int:
    """Return the position less what waits to close it on the side of `quantity`, not below 0."""
    waiting = 0
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        order = account.orders[slot]
        is_same_side = order.quantity * quantity > 0
        if order.kind != OrderKind.NONE and is_same_side and not order.is_reduce_only:
            waiting += order.quantity
    return int(account.position + reducing_quantity(account.position, waiting))


@lean_jit
def is_being_closed(account: np.record) -> bool:
    """Return whether a forced market order waits for the next open, or the account is over."""
    if account.status != Status.ACTIVE:
        return True
    order = account.orders[MARKET_SLOT]
    return bool(order.kind == OrderKind.MARKET and order.reason != Reason.SIGNAL)


@lean_jit
def entry_denial(account: np.record, flags: int, quantity: int) -> int:
    """Return why an order of `quantity` may not open anything now, one of Denial, or NONE.

    Its worst case counts: every order that waits and might open filled on the same side.
    """
    limits = account.limits
    if account.is_locked:
        return Denial.DAILY_LOSS.value
    if flags & (BarFlag.NO_ENTRY | BarFlag.FLATTEN):
        return Denial.LAST_MINUTES.value
    if account.session_trades >= limits.max_session_trades and _opens_trade(account, quantity):
        return Denial.MAX_TRADES.value
    size = worst_position(account, quantity)
    if size > limits.max_position:
        return Denial.POSITION_CAP.value
    if limits.initial_margin_usd > 0.0 and not (
        size * limits.initial_margin_usd <= account.equity_usd
    ):
        return Denial.MARGIN.value
    return Denial.NONE.value


@lean_jit
def _opens_trade(account: np.record, quantity: int) -> bool:
    """Return whether an order would open another trade, and not add to the one that is open."""
    return account.position == 0 or reducing_quantity(account.position, quantity) != 0


@lean_jit
def worst_position(account: np.record, quantity: int) -> int:
    """Return the largest position, unsigned, that `quantity` and what waits could lead to.

    All purchases filled, or all sales; today's position is none of it.
    """
    bought, sold = max(quantity, 0), min(quantity, 0)
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        order = account.orders[slot]
        if order.kind != OrderKind.NONE and not order.is_reduce_only:
            bought += max(order.quantity, 0)
            sold += min(order.quantity, 0)
    highest = abs(account.position + bought) if bought > 0 else 0
    lowest = abs(account.position + sold) if sold < 0 else 0
    return int(max(highest, lowest))
