"""What happens to one account in one bar, and in which order.

1. Before the open: a new session begins. On the first bar of a new contract what waits moves with
   the gap; what the open closes is closed in the old contract, at the open less the gap; what is
   left is rolled, both sides charged. Stop and target stay where the gap moved them.
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
    NO_FILL,
    fill_ticks_at_open,
    fill_ticks_in_range,
    first_touched,
    is_triggered_at_open,
)
from env.kernel.names import BarFlag, Birth, OrderKind, Reason
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
        shift_orders(account, bar.roll_gap)
        if account.position != 0:
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
    """Close in the old contract what the open closes, and carry the rest into the new one."""
    account.is_rolling = 1
    _fill_at_open(account, bar, fills, trades)
    account.is_rolling = 0
    if account.position != 0:
        _carry_over(account, bar, fills, trades)
    protect(account, Birth.RESTED)


@lean_jit
def _carry_over(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Close the old contract at the open less the gap, and open the new one at the open.

    The position is the one of before: it is no new trade of the session, and its stop and target
    are still counted from where it was entered.
    """
    position, entry_ticks = account.position, account.entry_ticks
    order = account.orders[MARKET_SLOT]  # lent: what may wait there waits on
    quantity, reason = order.quantity, order.reason
    slippage = adverse_ticks(bar, account.costs)
    order.reason, order.quantity = Reason.ROLL, -position
    old_ticks = slipped_ticks(bar.open - bar.roll_gap, -position, bar, account.costs)
    settle(account, order, old_ticks, slippage, fills, trades)
    order.quantity = position
    new_ticks = slipped_ticks(bar.open, position, bar, account.costs)
    settle(account, order, new_ticks, slippage, fills, trades)
    order.quantity, order.reason = quantity, reason
    account.entry_ticks = entry_ticks + bar.roll_gap
    account.session_trades -= 1


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
    if price_ticks != NO_FILL and account.is_rolling:
        _close_old(account, order, price_ticks - bar.roll_gap, bar, fills, trades)
    elif price_ticks != NO_FILL:
        _fill(account, order, price_ticks, bar, fills, trades)
    elif order.kind == OrderKind.STOP_LIMIT and is_triggered_at_open(order, bar):
        order.kind = OrderKind.LIMIT


@lean_jit
def _close_old(
    account: np.record,
    order: np.record,
    price_ticks: int,
    bar: np.record,
    fills: Records,
    trades: Records,
) -> None:
    """Execute the part of an order that closes; what it opens is opened in the new contract."""
    closing = reducing_quantity(account.position, order.quantity)
    if closing == 0:
        return
    kind, opening = order.kind, order.quantity - closing
    order.quantity = closing
    _fill(account, order, price_ticks, bar, fills, trades)
    if opening != 0 and not order.is_reduce_only:
        order.kind, order.quantity = kind, opening


@lean_jit
def _fill_in_range(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Fill what the bar's range reaches, one after the other, and what those fills bring."""
    is_ambiguous = False
    for _ in range(2 * len(account.orders)):
        slot, n_touched = first_touched(
            account.orders, STOP_SLOT, bar, account.path_policy, account.costs.through_ticks
        )
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
