"""The last n values where n is large: written in constant time, read side by side.

Every value stands twice, n places apart, so that the last n are one stretch, oldest first, wherever
the ring is. Up to some 64 values `data.indicators.window.push` is as fast and needs half the state.
"""

import math

from data.indicators.bar import Floats
from utils.jit import lean_jit

LANES = 4


@lean_jit
def ring_put(ring: Floats, value: float, n_seen: float) -> int:
    """Write `value` over the oldest of the last n values; return the place of the now oldest.

    The last n values are the n floats from there on, oldest first.

    Args:
        ring: 2 n floats of state.
        value: The newest.
        n_seen: Values put so far, this one included; until it reaches n, zeros stand for the rest.
    """
    length = ring.shape[0] // 2
    place: int = (int(n_seen) - 1) % length
    ring[place] = value
    ring[place + length] = value
    return place + 1


@lean_jit
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


@lean_jit
def wide_statistics(window: Floats, lost_degrees: int) -> tuple[float, float]:
    """Return mean and standard deviation, the latter exactly 0 where all values are equal.

    Both are taken in one go from the oldest value on. That is one of the n values, so it is at most
    sqrt(n) deviations from the mean: what cancels costs a factor n of the last digit, no more.

    Args:
        window: At least `lost_degrees` + 1 values.
        lost_degrees: 0 for the population's, 1 for a sample's.
    """
    anchor, length = window[0], window.shape[0]
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    aa, bb, cc, dd = 0.0, 0.0, 0.0, 0.0
    whole = length - length % LANES
    for i in range(0, whole, LANES):
        p, q, r, s = _departures(window, i, anchor)
        a, b, c, d = a + p, b + q, c + r, d + s
        aa, bb, cc, dd = aa + p * p, bb + q * q, cc + r * r, dd + s * s
    for i in range(whole, length):
        p = window[i] - anchor
        a, aa = a + p, aa + p * p
    centre = ((a + b) + (c + d)) / length
    squares = (aa + bb) + (cc + dd) - length * centre * centre
    return anchor + centre, math.sqrt(max(squares, 0.0) / (length - lost_degrees))


@lean_jit
def _departures(window: Floats, i: int, anchor: float) -> tuple[float, float, float, float]:
    """Return four values from place `i` on, less `anchor`."""
    return (
        window[i] - anchor,
        window[i + 1] - anchor,
        window[i + 2] - anchor,
        window[i + 3] - anchor,
    )


@lean_jit
def wide_products(first: Floats, second: Floats, first_mean: float, second_mean: float) -> float:
    """Return the sum of products of two windows' departures from their means, in lanes."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    length = first.shape[0]
    whole = length - length % LANES
    for i in range(0, whole, LANES):
        p, q, r, s = _departures(first, i, first_mean)
        t, u, v, w = _departures(second, i, second_mean)
        a, b, c, d = a + p * t, b + q * u, c + r * v, d + s * w
    for i in range(whole, length):
        a += (first[i] - first_mean) * (second[i] - second_mean)
    return (a + b) + (c + d)


@lean_jit
def wide_distance(first: Floats, second: Floats) -> float:
    """Return the mean size of the differences between two windows, value by value, in lanes."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    length = first.shape[0]
    whole = length - length % LANES
    for i in range(0, whole, LANES):
        a += abs(first[i] - second[i])
        b += abs(first[i + 1] - second[i + 1])
        c += abs(first[i + 2] - second[i + 2])
        d += abs(first[i + 3] - second[i + 3])
    for i in range(whole, length):
        a += abs(first[i] - second[i])
    average: float = ((a + b) + (c + d)) / length
    return average
