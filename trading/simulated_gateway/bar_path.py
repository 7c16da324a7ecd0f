"""The way a price is taken to have gone inside a bar, for those who want to see it move.

How it really went is not in a bar. The path is open, nearer extreme, other extreme, close, each leg
a straight line on the tick grid, cut into pieces of five seconds. Fills know nothing of it: what a
bar's range does to orders is the kernel's path policy.
"""

import numpy as np
from numpy.typing import NDArray

SHORT_SECONDS = 5
"""Length of a piece."""


def n_pieces(seconds: int) -> int:
    """Return how many pieces a bar has; one of less than ten seconds is a single piece."""
    return max(1, seconds // SHORT_SECONDS)


def bar_path(bar: np.record, n: int) -> NDArray[np.int64]:
    """Return 2 n + 1 prices in ticks: three of each of n pieces, its last the next one's first.

    The bar's open comes first and its close last; both extremes are among them.
    """
    is_high_first = bar.high - bar.open < bar.open - bar.low
    extremes = (bar.high, bar.low) if is_high_first else (bar.low, bar.high)
    corners = np.array([bar.open, *extremes, bar.close], dtype=np.float64)
    n_points = 2 * n + 1
    places = np.rint(np.array([0.0, 1.0, 2.0, 3.0]) * (n_points - 1) / 3.0)
    return np.rint(np.interp(np.arange(n_points), places, corners)).astype(np.int64)


def part_of(bar: np.record, n: int, start: int, stop: int) -> tuple[int, int, int, int]:
    """Return open, high, low and close in ticks of the pieces from `start` to before `stop`.

    Before the first piece is over (`stop` = 0) a bar is its open.
    """
    points = bar_path(bar, n)[2 * start : 2 * stop + 1]
    return int(points[0]), int(points.max()), int(points.min()), int(points[-1])


def part_of_volume(volume: float, n: int, start: int, stop: int) -> float:
    """Return the whole contracts of these pieces; all of them together have all."""
    return float(np.floor(volume * stop / n) - np.floor(volume * start / n))
