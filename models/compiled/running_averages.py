"""Exponential averages of rows that come one by one: what a noisy input was of late."""

import numpy as np
from numpy.typing import NDArray

from utils.jit import jit


@jit
def average_rows(
    state: NDArray[np.float64],
    weights: NDArray[np.float64],
    rows: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Take rows into the averages, and write what they are at each.

    At row t uses rows <= t. An average begins with the first value of its column that is not NaN,
    and is NaN before it.

    Args:
        state: (k, m) averages of m columns by k weights, changed here; NaN where none has begun.
        weights: (k,) of the newest value, in (0, 1].
        rows: (n, m), the oldest first.
        out: (n, k m) filled: all columns by the first weight, then by the second.
    """
    n_rows, n_columns = rows.shape
    for row in range(n_rows):
        for place in range(len(weights)):
            for column in range(n_columns):
                value, average = rows[row, column], state[place, column]
                if np.isnan(average):
                    average = value
                else:
                    average += weights[place] * (value - average)
                state[place, column] = average
                out[row, place * n_columns + column] = average
