"""How far an account fell below its peak, and for how long; what that is against what it earned.

Rows are bars or sessions, as the caller has them; the conventions are those of `metrics.py`, which
offers all of these names.
"""

import math

import numpy as np
from numpy.typing import NDArray

from backtest.session_returns import Floats, cagr, net_profit_usd


def calmar(equity: Floats, daily_equity: Floats) -> float:
    """Return CAGR / |max drawdown on sessions|; NaN without a drawdown.

    Args:
        equity: (n,) per-bar equity, which decides whether the run was ruined.
        daily_equity: (n_sessions + 1,) from `session_equity`.
    """
    deepest = max_drawdown(daily_equity)
    return cagr(equity, len(daily_equity) - 1) / -deepest if deepest < 0 else math.nan


def drawdowns(equity: Floats) -> Floats:
    """Return equity / running peak - 1 per row, <= 0; row 0, the initial capital, is a peak too."""
    return equity / np.maximum.accumulate(equity) - 1.0


def max_drawdown(equity: Floats) -> float:
    """Return the deepest drawdown of a series (bars or sessions), a fraction <= 0; not below -1."""
    return max(float(drawdowns(equity).min()), -1.0)


def max_drawdown_usd(equity: Floats) -> float:
    """Return the deepest fall below the running peak, USD <= 0; maybe not where the fraction is."""
    return float((equity - np.maximum.accumulate(equity)).min())


def average_drawdown(equity: Floats) -> float:
    """Return the mean trough of the drawdown episodes, a fraction <= 0; 0 without one.

    An episode is a run of rows below the peak; one open at the end counts with its low so far.
    """
    depth = np.maximum(drawdowns(equity), -1.0)
    starts, ends = _episodes(depth < 0)
    return (
        float(np.mean([depth[a:b].min() for a, b in zip(starts, ends, strict=True)]))
        if len(starts)
        else 0.0
    )


def drawdown_duration(equity: Floats) -> int:
    """Return the longest run of rows (bars or sessions) below the peak, open ones too."""
    starts, ends = _episodes(drawdowns(equity) < 0)
    return int((ends - starts).max()) if len(starts) else 0


def recovery_factor(equity: Floats) -> float:
    """Return net profit / |max drawdown in USD| of a series; NaN without a drawdown."""
    deepest = max_drawdown_usd(equity)
    return net_profit_usd(equity) / -deepest if deepest < 0 else math.nan


def _episodes(is_below: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each run of True begins, and where it has ended (exclusive)."""
    edges = np.diff(np.concatenate([[False], is_below, [False]]).astype(np.int64))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
