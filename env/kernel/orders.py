"""The orders that wait in an account: taken in, denied, grouped, cancelled.

The first three slots are the account's own: the decision's market order, and the stop and target
that protect the whole position. A ticket that is handed in waits in a free slot; the stop and
target that its fill may bring are left to exits.py, but room for them is kept from the start.
"""

import numpy as np

from env.kernel.ledger import reducing_quantity
from env.kernel.limits import is_being_closed, permitted_quantity
from env.kernel.names import Birth, Denial, OrderKind
from env.kernel.types import MARKET_SLOT, N_OWN_SLOTS, NO_OFFSET
from utils.jit import lean_jit

MAX_PRICE_TICKS = 2**40
"""No order is further from zero than this."""

MAX_CONTRACTS = 1_000_000
"""No order is larger than this."""


@lean_jit
def submit(account: np.record, flags: int, ticket: np.record) -> int:
    """Take in a ticket at a close, or deny it; it works from the next bar on.

    A ticket whose opening half is barred is taken in as a reduce-only order of its closing half.

    Args:
        account: Account record with free slots.
        flags: BarFlag of the bar that has closed.
        ticket: ORDER_TICKET. Its id is written here, 0 if it was not taken in.

    Returns:
        One of Denial, of the ticket or of its opening half; NONE if it was taken in whole.
    """
    ticket.id = 0
    account.denial = _form_denial(account, ticket)
    if account.denial != Denial.NONE:
        account.n_denied += 1
        return int(account.denial)
    quantity = ticket.quantity
    if not ticket.is_reduce_only or is_being_closed(account):
        quantity = permitted_quantity(account, flags, quantity)
    if quantity != 0:
        _take_in(account, ticket, quantity)
    return int(account.denial)


@lean_jit
def _take_in(account: np.record, ticket: np.record, quantity: int) -> None:
    """Copy a ticket into a free slot, for `quantity` of its contracts."""
    account.last_id += 1
    ticket.id = account.last_id
    order = account.orders[free_slot(account)]
    order.kind = ticket.kind
    order.reason = ticket.reason
    order.birth = Birth.RESTED
    order.is_day = ticket.is_day
    order.is_reduce_only = 1 if quantity != ticket.quantity else ticket.is_reduce_only
    order.quantity = quantity
    order.id = ticket.id
    order.group = ticket.group
    order.trigger_ticks = ticket.trigger_ticks
    order.limit_ticks = ticket.limit_ticks
    order.trail_ticks = ticket.trail_ticks
    order.stop_offset_ticks = ticket.stop_offset_ticks
    order.target_offset_ticks = ticket.target_offset_ticks
    order.trail_offset_ticks = ticket.trail_offset_ticks


@lean_jit
def _form_denial(account: np.record, ticket: np.record) -> int:
    """Return what is wrong with a ticket by itself, or with the room for it."""
    if ticket.quantity == 0 or abs(ticket.quantity) > MAX_CONTRACTS:
        return Denial.BAD_SIZE.value
    if not _has_prices(ticket):
        return Denial.BAD_PRICE.value
    if ticket.is_reduce_only and reducing_quantity(account.position, ticket.quantity) == 0:
        return Denial.REDUCE_ONLY.value
    if _slots_needed(ticket) > _slots_left(account):
        return Denial.BOOK_FULL.value
    return Denial.NONE.value


@lean_jit
def _has_prices(ticket: np.record) -> bool:
    """Return whether a ticket has a kind, and the prices and offsets that its kind needs."""
    if ticket.kind < OrderKind.MARKET or ticket.kind > OrderKind.STOP_LIMIT or ticket.group < 0:
        return False
    if ticket.kind != OrderKind.STOP and ticket.trail_ticks != NO_OFFSET:
        return False
    if abs(ticket.trigger_ticks) > MAX_PRICE_TICKS or abs(ticket.limit_ticks) > MAX_PRICE_TICKS:
        return False
    return (
        _is_offset(ticket.trail_ticks)
        and _is_offset(ticket.stop_offset_ticks)
        and _is_offset(ticket.target_offset_ticks)
        and _is_offset(ticket.trail_offset_ticks)
    )


@lean_jit
def _is_offset(ticks: float) -> bool:
    """Return whether an offset is none, or one tick or more; NaN is neither."""
    return ticks == NO_OFFSET or 1.0 <= ticks <= MAX_PRICE_TICKS


@lean_jit
def _slots_needed(order: np.record) -> int:
    """Return how many slots an order takes, counting those of the exits that it may bring."""
    has_stop = order.stop_offset_ticks != NO_OFFSET or order.trail_offset_ticks != NO_OFFSET
    return 2 if has_stop and order.target_offset_ticks != NO_OFFSET else 1


@lean_jit
def _slots_left(account: np.record) -> int:
    n_left = len(account.orders) - N_OWN_SLOTS
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        order = account.orders[slot]
        if order.kind != OrderKind.NONE:
            n_left -= _slots_needed(order)
    return n_left


@lean_jit
def free_slot(account: np.record) -> int:
    """Return the first free slot; there is one, as the room was counted before."""
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        if account.orders[slot].kind == OrderKind.NONE:
            return slot
    return -1


@lean_jit
def cancel(account: np.record, order_id: int) -> bool:
    """Cancel a submitted order; return whether it was still waiting."""
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        order = account.orders[slot]
        if order.kind != OrderKind.NONE and order.id == order_id:
            order.kind = OrderKind.NONE
            return True
    return False


@lean_jit
def cancel_all(account: np.record) -> None:
    """Cancel whatever waits, the account's own orders included."""
    for slot in range(len(account.orders)):
        account.orders[slot].kind = OrderKind.NONE


@lean_jit
def cancel_day_orders(account: np.record) -> None:
    """Cancel what was good for one session only."""
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        if account.orders[slot].is_day:
            account.orders[slot].kind = OrderKind.NONE


@lean_jit
def cancel_group(account: np.record, group: int) -> None:
    """Cancel every order of a group; group 0 is none."""
    if group == 0:
        return
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        if account.orders[slot].group == group:
            account.orders[slot].kind = OrderKind.NONE


@lean_jit
def cancel_exits(account: np.record) -> None:
    """Cancel the exits that reduce nothing any more: when flat, or on the other side."""
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        order = account.orders[slot]
        if order.is_reduce_only and order.quantity * account.position >= 0:
            order.kind = OrderKind.NONE


@lean_jit
def place_market_order(account: np.record, quantity: int, reason: int) -> None:
    """Let `quantity` signed contracts be traded at the next open; 0 places nothing."""
    if quantity != 0:
        order = account.orders[MARKET_SLOT]
        order.kind = OrderKind.MARKET
        order.reason = reason
        order.birth = Birth.RESTED
        order.quantity = quantity
