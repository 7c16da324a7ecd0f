"""One purse for several instruments: each has an account of the kernel, all know the same money.

The kernel moves every account through its own bars. What it knows of money afterwards is replaced
by the sums over all, and only then does it find out what must be closed, by the same rules: ruin,
drawdown and daily loss on the whole equity, maintenance margin on all positions together. A largest
position, and a number of trades per session, are each instrument's own.
"""

import numpy as np
from numpy.typing import NDArray

from env.kernel.advance import advance
from env.kernel.forced import force_exits
from env.kernel.types import NO_LIMIT, Records
from env.step import Books
from utils.jit import lean_jit


@lean_jit
def live_together(
    books: Books,
    offsets: NDArray[np.int64],
    has_bar: NDArray[np.bool_],
    stamp: int,
    equity: NDArray[np.float64],
    positions: NDArray[np.int64],
) -> int:
    """Live through the bars of one stamp, and return how many fills there are by then.

    Args:
        books: The accounts (k,); the bars of all, one instrument after the other; fills and trades
            with room for those of a bar, (k, room).
        offsets: (k,) where each instrument's bars begin.
        has_bar: (k,) which of them have a bar.
        stamp: Number of the stamp.
        equity: (m,) USD, written to at `stamp`.
        positions: (m, k) signed contracts, likewise.
    """
    accounts, bars, fills, trades = books
    n_fills = 0
    for k in range(len(accounts)):
        account = accounts[k]
        if has_bar[k]:
            _live_unchecked(account, bars[offsets[k] + account.bar + 1], fills[k], trades[k])
        n_fills += account.n_fills
        positions[stamp, k] = account.position
    share(accounts)
    for k in range(len(accounts)):
        _force_together(accounts, k, bars[offsets[k] + accounts[k].bar])
    equity[stamp] = accounts[0].equity_usd
    return n_fills


@lean_jit
def share(accounts: Records) -> None:
    """Let every account know the money of all: cash, equity, and how far it fell from its peak."""
    cash_usd, open_usd = accounts[0].initial_usd, 0.0
    for k in range(len(accounts)):
        cash_usd = cash_usd + accounts[k].realised_usd - accounts[k].open_fees_usd
        open_usd += accounts[k].open_pnl_usd
    for k in range(len(accounts)):
        account = accounts[k]
        account.cash_usd = cash_usd
        account.equity_usd = cash_usd + open_usd
        account.peak_usd = max(account.peak_usd, account.equity_usd)
        fall_usd = account.peak_usd - account.equity_usd
        account.max_drawdown_usd = max(account.max_drawdown_usd, fall_usd)


@lean_jit
def _live_unchecked(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Take an account through a bar while no limit of money can be broken: its sums are not whole.

    What its own part of the money would make of the peak is undone, too.
    """
    limits = account.limits
    ruin_usd, daily_usd = limits.ruin_usd, limits.daily_loss_usd
    drawdown_usd, floor_usd = limits.drawdown_usd, limits.drawdown_floor_usd
    margin_usd, is_daily = limits.maintenance_margin_usd, limits.is_drawdown_daily
    peak_usd, max_drawdown_usd = account.peak_usd, account.max_drawdown_usd
    limits.ruin_usd, limits.daily_loss_usd = -NO_LIMIT, NO_LIMIT
    limits.drawdown_usd, limits.drawdown_floor_usd = NO_LIMIT, NO_LIMIT
    limits.maintenance_margin_usd, limits.is_drawdown_daily = 0.0, 1
    advance(account, bar, fills, trades)
    limits.ruin_usd, limits.daily_loss_usd = ruin_usd, daily_usd
    limits.drawdown_usd, limits.drawdown_floor_usd = drawdown_usd, floor_usd
    limits.maintenance_margin_usd, limits.is_drawdown_daily = margin_usd, is_daily
    account.peak_usd, account.max_drawdown_usd = peak_usd, max_drawdown_usd


@lean_jit
def _force_together(accounts: Records, which: int, bar: np.record) -> None:
    """Find out what one account must close, with the maintenance margin of all as its own."""
    account = accounts[which]
    own_usd = account.limits.maintenance_margin_usd
    needed_usd = 0.0
    for k in range(len(accounts)):
        needed_usd += abs(accounts[k].position) * accounts[k].limits.maintenance_margin_usd
    account.limits.maintenance_margin_usd = needed_usd / max(abs(account.position), 1)
    if account.position == 0:
        account.limits.maintenance_margin_usd = 0.0
    force_exits(account, bar)
    account.limits.maintenance_margin_usd = own_usd
