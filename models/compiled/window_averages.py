"""Exponential averages of the rows of each window: what a plain forecast is made from."""

import numpy as np
from numpy.typing import NDArray

from utils.jit import jit


@jit
def window_averages(
    features: NDArray[np.float32], lookback: int, decays: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weighted averages of every complete window, one window per row.

    The weights of a window's rows are 1, decay, decay squared and so on from the newest row back,
    divided by their sum; a decay of 0 is the newest row itself. At row t uses rows t - lookback + 1
    to t, so that a window by itself gives what it gives among all others, up to rounding.

    Args:
        features: (n, n_features), all finite, oldest row first, n >= lookback.
        lookback: Rows in a window.
        decays: (k,) in [0, 1).

    Returns:
        (n - lookback + 1, k n_features): all features by the first decay, then by the second.
    """
    n_rows, n_features = features.shape
    averages = np.empty((n_rows - lookback + 1, len(decays) * n_features))
    sums = np.zeros(n_features)
    for place in range(len(decays)):
        decay = decays[place]
        dropped = decay**lookback
        total = (1.0 - dropped) / (1.0 - decay)
        first = place * n_features
        sums[:] = 0.0
        for row in range(n_rows):
            for column in range(n_features):
                sums[column] = decay * sums[column] + features[row, column]
            if row >= lookback:
                for column in range(n_features):
                    sums[column] -= dropped * features[row - lookback, column]
            if row >= lookback - 1:
                for column in range(n_features):
                    averages[row - lookback + 1, first + column] = sums[column] / total
    return averages
