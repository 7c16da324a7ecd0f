"""The last n values where n is large: written in constant time, read side by side.

Every value stands twice, n places apart, so that the last n are one stretch, oldest first, wherever
the ring is. Up to some 64 values `data.indicators.window.push` is as fast and needs half the state.
"""

from data.indicators.bar import Floats
from utils.jit import jit

LANES = 4


@jit
def ring_put(ring: Floats, value: float, n_seen: float) -> Floats:
    """Write `value` over the oldest of the last n values; return those, oldest first.

    Args:
        ring: 2 n floats of state.
        value: The newest.
        n_seen: Values put so far, this one included; until it reaches n, zeros stand for the rest.
    """
    length = ring.shape[0] // 2
    place = (int(n_seen) - 1) % length
    ring[place] = value
    ring[place + length] = value
    return ring[place + 1 : place + 1 + length]


@jit
def wide_mean(window: Floats) -> float:
    """Return the mean of many values, summed afresh, in four lanes: none waits for another.

    The lanes begin at the oldest value: the result depends on the window alone.
    """
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    length = window.shape[0]
    whole = length - length % LANES
    for i in range(0, whole, LANES):
        a += window[i]
        b += window[i + 1]
        c += window[i + 2]
        d += window[i + 3]
    for i in range(whole, length):
        a += window[i]
    average: float = ((a + b) + (c + d)) / length
    return average
