"""What a policy sees of the account in each state of a description: position_info, state by state.

The columns are those of env.observation. What a state does not determine is zero here, and the
network must not see it: that is what `account_view` says.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from env.exogenous import Exogenous
from env.observation import N_POSITION_INFO


def positions_seen(problem: Exogenous) -> Tensor:
    """Return position_info of each position, lowest first, (k, 4): the position alone."""
    info = torch.zeros(len(problem.positions), N_POSITION_INFO)
    info[:, 0] = torch.from_numpy(problem.positions / problem.max_position)
    return info


def entries_seen(problem: Exogenous, starts: NDArray[np.int64], n_steps: int) -> Tensor:
    """Return position_info of each state by entry, at each close of some chunks.

    Args:
        problem: With runs and their open PnL.
        starts: (c,) first rows of the chunks.
        n_steps: Decisions in each, T.

    Returns:
        (c, T, 1 + 2 (T + 1), 4): flat, shorts by entry, longs by entry, as
        models.compiled.entry_recursion has them; zeros for entries that are yet to come.
    """
    assert problem.runs is not None
    n_entries, settings = n_steps + 1, problem.settings
    info = np.zeros((len(starts), n_steps, 1 + 2 * n_entries, N_POSITION_INFO), np.float32)
    closes, entries = np.arange(n_steps)[:, None], np.arange(n_entries)[None, :]
    ages = closes - entries
    is_there = ages >= 0
    rows = starts[:, None, None] - 1 + entries[None]
    for side, sign in ((0, -1.0), (1, 1.0)):
        states = slice(1 + side * n_entries, 1 + (side + 1) * n_entries)
        open_usd = problem.runs.open_usd[rows, side, np.maximum(ages, 0)[None]]
        info[:, :, states, 0] = sign * is_there
        info[:, :, states, 1] = is_there * open_usd / settings.initial_balance
        info[:, :, states, 2] = is_there * ages / settings.lookback_window
    return torch.from_numpy(info)
