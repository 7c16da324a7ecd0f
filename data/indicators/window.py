"""The last n values, kept explicitly, and what is summed from them.

Sums are taken afresh at every bar, oldest value first: nothing drifts, and a value depends on the
window alone, not on how long the stream has been running.
"""

import math

from data.indicators.bar import Floats
from utils.jit import lean_jit


@lean_jit
def push(window: Floats, value: float) -> None:
    """Drop the oldest value of `window`, the first, and append `value`."""
    last = window.shape[0] - 1
    for i in range(last):
        window[i] = window[i + 1]
    window[last] = value


@lean_jit
def mean(window: Floats) -> float:
    """Return the mean of the values."""
    total: float = 0.0
    for i in range(window.shape[0]):
        total += window[i]
    average: float = total / window.shape[0]
    return average


@lean_jit
def mean_departure(window: Floats, anchor: float) -> float:
    """Return the mean of `value - anchor`; exactly 0 where every value equals `anchor`."""
    total: float = 0.0
    for i in range(window.shape[0]):
        total += window[i] - anchor
    average: float = total / window.shape[0]
    return average


@lean_jit
def standard_deviation(window: Floats, lost_degrees: int) -> float:
    """Return the standard deviation, exactly 0 where all values are equal.

    Args:
        window: At least `lost_degrees` + 1 values.
        lost_degrees: 0 for the population's, 1 for a sample's.
    """
    anchor = window[0]
    centre = mean_departure(window, anchor)
    total: float = 0.0
    for i in range(window.shape[0]):
        departure = window[i] - anchor - centre
        total += departure * departure
    return math.sqrt(total / (window.shape[0] - lost_degrees))


@lean_jit
def highest(window: Floats) -> float:
    """Return the largest value."""
    best: float = window[0]
    for i in range(1, window.shape[0]):
        best = max(best, window[i])
    return best


@lean_jit
def lowest(window: Floats) -> float:
    """Return the smallest value."""
    best: float = window[0]
    for i in range(1, window.shape[0]):
        best = min(best, window[i])
    return best
