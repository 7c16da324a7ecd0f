"""What plain predictors see of a window: each feature's newest value and exponential averages.

Forecasts, the last columns of a market, are seen as they are in the window's last row.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.compiled.window_averages import window_averages

Floats = NDArray[np.float64]

HALF_LIVES = (1, 2, 4, 8, 16, 32)
"""Bars; those that are at least as long as the window are left out."""

BLOCK_WINDOWS = 4_096
"""Windows that are averaged at once, so that what is needed in between stays small."""


def window_decays(lookback: int) -> Floats:
    """Return the decays of the averages of a window, shape (k,): 0 first, the newest value."""
    return np.array([0.0, *(0.5 ** (1.0 / bars) for bars in HALF_LIVES if bars < lookback)])


def n_inputs(lookback: int, n_features: int, n_forecasts: int = 0) -> int:
    """Return how many inputs a window of so many features and forecasts has."""
    return len(window_decays(lookback)) * n_features + n_forecasts


def input_blocks(
    features: NDArray[np.float32],
    lookback: int,
    start: int = 0,
    stop: int | None = None,
    n_forecasts: int = 0,
) -> Iterator[tuple[slice, Floats]]:
    """Yield the inputs of windows `start` to `stop`, some thousand at a time.

    Args:
        features: (n, n_features + n_forecasts) all finite, oldest first; window i ends with row i +
            lookback - 1.
        lookback: Rows in a window.
        start: First window.
        stop: Window after the last; None takes all.
        n_forecasts: How many of the columns, the last ones, are forecasts.

    Yields:
        Which windows, and their inputs (m, n_inputs).
    """
    decays = window_decays(lookback)
    last = len(features) - lookback + 1 if stop is None else stop
    n_features = features.shape[1] - n_forecasts
    for first in range(start, last, BLOCK_WINDOWS):
        end = min(first + BLOCK_WINDOWS, last)
        block = features[first : end + lookback - 1]
        rows = np.ascontiguousarray(block[:, :n_features], dtype=np.float32)
        inputs = window_averages(rows, lookback, decays)
        if n_forecasts > 0:
            inputs = np.hstack((inputs, block[lookback - 1 :, n_features:]))
        yield slice(first, end), inputs
