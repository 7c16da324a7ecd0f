"""What of the expected PnL per bar is to be large: its mean, or that under a view of risk.

Each objective is a function f of what is expected of each bar, g (n,), and its gradient is that of
the mean with every bar counted by its slope, n times df / dg_t. The policy's own randomness is not
part of that risk: g is an expectation over it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from config.settings import AgentSettings

Floats = NDArray[np.float64]

Slopes = Callable[[Floats, AgentSettings], Floats]
"""From g to n df / dg, same shape."""


def _mean(expected: Floats, settings: AgentSettings) -> Floats:
    return np.ones_like(expected)


def _mean_less_deviations(expected: Floats, settings: AgentSettings) -> Floats:
    """Return the slopes of mean - risk_aversion x standard deviation."""
    deviation = float(expected.std())
    if deviation == 0.0:
        return np.ones_like(expected)
    return 1.0 - settings.risk_aversion * (expected - expected.mean()) / deviation


def _sharpe(expected: Floats, settings: AgentSettings) -> Floats:
    """Return the slopes of mean / standard deviation, times the deviation: same direction."""
    variance = float(expected.var())
    if variance == 0.0:
        return np.ones_like(expected)
    mean = expected.mean()
    return np.asarray(1.0 - mean * (expected - mean) / variance)


def _cvar(expected: Floats, settings: AgentSettings) -> Floats:
    """Return the slopes of the mean of the worst `cvar_level` of the bars."""
    n_worst = max(1, round(settings.cvar_level * expected.size))
    flat = expected.ravel()
    slopes = np.zeros(flat.size)
    slopes[np.argpartition(flat, n_worst - 1)[:n_worst]] = flat.size / n_worst
    return slopes.reshape(expected.shape)


OBJECTIVES: dict[str, Slopes] = {
    "mean": _mean,
    "mean_std": _mean_less_deviations,
    "sharpe": _sharpe,
    "cvar": _cvar,
}
