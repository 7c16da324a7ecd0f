"""What a fill does to position, money and trades. A trade is a round trip, flat to flat.

All PnL comes from one whole number, the open trade's `flow_ticks` (received less paid), so no
average price is ever rounded into money.
"""

import numpy as np

from env.kernel.costs import fee_usd
from env.kernel.types import Records
from utils.jit import lean_jit


@lean_jit
def settle(
    account: np.record,
    order: np.record,
    price_ticks: int,
    slippage_ticks: int,
    fills: Records,
    trades: Records,
) -> int:
    """Book one fill of an order: open, add, reduce, close, or reverse.

    A reversal is one fill: its closing part ends the open trade, the rest opens the next one, and
    each trade carries the commission of its own contracts.

    Args:
        account: ACCOUNT record.
        order: ORDER record; its quantity fills whole, never 0.
        price_ticks: Slippage included.
        slippage_ticks: How much of it that is, >= 0.
        fills: FILL records, written to in turn; the first again after the last.
        trades: TRADE records, likewise.

    Returns:
        The signed contracts that it opened.
    """
    quantity = order.quantity
    fee = fee_usd(quantity, account.costs)
    fill = fills[account.n_fills % len(fills)]
    _record_fill(fill, account.bar, order, price_ticks, fee)
    fill.slippage_ticks = slippage_ticks
    account.n_fills += 1
    account.fees_usd += fee
    account.slippage_usd += abs(quantity) * slippage_ticks * account.costs.tick_value_usd
    closing = reducing_quantity(account.position, quantity)
    opening = quantity - closing
    if closing != 0:
        _exchange(account, closing, price_ticks)
        if account.position == 0:
            _close_trade(account, order, trades)
    if opening != 0:
        _enter(account, opening, price_ticks)
    account.cash_usd = account.initial_usd + account.realised_usd - account.open_fees_usd
    return int(opening)


@lean_jit
def reducing_quantity(position: int, quantity: int) -> int:
    """Return the part of `quantity` (signed) that brings `position` nearer to zero."""
    if position > 0:
        return max(min(quantity, 0), -position)
    return min(max(quantity, 0), -position)


@lean_jit
def see_range(account: np.record, bar: np.record) -> None:
    """Note how far the bar took the open trade: its range, or the close if it began inside."""
    if account.position == 0:
        return
    has_seen_all = account.entry_bar != account.bar or account.began_at_open
    account.highest_ticks = max(account.highest_ticks, bar.high if has_seen_all else bar.close)
    account.lowest_ticks = min(account.lowest_ticks, bar.low if has_seen_all else bar.close)


@lean_jit
def mark_to_close(account: np.record, bar: np.record) -> None:
    """Value the open trade, and with it the account, at the bar's close."""
    ticks = account.flow_ticks + account.position * bar.close
    account.open_pnl_usd = ticks * account.costs.tick_value_usd
    account.equity_usd = account.cash_usd + account.open_pnl_usd
    account.peak_usd = max(account.peak_usd, account.equity_usd)
    account.max_drawdown_usd = max(account.max_drawdown_usd, _below_peak_usd(account))


@lean_jit
def _below_peak_usd(account: np.record) -> float:
    return float(account.peak_usd - account.equity_usd)


@lean_jit
def _record_fill(fill: np.record, bar: int, order: np.record, price_ticks: int, fee: float) -> None:
    fill.bar = bar
    fill.quantity = order.quantity
    fill.price_ticks = price_ticks
    fill.fee_usd = fee
    fill.reason = order.reason
    fill.order_id = order.id


@lean_jit
def _exchange(account: np.record, quantity: int, price_ticks: int) -> None:
    """Swap contracts for money."""
    account.position += quantity
    account.flow_ticks -= quantity * price_ticks
    account.open_fees_usd += fee_usd(quantity, account.costs)
    account.highest_ticks = max(account.highest_ticks, price_ticks)
    account.lowest_ticks = min(account.lowest_ticks, price_ticks)


@lean_jit
def _enter(account: np.record, quantity: int, price_ticks: int) -> None:
    """Open a position or add to it."""
    if account.position == 0:
        account.entry_bar = account.bar
        account.began_at_open = account.is_at_open
        account.highest_ticks = price_ticks
        account.lowest_ticks = price_ticks
        account.session_trades += 1
    held, size = abs(account.position), abs(quantity)
    account.entry_ticks = (held * account.entry_ticks + size * price_ticks) / (held + size)
    account.entered_quantity += size
    account.entered_ticks += size * price_ticks
    _exchange(account, quantity, price_ticks)


@lean_jit
def _close_trade(account: np.record, order: np.record, trades: Records) -> None:
    """Write the open trade down as closed by `order`, and begin with a clean slate."""
    trade = trades[account.n_trades % len(trades)]
    direction = 1 if order.quantity < 0 else -1
    size = account.entered_quantity
    trade.entry_bar = account.entry_bar
    trade.exit_bar = account.bar
    trade.quantity = direction * size
    trade.entry_ticks = account.entered_ticks / size
    trade.exit_ticks = (account.entered_ticks + direction * account.flow_ticks) / size
    _write_excursions(trade, direction, account.highest_ticks, account.lowest_ticks)
    trade.gross_usd = account.flow_ticks * account.costs.tick_value_usd
    trade.fees_usd = account.open_fees_usd
    trade.net_usd = trade.gross_usd - trade.fees_usd
    trade.reason = order.reason
    account.last_exit = order.reason
    account.n_trades += 1
    _count_result(account, trade.net_usd)
    account.entry_ticks = 0.0
    account.entered_quantity = 0
    account.entered_ticks = 0
    account.flow_ticks = 0
    account.open_fees_usd = 0.0


@lean_jit
def _write_excursions(trade: np.record, direction: int, highest: int, lowest: int) -> None:
    """Write how far the price went against a trade, and in its favour, from its average entry."""
    above = max(highest - trade.entry_ticks, 0.0)
    below = min(lowest - trade.entry_ticks, 0.0)
    trade.mfe_ticks = above if direction > 0 else -below
    trade.mae_ticks = below if direction > 0 else -above


@lean_jit
def _count_result(account: np.record, net_usd: float) -> None:
    account.realised_usd += net_usd
    if net_usd > 0.0:
        account.n_wins += 1
        account.gains_usd += net_usd
        account.unit_gains_usd += net_usd / account.entered_quantity
    elif net_usd < 0.0:
        account.n_losses += 1
        account.losses_usd += net_usd
        account.unit_losses_usd += net_usd / account.entered_quantity
