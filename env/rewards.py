"""What a step is worth to the agent: USD since the bar before, per USD of initial balance.

For both rewards the sum over an episode is net PnL / initial balance. At bar t uses bars <= t.
"""

from collections.abc import Callable

import numpy as np

from utils.jit import jit

Before = tuple[float, float, float]
"""An account's realised PnL, equity and peak equity (USD) at the close before."""

Reward = Callable[[np.record, Before], float]
"""From the account at this close, and what it was at the close before."""


@jit
def sparse_reward(account: np.record, before: Before) -> float:
    """Return the net PnL of the trades that closed in this bar, both commissions included."""
    return float((account.realised_usd - before[0]) / account.initial_usd)


@jit
def pnl_reward(account: np.record, before: Before) -> float:
    """Return the change of equity over this bar, marked to its close."""
    return float((account.equity_usd - before[1]) / account.initial_usd)


REWARDS: dict[str, Reward] = {"sparse": sparse_reward, "pnl": pnl_reward}
REWARD_CODES = {name: code for code, name in enumerate(REWARDS)}
"""Compiled code knows a reward by its number."""

SPARSE_CODE = REWARD_CODES["sparse"]
PNL_CODE = REWARD_CODES["pnl"]


@jit
def reward_of(code: int, account: np.record, before: Before) -> float:
    """Return the reward with that code: one branch for each of REWARDS."""
    if code == PNL_CODE:
        return pnl_reward(account, before)
    assert code == SPARSE_CODE
    return sparse_reward(account, before)
