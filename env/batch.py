"""Many accounts over one market as one compiled call: a loop over the step of one account.

What a step does is said once, in env.step; here are only the loops around it. Arrays travel as
plain tuples, which numba takes in far faster than as many arguments.
"""

import numpy as np
from numpy.typing import NDArray

from env.kernel.names import Reason, Status
from env.kernel.types import Records
from env.observation import write_position_info
from env.step import Codes, step_account
from env.step_info import (
    INFO_BAR,
    INFO_DENIAL,
    INFO_EQUITY,
    INFO_FEES,
    INFO_N_TRADES,
    INFO_N_WINS,
    INFO_NET_PNL,
    INFO_POSITION,
    INFO_SESSION_TRADES,
)
from utils.jit import lean_jit

INFO_LENGTH = "length"
"""Key of the decisions that an episode had."""

INFO_END_EXITS = "n_end_exits"
"""Key of the trades that only the end of the episode has closed: none, or one."""

INFO_GAINS = "gains_usd"
"""Key of the sum of the net PnL of the trades that won."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Windows = NDArray[np.float32]

BatchBooks = tuple[Records, Records, Records, Records]
"""The accounts (ACCOUNT, (n,)), all bars (BAR_TICKS), and the fills (FILL) and trades (TRADE) that
all accounts write on in turn, one over the other."""

Outcome = tuple[Floats, Booleans, Booleans, Integers, NDArray[np.float32]]
"""Of each account: reward, is terminated, is truncated, row of the bar that it stands at, all (n,),
and position_info, (n, 4)."""

SUMS_USD = (INFO_EQUITY, INFO_NET_PNL, INFO_FEES, INFO_GAINS)
COUNTS = (
    INFO_BAR,
    INFO_POSITION,
    INFO_N_TRADES,
    INFO_N_WINS,
    INFO_SESSION_TRADES,
    INFO_LENGTH,
    INFO_DENIAL,
    INFO_END_EXITS,
)
"""What is known of an episode at its end, in the order of the rows it is written to."""


@lean_jit
def step_accounts(
    books: BatchBooks, lookback: int, codes: Codes, choices: Integers, outcome: Outcome
) -> int:
    """Take every account through the bar after its own, and return how many episodes have ended.

    Args:
        books: No account is at its last bar, or ruined.
        lookback: Bars in one observation.
        codes: Which reward, sizer and kind of action.
        choices: (n,) one of Action each, or a signed target position.
        outcome: Written over.
    """
    accounts, bars, fills, trades = books
    rewards, terminated, truncated, rows, position_info = outcome
    n_ended = 0
    for i in range(len(accounts)):
        account = accounts[i]
        rewards[i] = step_account(account, bars, (fills, trades), codes, choices[i])
        write_position_info(account, lookback, position_info[i])
        rows[i] = account.bar
        is_ruined = account.status == Status.RUINED
        has_run_out = not is_ruined and account.bar == account.last_bar
        terminated[i] = is_ruined
        truncated[i] = has_run_out
        n_ended += is_ruined or has_run_out
    return n_ended


@lean_jit
def restart_accounts(
    accounts: Records, template: Records, chosen: Integers, starts: Integers, stops: Integers
) -> None:
    """Open the `chosen` accounts anew.

    Args:
        accounts: ACCOUNT records.
        template: One fresh ACCOUNT record, which fits any rows.
        chosen: (k,) which accounts.
        starts: (n,) row of the first decision of each account, chosen or not.
        stops: (n,) row after the last bar of each.
    """
    for i in chosen:
        accounts[i] = template[0]
        account = accounts[i]
        account.bar = starts[i]
        account.last_bar = stops[i] - 1


@lean_jit
def observe_accounts(
    accounts: Records,
    chosen: Integers,
    lookback: int,
    rows: Integers,
    position_info: NDArray[np.float32],
) -> None:
    """Write where each of the `chosen` accounts stands, as `step_accounts` does for all."""
    for i in chosen:
        rows[i] = accounts[i].bar
        write_position_info(accounts[i], lookback, position_info[i])


@lean_jit
def summarise_accounts(
    accounts: Records, chosen: Integers, starts: Integers, sums_usd: Floats, counts: Integers
) -> None:
    """Write what the episodes of the `chosen` accounts came to.

    Args:
        accounts: ACCOUNT records.
        chosen: (k,) which accounts.
        starts: (n,) row of the first decision of each account.
        sums_usd: (len(SUMS_USD), n), written to in the order of SUMS_USD.
        counts: (len(COUNTS), n), written to in the order of COUNTS.
    """
    for i in chosen:
        account = accounts[i]
        sums_usd[0, i] = account.equity_usd
        sums_usd[1, i] = account.equity_usd - account.initial_usd
        sums_usd[2, i] = account.fees_usd
        sums_usd[3, i] = account.gains_usd
        counts[0, i] = account.bar
        counts[1, i] = account.position
        counts[2, i] = account.n_trades
        counts[3, i] = account.n_wins
        counts[4, i] = account.session_trades
        counts[5, i] = account.bar - starts[i]
        counts[6, i] = account.denial
        counts[7, i] = account.n_trades > 0 and account.last_exit == Reason.END_OF_DATA


@lean_jit
def gather_windows(
    features: NDArray[np.float32], rows: Integers, lookback: int, windows: Windows
) -> None:
    """Copy the window that ends with each of `rows`, that row included.

    Args:
        features: (n_bars, n_features), C-contiguous.
        rows: (n,), each >= lookback - 1.
        lookback: Rows in a window.
        windows: (n, lookback, n_features), C-contiguous; written over.
    """
    n_features = features.shape[1]
    source, target = features.reshape(-1), windows.reshape(-1)
    size = lookback * n_features
    for i in range(len(rows)):
        end = (rows[i] + 1) * n_features
        _copy(source[end - size : end], target[i * size : (i + 1) * size])


@lean_jit
def _copy(source: NDArray[np.float32], target: NDArray[np.float32]) -> None:
    """Copy one row; this plain loop is what the compiler turns into a block copy."""
    for i in range(len(source)):
        target[i] = source[i]
