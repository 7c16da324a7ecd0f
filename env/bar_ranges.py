"""How far bars move, in ticks, for what an account does: sizes by range, slippage by volatility.

The average is the one that features are made of (data/indicators/smoothing.py).
"""

import numpy as np
from numpy.typing import NDArray

from data.indicators.smoothing import ATR_STATE, average_true_range
from data.session_templates import SessionTemplate
from env.kernel.types import Records
from utils.jit import jit, lean_jit

ATR_LENGTH = 14

MAX_EXCESS = 10.0
"""Times of its usual size by which a range counts as larger, at most."""


def average_ranges(bars: Records) -> NDArray[np.float64]:
    """Return Wilder's average true range of 14 bars at each close, ticks, shape (n,).

    At bar t uses bars <= t; NaN for the first 13. The close before a roll moves by the gap, so
    that a change of contract is no range.

    Args:
        bars: BAR_TICKS records, roll gaps included.
    """
    ranges = np.full(len(bars), np.nan)
    _average_ranges(bars, np.zeros(ATR_STATE), ranges)
    return ranges


def excess_ranges(ranges: NDArray[np.float64], n_usual: int) -> NDArray[np.float64]:
    """Return by how much the average range exceeded its own mean before each bar, shape (n,).

    1 where it was twice the mean of the last `n_usual` bars, or of as many as there are; 0 where
    it was below, is not known yet, or nothing moved; MAX_EXCESS at most. At bar t uses bars < t: a
    fill at the open does not know the bar.

    Args:
        ranges: Of `average_ranges`.
        n_usual: Bars that say what is usual.
    """
    excess = np.zeros(len(ranges))
    _excess_ranges(ranges, n_usual, excess)
    return excess


def n_usual_bars(template: SessionTemplate, bar_seconds: int) -> int:
    """Return how many bars say what is usual: those of one full session, ATR_LENGTH at least."""
    minutes = sum(close - start for start, close in template.hours[-1].spans)
    return max(ATR_LENGTH, minutes * 60 // max(bar_seconds, 1))


@lean_jit
def next_range(state: NDArray[np.float64], bar: np.record, t: int) -> float:
    """Return the average true range at the close of row t, ticks; NaN for the first 13 rows.

    Args:
        state: ATR_STATE floats, zeros before row 0; moved on.
        bar: BAR_TICKS record of the row, its roll gap included.
        t: The row.
    """
    state[0] += bar.roll_gap
    average = average_true_range(state, bar, float(ATR_LENGTH), t + 1.0)
    return average if t + 1 >= ATR_LENGTH else np.nan


@jit
def _average_ranges(bars: Records, state: NDArray[np.float64], ranges: NDArray[np.float64]) -> None:
    for t in range(len(bars)):
        ranges[t] = next_range(state, bars[t], t)


@jit
def _excess_ranges(ranges: NDArray[np.float64], n_usual: int, excess: NDArray[np.float64]) -> None:
    for t in range(ATR_LENGTH, len(ranges)):
        first = max(ATR_LENGTH - 1, t - n_usual)
        total = 0.0
        for i in range(first, t):
            total += ranges[i]
        if total > 0.0:
            ratio = ranges[t - 1] * (t - first) / total
            excess[t] = min(max(ratio - 1.0, 0.0), MAX_EXCESS)
