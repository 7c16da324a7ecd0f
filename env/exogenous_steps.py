"""What every decision at every close leads to, found out by asking the kernel itself, compiled.

Nothing here knows a rule of trading: an account is put where a decision is to be tried, and the
step of every environment is taken. See env.exogenous for what that is for.
"""

import numpy as np
from numpy.typing import NDArray

from env.actions import decide
from env.kernel.advance import advance
from env.kernel.forced import force_exits
from env.kernel.types import Records
from env.step import Codes
from utils.jit import lean_jit

Tables = tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]
"""Index of the next position, change of equity (USD), and what of that was paid in commission and
slippage (USD, >= 0); shape (n, ...)."""

Trial = tuple[Records, Records, Records, Records, Records]
"""A fresh account, one to try things on (ACCOUNT, (1,) each), the bars (BAR_TICKS, (n,)), and room
for the fills and trades of one bar, written over and over."""


@lean_jit
def write_steps(
    trial: Trial,
    codes: Codes,
    grid: tuple[NDArray[np.int64], int, int],
    choices: NDArray[np.int64],
    last_rows: NDArray[np.int64],
    tables: Tables,
) -> None:
    """Try every choice in every position at every close.

    Args:
        trial: Its fresh account is copied for each.
        codes: Which reward, sizer and kind of action.
        grid: (k,) signed contracts to begin with; the contracts from one position that can be held
            to the next; the index of no position among these.
        choices: (a,) as `env.actions.decide` takes them.
        last_rows: (n,) row after whose close nothing is left open, of the episode that a decision
            at each close is part of; no more than the row itself where nothing is decided.
        tables: (n, k, a) each, written to where something is decided.
    """
    following, gains_usd, costs_usd = tables
    positions, unit, flat = grid
    for row in range(len(trial[2]) - 1):
        if last_rows[row] <= row:
            continue
        for k in range(len(positions)):
            for a in range(len(choices)):
                _place(trial, row, positions[k], last_rows[row])
                _live(trial, codes, choices[a])
                account = trial[1][0]
                following[row, k, a] = account.position // unit + flat
                gains_usd[row, k, a] = account.equity_usd - account.initial_usd
                costs_usd[row, k, a] = account.fees_usd + account.slippage_usd


@lean_jit
def write_runs(
    trial: Trial,
    codes: Codes,
    plan: tuple[NDArray[np.int64], int],
    last_rows: NDArray[np.int64],
    ends: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
    open_usd: NDArray[np.float32],
) -> None:
    """Enter at every close, then hold until the position is gone, or is too old to be followed.

    Args:
        trial: Its fresh account has the stop, target or trail that is to be followed.
        codes: Which reward, sizer and kind of action.
        plan: (3,) the choice that sells, the one that buys, and the one that holds a position;
            where choices are positions, the first two hold what they entered. And the bars that a
            position is followed, the entry bar included.
        last_rows: As for `write_steps`.
        ends: (n, 2) each, for the decision row and short or long: row of the bar in which the
            position is gone, 0 where it is older then; the change of equity in that bar; what of
            it was cost.
        open_usd: (n, 2, m) open PnL before fees at the close of the entry bar, and of the m - 1
            bars after it; 0 where the position is gone. m may be 0: none is written.
    """
    end_rows, end_gains_usd, end_costs_usd = ends
    choices, max_age = plan
    account = trial[1][0]
    for row in range(len(trial[2]) - 1):
        if last_rows[row] <= row:
            continue
        for side in range(2):
            _place(trial, row, 0, last_rows[row])
            choice = choices[side]
            for age in range(max_age):
                equity, cost = account.equity_usd, account.fees_usd + account.slippage_usd
                _live(trial, codes, choice)
                choice = choices[2] if codes[2] == 0 else choice
                if account.position == 0:
                    end_rows[row, side] = account.bar
                    end_gains_usd[row, side] = account.equity_usd - equity
                    end_costs_usd[row, side] = account.fees_usd + account.slippage_usd - cost
                    break
                if age < open_usd.shape[2]:
                    open_usd[row, side, age] = account.open_pnl_usd
                if account.bar >= account.last_bar:
                    break


@lean_jit
def _place(trial: Trial, row: int, position: int, last_row: int) -> None:
    """Let the account stand at the close of `row`, with a position entered at that very close."""
    trial[1][0] = trial[0][0]
    account, bar = trial[1][0], trial[2][row]
    account.bar = row
    account.last_bar = last_row
    if position != 0:
        size = abs(position)
        account.position = position
        account.entry_bar = row
        account.entry_ticks = bar.close
        account.entered_quantity = size
        account.entered_ticks = size * bar.close
        account.flow_ticks = -position * bar.close
        account.highest_ticks = bar.close
        account.lowest_ticks = bar.close
    force_exits(account, bar)


@lean_jit
def _live(trial: Trial, codes: Codes, choice: int) -> None:
    """Decide and live through the next bar."""
    account, bars = trial[1][0], trial[2]
    decide(account, bars[account.bar], codes[1], codes[2], choice)
    advance(account, bars[account.bar + 1], trial[3], trial[4])
