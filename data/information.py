"""How much a column foretells: its information coefficient, and how sure that is.

The coefficient is the mean product of a column's normal score, its rank among training rows, and
the move that follows, over their sizes; nothing is centred on the rows that it is measured on. So
where moves cannot be foretold it is zero on average, however skewed they are and however slowly the
column changes, as a correlation on few rows would not be.
"""

import math

import numpy as np

from data.indicators.bar import Floats

LAGS_PER_HORIZON = 4
"""Lags of the Newey-West error, in horizons: moves overlap over one, and far lags count for less;
four leave some 4 % of the error out."""


def coefficients(scores: Floats, moves: Floats) -> Floats:
    """Return the information coefficient of each column, shape (n_columns,), in [-1, 1].

    Args:
        scores: Shape (n, n_columns), in deviations.
        moves: The moves that follow, shape (n,), less their mean on training rows.
    """
    return np.asarray((scores * moves[:, None]).mean(axis=0) / _sizes(scores, moves))


def standard_errors(scores: Floats, moves: Floats, horizon: int) -> Floats:
    """Return the Newey-West standard error of each coefficient, shape (n_columns,), >= 0.

    Newey and West (1987) with Bartlett weights. The lag is four horizons, or that of their rule of
    thumb, 4 (n / 100)^(2 / 9), where this is more.

    Args:
        scores: As for `coefficients`.
        moves: As for `coefficients`.
        horizon: Bars that a move spans, and over which neighbours overlap.
    """
    n_rows = len(moves)
    departures = scores * moves[:, None]
    departures = departures - departures.mean(axis=0)
    n_lags = min(
        max(LAGS_PER_HORIZON * horizon, int(4.0 * (n_rows / 100.0) ** (2.0 / 9.0))), n_rows - 1
    )
    variance = (departures**2).sum(axis=0)
    for lag in range(1, n_lags + 1):
        weight = 1.0 - lag / (n_lags + 1.0)
        variance += 2.0 * weight * (departures[lag:] * departures[:-lag]).sum(axis=0)
    # deviations from the rows' own mean are too small, the more so the more lags are added up
    variance *= n_rows / (n_rows - n_lags)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / n_rows / _sizes(scores, moves))


def _sizes(scores: Floats, moves: Floats) -> Floats:
    """Return what a mean product is divided by, shape (n_columns,); 1 where all is zero."""
    sizes = np.sqrt((scores**2).mean(axis=0) * (moves**2).mean())
    return np.asarray(np.where(sizes > 0.0, sizes, 1.0))


def chance(t_statistic: float) -> float:
    """Return how likely a normal variable exceeds `t_statistic`: small where that is large."""
    return 0.5 * math.erfc(t_statistic / math.sqrt(2.0))


def adjusted_chances(chances: Floats) -> Floats:
    """Return Holm's (1979) adjusted probabilities: below 0.05, any one is wrong in 5 % of cases.

    They hold however the columns hang together.

    Args:
        chances: One-sided probabilities, shape (n,).
    """
    order = np.argsort(chances, kind="stable")
    factors = len(chances) - np.arange(len(chances))
    adjusted = np.empty(len(chances))
    adjusted[order] = np.minimum(np.maximum.accumulate(chances[order] * factors), 1.0)
    return adjusted
