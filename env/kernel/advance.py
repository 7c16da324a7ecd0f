"""What happens to one account in one bar, and in which order.

1. Before the open: a new session begins; on the first bar of a new contract the position is rolled,
   both sides charged, and what waits moves with the gap.
2. The open: orders that rested before the bar, and that the open fills. A decided reversal goes
   before a gapped stop, which then finds its position gone, so that it cannot become double size.
3. The account's stop and target are brought into line with the position. They are live at once, but
   come too late for the open.
4. The bar's range: one order after the other as the path policy says, and what their fills bring.
5. The close: trailing stops follow; at the end what is open is closed; the account is marked to the
   close; what must be closed at the next open is found out.

At bar t uses bar t and orders placed before it. Where an order fills is left to matching.py, what a
fill is worth to ledger.py, what is forced to forced.py.
"""

import numpy as np

from env.kernel.costs import adverse_ticks, slipped_ticks
from env.kernel.exits import bring_exits, follow_bar, follow_open, protect
from env.kernel.forced import begin_session, closing_reason, force_exits, shift_orders
from env.kernel.ledger import mark_to_close, reducing_quantity, see_range, settle
from env.kernel.matching import (
    NEVER,
    NO_FILL,
    fill_ticks_at_open,
    fill_ticks_in_range,
    is_high_first,
    is_triggered_at_open,
    touch_ticks,
)
from env.kernel.names import BarFlag, Birth, OrderKind, PathPolicy, Reason
from env.kernel.orders import cancel_all, cancel_exits, cancel_group, place_market_order
from env.kernel.types import MARKET_SLOT, N_OWN_SLOTS, STOP_SLOT, Records
from utils.jit import lean_jit


@lean_jit
def advance(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Take one account through the bar after `account.bar`.

    Args:
        account: Account record, of any number of slots.
        bar: BAR_TICKS record of that bar.
        fills: FILL records with room for `max_fills_per_bar` more, or that are written over again.
        trades: TRADE records likewise.
    """
    account.bar += 1
    account.is_at_open = 1
    if bar.flag_bits & BarFlag.SESSION_START:
        begin_session(account)
    if bar.roll_gap != 0 or bar.flag_bits & BarFlag.ROLL:
        _roll(account, bar, fills, trades)
    n_fills = account.n_fills
    _fill_at_open(account, bar, fills, trades)
    if account.n_fills != n_fills:
        protect(account, Birth.AT_OPEN)
    account.is_at_open = 0
    _fill_in_range(account, bar, fills, trades)
    see_range(account, bar)
    follow_bar(account, bar)
    reason = closing_reason(account, bar)
    if reason >= 0:
        _close_out(account, bar, reason, fills, trades)
    mark_to_close(account, bar)
    force_exits(account, bar)


@lean_jit
def _roll(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Close the old contract and open the new one, at the new one's open less and with the gap."""
    shift_orders(account, bar.roll_gap)
    position = account.position
    if position == 0:
        return
    order = account.orders[STOP_SLOT]  # placed anew below, from the new entry
    order.kind, order.reason, order.id = OrderKind.NONE, Reason.ROLL, 0
    slippage = adverse_ticks(bar, account.costs)
    order.quantity = -position
    old_ticks = slipped_ticks(bar.open - bar.roll_gap, -position, bar, account.costs)
    settle(account, order, old_ticks, slippage, fills, trades)
    order.quantity = position
    new_ticks = slipped_ticks(bar.open, position, bar, account.costs)
    settle(account, order, new_ticks, slippage, fills, trades)
    account.session_trades -= 1  # it is the trade of before
    protect(account, Birth.AT_OPEN)


@lean_jit
def _fill_at_open(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Fill what the open fills: market orders, then stops, then limits; each by slot."""
    if len(account.orders) == N_OWN_SLOTS:  # a market order, a stop and a limit, in this order
        for slot in range(N_OWN_SLOTS):
            _fill_slot_at_open(account, account.orders[slot], bar, fills, trades)
    else:
        for kind in (OrderKind.MARKET, OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.LIMIT):
            for slot in range(len(account.orders)):
                if account.orders[slot].kind == kind:
                    _fill_slot_at_open(account, account.orders[slot], bar, fills, trades)
    follow_open(account, bar)


@lean_jit
def _fill_slot_at_open(
    account: np.record, order: np.record, bar: np.record, fills: Records, trades: Records
) -> None:
    """Fill one order at the open, or make a limit of a stop-limit that the open triggers."""
    if order.birth != Birth.RESTED:
        return
    price_ticks = fill_ticks_at_open(order, bar, account.costs)
    if price_ticks != NO_FILL:
        _fill(account, order, price_ticks, bar, fills, trades)
    elif order.kind == OrderKind.STOP_LIMIT and is_triggered_at_open(order, bar):
        order.kind = OrderKind.LIMIT


@lean_jit
def _fill_in_range(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Fill what the bar's range reaches, one after the other, and what those fills bring."""
    is_ambiguous = False
    for _ in range(2 * len(account.orders)):
        slot, n_touched = _first_touched(account, bar)
        if n_touched == 0:
            break
        order = account.orders[slot]
        is_ambiguous = is_ambiguous or n_touched > 1 or order.birth == Birth.INSIDE
        if order.kind == OrderKind.STOP_LIMIT:
            order.kind = OrderKind.LIMIT
            order.birth = Birth.INSIDE
            continue
        _fill(account, order, fill_ticks_in_range(order, bar, account.costs), bar, fills, trades)
        protect(account, Birth.INSIDE)
    account.n_ambiguous += is_ambiguous


@lean_jit
def _first_touched(account: np.record, bar: np.record) -> tuple[int, int]:
    """Return the slot of the order that the range reaches first, and how many it reaches."""
    first_is_high = is_high_first(account.path_policy, bar)
    is_worst = account.path_policy == PathPolicy.WORST
    first, slot_of_first, n_touched = NEVER, 0, 0
    for slot in range(STOP_SLOT, len(account.orders)):
        touch = touch_ticks(
            account.orders[slot], bar, first_is_high, is_worst, account.costs.through_ticks
        )
        n_touched += touch != NEVER
        if touch < first:
            first, slot_of_first = touch, slot
    return slot_of_first, n_touched


@lean_jit
def _fill(
    account: np.record,
    order: np.record,
    price_ticks: int,
    bar: np.record,
    fills: Records,
    trades: Records,
) -> None:
    """Execute `order` at the price, with all that follows for the other orders."""
    slippage = 0 if order.kind == OrderKind.LIMIT else adverse_ticks(bar, account.costs)
    order.kind = OrderKind.NONE
    if order.is_reduce_only:
        order.quantity = reducing_quantity(account.position, order.quantity)
    if order.quantity == 0:
        return
    opened = settle(account, order, price_ticks, slippage, fills, trades)
    if len(account.orders) > N_OWN_SLOTS:
        cancel_group(account, order.group)
        cancel_exits(account)
        bring_exits(
            account,
            order,
            opened,
            price_ticks,
            Birth.AT_OPEN if account.is_at_open else Birth.INSIDE,
        )


@lean_jit
def _close_out(
    account: np.record, bar: np.record, reason: int, fills: Records, trades: Records
) -> None:
    """Cancel all orders, and close what is open at the close, with slippage and commission."""
    cancel_all(account)
    place_market_order(account, -account.position, reason)
    order = account.orders[MARKET_SLOT]
    if order.kind == OrderKind.MARKET:
        price_ticks = slipped_ticks(bar.close, order.quantity, bar, account.costs)
        _fill(account, order, price_ticks, bar, fills, trades)
