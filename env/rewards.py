"""What a step is worth to the agent: USD since the bar before, per USD of initial balance.

For both rewards the sum over an episode is net PnL / initial balance. At bar t uses bars <= t.
"""

from collections.abc import Callable

import numpy as np

from utils.jit import jit

Reward = Callable[[np.record, float, float], float]
"""From the ACCOUNT at this close, and its realised PnL and equity (USD) at the close before."""


@jit
def sparse_reward(
    account: np.record, realised_before_usd: float, equity_before_usd: float
) -> float:
    """Return the net PnL of the trades that closed in this bar, both commissions included."""
    return float((account.realised_usd - realised_before_usd) / account.initial_usd)


@jit
def pnl_reward(account: np.record, realised_before_usd: float, equity_before_usd: float) -> float:
    """Return the change of equity over this bar, marked to its close."""
    return float((account.equity_usd - equity_before_usd) / account.initial_usd)


REWARDS: dict[str, Reward] = {"sparse": sparse_reward, "pnl": pnl_reward}
REWARD_CODES = {name: code for code, name in enumerate(REWARDS)}
"""Compiled code knows a reward by its number."""

SPARSE_CODE = REWARD_CODES["sparse"]
PNL_CODE = REWARD_CODES["pnl"]


@jit
def reward_of(
    code: int, account: np.record, realised_before_usd: float, equity_before_usd: float
) -> float:
    """Return the reward with that code: one branch for each of REWARDS."""
    if code == PNL_CODE:
        return pnl_reward(account, realised_before_usd, equity_before_usd)
    assert code == SPARSE_CODE
    return sparse_reward(account, realised_before_usd, equity_before_usd)
