"""What a step is worth to the agent, from the account at two closes.

All but "sharpe" and "sortino" are USD per USD of initial balance; for "sparse", "pnl" and, with
gamma 1, "shaped" the sum over an episode is net PnL / initial balance. At bar t uses bars <= t.
"""

import math
from collections.abc import Callable

import numpy as np

from utils.jit import lean_jit

Before = tuple[float, float, float]
"""An account's realised PnL, equity and largest drawdown (USD, >= 0) at the close before."""

Reward = Callable[[np.record, Before], float]
"""From the account at this close, and what it was at the close before."""


@lean_jit
def sparse_reward(account: np.record, before: Before) -> float:
    """Return the net PnL of the trades that closed in this bar, both commissions included."""
    return float((account.realised_usd - before[0]) / account.initial_usd)


@lean_jit
def pnl_reward(account: np.record, before: Before) -> float:
    """Return the change of equity over this bar, marked to its close."""
    return float((account.equity_usd - before[1]) / account.initial_usd)


@lean_jit
def shaped_reward(account: np.record, before: Before) -> float:
    """Return the sparse reward, and beside it gamma x potential less the potential before.

    The potential is the open trade's PnL less its commission so far, per initial balance; 0 when
    flat, as every episode ends. Such a difference leaves the optimal policy as it is (Ng, Harada
    and Russell, 1999), if gamma is the agent's own discount.
    """
    potential = _open_net_usd(account, account.realised_usd, account.equity_usd)
    potential_before = _open_net_usd(account, before[0], before[1])
    change = account.rewarding.gamma * potential - potential_before
    return float(sparse_reward(account, before) + change / account.initial_usd)


@lean_jit
def _open_net_usd(account: np.record, realised_usd: float, equity_usd: float) -> float:
    """Return what of an equity is not realised; adds as the ledger does, so exactly 0 when flat."""
    return float(equity_usd - (account.initial_usd + realised_usd))


@lean_jit
def sharpe_reward(account: np.record, before: Before) -> float:
    """Return the differential Sharpe ratio of Moody and Saffell (2001), and move its moments on.

    With the running means A of the return per bar R and B of its square, before this bar, it is
    (B (R - A) - A (R^2 - B) / 2) / (B - A^2)^(3/2): what the bar does to the Sharpe ratio, per
    weight of one bar. 0 while the deviation, the root of B - A^2, is below `_least_deviation`.
    """
    change = pnl_reward(account, before)
    mean, square = account.reward_mean, account.reward_square
    decay = account.rewarding.decay
    account.reward_mean = mean + decay * (change - mean)
    account.reward_square = square + decay * (change * change - square)
    variance = square - mean * mean
    deviation = math.sqrt(max(variance, 0.0))
    if not deviation > _least_deviation(account):
        return 0.0
    gain = square * (change - mean) - 0.5 * mean * (change * change - square)
    return float(gain / (variance * deviation))


@lean_jit
def sortino_reward(account: np.record, before: Before) -> float:
    """Return the differential downside deviation ratio of the same authors, and move its moments.

    With the running means A of the return per bar R and D^2 of the square of its losses, before
    this bar, it is (R - A / 2) / D for a gain and (D^2 (R - A / 2) - A R^2 / 2) / D^3 for a loss.
    0 while D is below `_least_deviation`.
    """
    change = pnl_reward(account, before)
    loss = min(change, 0.0)
    mean, square = account.reward_mean, account.reward_square
    decay = account.rewarding.decay
    account.reward_mean = mean + decay * (change - mean)
    account.reward_square = square + decay * (loss * loss - square)
    deviation = math.sqrt(square)
    if not deviation > _least_deviation(account):
        return 0.0
    gain = square * (change - 0.5 * mean) - 0.5 * mean * loss * loss
    return float(gain / (square * deviation))


@lean_jit
def _least_deviation(account: np.record) -> float:
    """Return the deviation below which there is no ratio: a tick of one contract, per balance.

    Moments start at zero and fade while nothing is held; a ratio to what is left then would have no
    bound.
    """
    return float(account.costs.tick_value_usd / account.initial_usd)


@lean_jit
def drawdown_reward(account: np.record, before: Before) -> float:
    """Return the change of equity less the penalty x what the largest drawdown grew by.

    Over an episode that sums to net PnL less the penalty x its largest drawdown.
    """
    growth_usd = account.max_drawdown_usd - before[2]
    penalty_usd = account.rewarding.drawdown_penalty * growth_usd
    return float(pnl_reward(account, before) - penalty_usd / account.initial_usd)


REWARDS: dict[str, Reward] = {
    "sparse": sparse_reward,
    "pnl": pnl_reward,
    "shaped": shaped_reward,
    "sharpe": sharpe_reward,
    "sortino": sortino_reward,
    "drawdown": drawdown_reward,
}
"""To be called once per step: "sharpe" and "sortino" keep moments in the account."""

RATIO_REWARDS = frozenset({"sharpe", "sortino"})
"""Those that are no USD: about 1 where the bar's return is about its deviation."""

REWARD_CODES = {name: code for code, name in enumerate(REWARDS)}
"""Compiled code knows a reward by its number."""

SPARSE_CODE = REWARD_CODES["sparse"]
PNL_CODE = REWARD_CODES["pnl"]
SHAPED_CODE = REWARD_CODES["shaped"]
SHARPE_CODE = REWARD_CODES["sharpe"]
SORTINO_CODE = REWARD_CODES["sortino"]
DRAWDOWN_CODE = REWARD_CODES["drawdown"]


@lean_jit
def reward_of(code: int, account: np.record, before: Before) -> float:
    """Return the reward with that code: one branch for each of REWARDS."""
    if code == SPARSE_CODE:
        return sparse_reward(account, before)
    if code == PNL_CODE:
        return pnl_reward(account, before)
    if code == SHAPED_CODE:
        return shaped_reward(account, before)
    if code == SHARPE_CODE:
        return sharpe_reward(account, before)
    if code == SORTINO_CODE:
        return sortino_reward(account, before)
    assert code == DRAWDOWN_CODE
    return drawdown_reward(account, before)
