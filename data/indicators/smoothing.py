"""Recursive averages that several features share: exponential, Wilder's, the average true range.

Each is seeded by the number of bars seen, so that a state of zeros is a state before the first bar.
"""

from data.indicators.bar import Bar, Floats
from utils.jit import lean_jit

ATR_STATE = 2
"""Floats of state: the previous close, and the average (the sum of ranges while seeding)."""

SMALLEST_RATIO = 1e-9
"""An average true range below this share of the price is rounding noise: nothing moves."""


@lean_jit
def exponential(previous: float, value: float, span: float, n_seen: float) -> float:
    """Return the exponential average with alpha 2 / (span + 1), seeded with the first value.

    `ta` and pandas do the same (`ewm(span, adjust=False)`).

    Args:
        previous: The average one bar ago; ignored at the first bar.
        value: The new value.
        span: Length in bars, >= 1.
        n_seen: Bars seen, this one included.
    """
    if n_seen == 1.0:
        return value
    return previous + (value - previous) * (2.0 / (span + 1.0))


@lean_jit
def wilder(previous: float, value: float, length: float) -> float:
    """Return Wilder's average: (previous (length - 1) + value) / length."""
    return (previous * (length - 1.0) + value) / length


@lean_jit
def true_range(previous_close: float, bar: Bar) -> float:
    """Return max(high, previous close) - min(low, previous close), in points."""
    return max(bar.high, previous_close) - min(bar.low, previous_close)


@lean_jit
def average_true_range(state: Floats, bar: Bar, length: float, n_seen: float) -> float:
    """Return Wilder's average true range in points; valid from bar `length` on, 0 before.

    Seeded with the mean of the first `length` true ranges, the first being high - low, as in `ta`.

    Args:
        state: ATR_STATE floats.
        bar: The new bar.
        length: In bars.
        n_seen: Bars seen, this one included.
    """
    new_range = bar.high - bar.low if n_seen == 1.0 else true_range(state[0], bar)
    state[0] = bar.close
    if n_seen > length:
        average = wilder(state[1], new_range, length)
        state[1] = average
        return average
    total: float = state[1] + new_range
    state[1] = total if n_seen < length else total / length
    return total / length if n_seen == length else 0.0


@lean_jit
def in_ranges(distance: float, atr: float, price: float) -> float:
    """Return a distance in points as multiples of the average true range; 0 where nothing moves."""
    if atr <= SMALLEST_RATIO * abs(price):
        return 0.0
    return distance / atr
