"""The Sharpe ratio over a window of sessions that moves on, a session at a time."""

import math

import numpy as np
from numpy.typing import NDArray

from backtest.metrics import SESSIONS_PER_YEAR, ZERO_DEVIATION

QUARTER = 63
"""Sessions of a usual window."""

LEAST_WINDOW = 10
"""Sessions below which a ratio is mostly noise."""

Floats = NDArray[np.float64]


def window_for(n_sessions: int) -> int | None:
    """Return the window for a record: a quarter, or half of a shorter record; None if too short."""
    window = min(QUARTER, n_sessions // 2)
    return window if window >= LEAST_WINDOW else None


def rolling_sharpe(returns: Floats, window: int) -> Floats:
    """Return sqrt(252) x mean / deviation (ddof 1) of each `window` sessions up to and with one.

    Args:
        returns: (n,) session returns, oldest first.
        window: Sessions, >= 2.

    Returns:
        (n - window + 1,), NaN where nothing deviates; empty where the record is shorter.
    """
    if len(returns) < window:
        return np.zeros(0)
    views = np.lib.stride_tricks.sliding_window_view(returns, window)
    deviation = views.std(axis=1, ddof=1)
    is_moving = deviation > ZERO_DEVIATION
    ratio: Floats = views.mean(axis=1) / np.where(is_moving, deviation, 1.0)
    return np.where(is_moving, math.sqrt(SESSIONS_PER_YEAR) * ratio, np.nan)
