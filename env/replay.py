"""A whole row of decisions as one compiled call: a loop over the step of one account.

What a step does is said once, in env.step; this is for decisions that are known beforehand, as
those of an earlier run under other costs, or those of a trader who draws lots.
"""

import numpy as np
from numpy.typing import NDArray

from env.kernel.names import Status
from env.step import Books, Codes, step_account
from utils.jit import lean_jit

Track = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
"""Equity (USD) and position (signed contracts) at each close, (n,) each, row 0 before the first
choice; how many decisions were denied, by Denial."""


@lean_jit
def replay_choices(
    books: Books, codes: Codes, choices: NDArray[np.int64], n_done: int, enough: int, track: Track
) -> int:
    """Take the account through one bar after each choice, until it is ruined or out of paper.

    Args:
        books: Whose account stands where `n_done` choices have brought it. Fills and trades are
            written over from the first again where there is no room, as they are for `advance`.
        codes: Which reward, sizer and kind of action.
        choices: (n - 1,) one of Action each, or a signed target position.
        n_done: Choices that have been taken before.
        enough: Stop before a bar once there are as many fills.
        track: Written from row `n_done` + 1 on.

    Returns:
        How many choices have been taken in all.
    """
    accounts, bars, fills, trades = books
    equity, positions, denials = track
    account = accounts[0]
    while n_done < len(choices) and account.status != Status.RUINED and account.n_fills < enough:
        step_account(account, bars, (fills, trades), codes, choices[n_done])
        n_done += 1
        equity[n_done] = account.equity_usd
        positions[n_done] = account.position
        denials[account.denial] += account.denial != 0
    return n_done
