"""One purse for several instruments: each has an account of the kernel, all know the same money.

The kernel moves every account through its own bars. What it knows of money afterwards is replaced
by the sums over all, and only then does it find out what must be closed, by the same rules: ruin,
drawdown and daily loss on the whole equity, maintenance margin on all positions together. For money
a session begins with the first bar that any of them has in it. A largest position, a number of
trades per session, and orders for one session are each instrument's own.
"""

import numpy as np
from numpy.typing import NDArray

from env.kernel.advance import advance
from env.kernel.forced import force_exits
from env.kernel.types import NO_LIMIT, Records
from env.step import Books
from utils.jit import lean_jit

Track = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Equity (USD), (m,), and positions (signed contracts), (m, k), at each stamp's close."""


@lean_jit
def live_together(
    books: Books,
    offsets: NDArray[np.int64],
    has_bar: NDArray[np.bool_],
    begins_session: bool,
    stamp: int,
    track: Track,
) -> int:
    """Live through the bars of one stamp, and return how many fills there are by then.

    Args:
        books: The accounts (k,); the bars of all, one instrument after the other; fills and trades
            with room for those of a bar, (k, room).
        offsets: (k,) where each instrument's bars begin.
        has_bar: (k,) which of them have a bar.
        begins_session: Whether these are the first bars of a session.
        stamp: Number of the stamp.
        track: Written to at `stamp`.
    """
    accounts, bars, fills, trades = books
    equity, positions = track
    n_fills = 0
    for k in range(len(accounts)):
        account = accounts[k]
        if begins_session:
            _begin_session(account)
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
def _begin_session(account: np.record) -> None:
    """Count an account's daily loss from the last close, whether it has a bar now or not."""
    account.session_start_usd = account.equity_usd
    account.is_locked = 0
    account.drawdown_peak_usd = max(account.drawdown_peak_usd, account.equity_usd)


@lean_jit
def _live_unchecked(account: np.record, bar: np.record, fills: Records, trades: Records) -> None:
    """Take an account through a bar while no limit of money can be broken: its sums are not whole.

    What its own part of the money, and its own first bar of a session, would make of the peaks and
    of the session is undone, too.
    """
    limits = account.limits
    ruin_usd, daily_usd = limits.ruin_usd, limits.daily_loss_usd
    drawdown_usd, floor_usd = limits.drawdown_usd, limits.drawdown_floor_usd
    margin_usd, is_daily = limits.maintenance_margin_usd, limits.is_drawdown_daily
    peak_usd, max_drawdown_usd = account.peak_usd, account.max_drawdown_usd
    session_start_usd, is_locked = account.session_start_usd, account.is_locked
    session_peak_usd = account.drawdown_peak_usd
    limits.ruin_usd, limits.daily_loss_usd = -NO_LIMIT, NO_LIMIT
    limits.drawdown_usd, limits.drawdown_floor_usd = NO_LIMIT, NO_LIMIT
    limits.maintenance_margin_usd = np.nan  # nothing is below it; below 0 its own part may be
    limits.is_drawdown_daily = 1
    advance(account, bar, fills, trades)
    limits.ruin_usd, limits.daily_loss_usd = ruin_usd, daily_usd
    limits.drawdown_usd, limits.drawdown_floor_usd = drawdown_usd, floor_usd
    limits.maintenance_margin_usd, limits.is_drawdown_daily = margin_usd, is_daily
    account.peak_usd, account.max_drawdown_usd = peak_usd, max_drawdown_usd
    account.session_start_usd, account.is_locked = session_start_usd, is_locked
    account.drawdown_peak_usd = session_peak_usd


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
