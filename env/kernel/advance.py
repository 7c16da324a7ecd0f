"""What happens to one account in one bar, and in which order.

1. The open: market orders, then stops that the bar opens beyond. A decided reversal goes before a
   gapped stop, which then finds its position gone, so that it cannot become double size.
2. The protective stop is put under whatever position is left: cancelled when flat, new after a
   reversal, moved after an addition. It is live at once, but comes too late for the open: only
   orders that rested before the bar may fill there.
3. The bar's range: stops that it trades at or through.
4. The close: after the last bar whatever is open is closed at the close; the account is marked to
   the close; ruin is found out, and what it liquidates goes at the next open.

At bar t uses bar t and orders placed before it. Where an order fills is left to matching.py, what a
fill is worth to ledger.py.
"""

import numpy as np

from env.kernel.costs import slipped_ticks
from env.kernel.ledger import mark_to_close, reducing_quantity, settle
from env.kernel.matching import (
    NO_FILL,
    fill_ticks_at_open,
    fill_ticks_in_range,
    protective_stop_ticks,
)
from env.kernel.types import (
    MARKET_SLOT,
    NO_STOP,
    STOP_SLOT,
    OrderKind,
    Reason,
    Records,
    Status,
)
from utils.jit import jit


@jit
def place_market_order(account: np.record, quantity: int, reason: int) -> None:
    """Let `quantity` signed contracts be traded at the next open; 0 places nothing."""
    if quantity != 0:
        order = account.orders[MARKET_SLOT]
        order.kind = OrderKind.MARKET
        order.reason = reason
        order.quantity = quantity


@jit
def advance(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Take one account through the bar after `account.bar`.

    Args:
        account: ACCOUNT record.
        bar: BAR_TICKS record of that bar.
        fills: FILL records with room for MAX_FILLS_PER_BAR more.
        trades: TRADE records with as much room.
    """
    account.bar += 1
    for slot in range(len(account.orders)):
        order = account.orders[slot]
        _fill(account, order, fill_ticks_at_open(order, bar, account.costs), fills, trades)
    _protect(account)
    for slot in range(len(account.orders)):
        order = account.orders[slot]
        _fill(account, order, fill_ticks_in_range(order, bar, account.costs), fills, trades)
    if account.bar == account.last_bar:
        _close_out(account, bar, fills, trades)
    mark_to_close(account, bar)
    _find_ruin(account)


@jit
def _fill(
    account: np.record, order: np.record, price_ticks: int, fills: Records, trades: Records
) -> None:
    """Execute `order` at the price, if there is one; it leaves its slot empty."""
    if price_ticks == NO_FILL:
        return
    if order.kind == OrderKind.STOP:
        order.quantity = reducing_quantity(account.position, order.quantity)
    order.kind = OrderKind.NONE
    if order.quantity != 0:
        settle(account, order, price_ticks, fills, trades)


@jit
def _protect(account: np.record) -> None:
    """Bring the protective stop into line with the position."""
    order = account.orders[STOP_SLOT]
    if account.position == 0 or account.stop_offset_ticks == NO_STOP:
        order.kind = OrderKind.NONE
        return
    order.kind = OrderKind.STOP
    order.reason = Reason.STOP
    order.quantity = -account.position
    order.trigger_ticks = protective_stop_ticks(
        account.position, account.entry_ticks, account.stop_offset_ticks
    )


@jit
def _close_out(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Close what is open at the last close, with slippage and commission; cancel its stop."""
    place_market_order(account, -account.position, Reason.END_OF_DATA)
    order = account.orders[MARKET_SLOT]
    if order.kind == OrderKind.MARKET:
        price_ticks = slipped_ticks(bar.close, order.quantity, account.costs)
        _fill(account, order, price_ticks, fills, trades)
        _protect(account)


@jit
def _find_ruin(account: np.record) -> None:
    """Order the liquidation of an account whose equity is gone; end one that is flat."""
    if account.status == Status.ACTIVE and account.equity_usd <= account.ruin_usd:
        account.status = Status.LIQUIDATING
        place_market_order(account, -account.position, Reason.LIQUIDATION)
    if account.status == Status.LIQUIDATING and account.position == 0:
        account.status = Status.RUINED
