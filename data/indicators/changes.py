"""The last changes of the close, in points, as several statistical features need them.

Ratios of changes have no level, and points are defined where prices are not positive. On a tick
grid they are exact, so what stands still is exactly 0.
"""

from data.indicators.bar import Bar, Floats
from data.indicators.ring import ring_put
from data.indicators.smoothing import SMALLEST_RATIO
from utils.jit import lean_jit


@lean_jit
def take_change(state: Floats, bar: Bar) -> int:
    """Take in the change of the close; return where in `state` the oldest of the last n stands.

    The n changes from there on, in points, are complete once n + 1 bars were seen.

    Args:
        state: Bars seen, previous close, ring of n changes (2 n floats).
        bar: The new bar; the change of the very first counts as 0.
    """
    state[0] += 1.0
    change = bar.close - state[1] if state[0] > 1.0 else 0.0
    state[1] = bar.close
    return 2 + ring_put(state[2:], change, state[0])


@lean_jit
def is_still(size: float, price: float) -> bool:
    """Return whether a movement in points is rounding noise beside the price."""
    return size <= SMALLEST_RATIO * abs(price)
