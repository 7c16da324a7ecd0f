"""What happens to one account in one bar whose fills are known: those that a broker reported.

`advance` finds out which orders a bar fills; here that is told, and the same things follow from it:
the money, the stop and target around the actual fill, the mark at the close, and what must be
closed next. Where the fills are those that `advance` would have made, so is the account, but for
what is counted of the path (`n_ambiguous`) and the bytes of slots in which nothing waits.

Nothing is closed at a bar's own close, as it is in `advance` where the data or a session end: what
is open then must be closed at the next open.
"""

import numpy as np

from env.kernel.costs import fee_usd
from env.kernel.exits import follow_bar, follow_open, protect
from env.kernel.forced import begin_session, force_exits, shift_orders
from env.kernel.ledger import mark_to_close, see_range, settle
from env.kernel.names import BarFlag, Birth, OrderKind, Reason
from env.kernel.types import MARKET_SLOT, STOP_SLOT, TARGET_SLOT, Records
from utils.jit import lean_jit


@lean_jit
def advance_by(
    account: np.record, bar: np.record, actual: Records, fills: Records, trades: Records
) -> bool:
    """Take one account through the bar after `account.bar`, with the fills that it brought.

    Args:
        account: ACCOUNT record.
        bar: BAR_TICKS record of that bar.
        actual: FILL records in the order in which they happened: quantity (never 0), price, fee
            and reason are read. A decision's count as made at the open, a stop's or a target's
            where the bar opened beyond it, unless another one came before inside the bar.
        fills: FILL records with room, or that are written over again.
        trades: TRADE records likewise.

    Returns:
        Whether the position is one of the bar's own contract: false where a position of before a
        roll was neither closed nor rolled. The account's money is wrong then.
    """
    account.bar += 1
    account.is_at_open = 1
    if bar.flag_bits & BarFlag.SESSION_START:
        begin_session(account)
    is_roll = bar.roll_gap != 0 or (bar.flag_bits & BarFlag.ROLL) != 0
    if is_roll:
        shift_orders(account, bar.roll_gap)
    is_of_contract = not is_roll or account.position == 0
    rolled_entry = 0.0
    for i in range(len(actual)):
        fill = actual[i]
        if account.is_at_open and not _is_at_open(account, bar, fill):
            _leave_open(account, bar, i)
        entry, side = account.entry_ticks, account.position
        open_ticks = bar.open if is_of_contract else bar.open - bar.roll_gap
        opened = _settle(account, bar, open_ticks, fill, (fills, trades))
        if side != 0 and account.position * side <= 0:
            is_of_contract, rolled_entry = True, entry
        if is_roll and opened != 0 and fill.reason == Reason.ROLL:
            account.entry_ticks = rolled_entry + bar.roll_gap
            account.session_trades -= 1
        if not account.is_at_open:
            protect(account, Birth.INSIDE)
    if account.is_at_open:
        _leave_open(account, bar, len(actual))
    account.orders[MARKET_SLOT].kind = OrderKind.NONE
    see_range(account, bar)
    follow_bar(account, bar)
    mark_to_close(account, bar)
    force_exits(account, bar)
    return is_of_contract


@lean_jit
def _is_at_open(account: np.record, bar: np.record, fill: np.record) -> bool:
    """Return whether a fill counts as made at the open: a decision's, or a gapped exit's."""
    if not _is_exit(fill.reason):
        return True
    order = account.orders[_slot_of(fill.reason)]
    if order.kind == OrderKind.NONE or order.quantity * fill.quantity <= 0:
        return False
    is_above = fill.quantity > 0
    if order.kind == OrderKind.STOP:
        return bool(
            bar.open >= order.trigger_ticks if is_above else bar.open <= order.trigger_ticks
        )
    return bool(bar.open <= order.limit_ticks if is_above else bar.open >= order.limit_ticks)


@lean_jit
def _is_exit(reason: int) -> bool:
    """Return whether a fill is one of the stop or the target that protect the position."""
    return reason in (Reason.STOP.value, Reason.TRAILING_STOP.value, Reason.TARGET.value)


@lean_jit
def _slot_of(reason: int) -> int:
    """Return where the order waited that a fill is of."""
    if reason == Reason.TARGET:
        return TARGET_SLOT
    return STOP_SLOT if _is_exit(reason) else MARKET_SLOT


@lean_jit
def _leave_open(account: np.record, bar: np.record, n_fills: int) -> None:
    """Do what follows on the fills at the open, before the bar's range begins."""
    follow_open(account, bar)
    if n_fills > 0:
        protect(account, Birth.AT_OPEN)
    account.is_at_open = 0


@lean_jit
def _settle(
    account: np.record,
    bar: np.record,
    open_ticks: int,
    fill: np.record,
    papers: tuple[Records, Records],
) -> int:
    """Book one fill at the commission that was charged; return the contracts that it opened.

    Args:
        account: ACCOUNT record.
        bar: BAR_TICKS record. What a fill is worse than the open, or its stop's trigger, slipped.
        open_ticks: Its open, in the contract that the fill is of.
        fill: What was reported.
        papers: FILL and TRADE records to write on.
    """
    order = account.orders[_slot_of(fill.reason)]
    slippage = 0
    if fill.reason != Reason.TARGET:
        wanted = open_ticks
        if not account.is_at_open and order.kind == OrderKind.STOP:
            wanted = min(max(order.trigger_ticks, bar.low), bar.high)
        slippage = max((fill.price_ticks - wanted) * (1 if fill.quantity > 0 else -1), 0)
    if abs(fill.quantity) >= abs(order.quantity):
        order.kind = OrderKind.NONE
    order.quantity, order.reason = fill.quantity, fill.reason
    costs = account.costs
    usual = costs.commission_per_side_usd
    if fill.fee_usd != fee_usd(fill.quantity, costs):
        costs.commission_per_side_usd = fill.fee_usd / (abs(fill.quantity) * costs.scale)
    opened = settle(account, order, fill.price_ticks, slippage, papers[0], papers[1])
    costs.commission_per_side_usd = usual
    return opened
