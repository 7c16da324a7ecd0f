"""What each kind of scaler learns from training rows, and the ranks that one of them works with.

Every function takes complete rows, shape (n, n_columns), n >= 1, and returns the centre and the
spread of each column and, for ranks, its knots. Storing and applying them is left to
data/preprocessor.py.
"""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np

from data.indicators.bar import Floats
from utils.errors import DataError
from utils.jit import jit

NORMAL_IQR = 1.349
"""Distance of the quartiles of a normal variable, in standard deviations."""

RANK_EDGE = 3.0
RANK_STEP = 0.1
N_KNOTS = 61
"""Knots of a column: its training quantiles at normal scores from -3 to 3, a tenth apart."""

Fit = Callable[[Floats, Sequence[str]], tuple[Floats, Floats, Floats | None]]


def fit_standard(rows: Floats, columns: Sequence[str]) -> tuple[Floats, Floats, None]:
    """Return means and standard deviations; 1 where a column is constant.

    Raises:
        DataError: If the values of a column are too large to square.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        centre, deviation = rows.mean(axis=0), rows.std(axis=0)
    _check_size(centre, deviation, columns)
    # The deviation of equal values may be dust, that of minute differences may vanish.
    is_constant = (rows == rows[0]).all(axis=0) | (deviation == 0.0)
    return centre, np.where(is_constant, 1.0, deviation), None


def fit_robust(rows: Floats, columns: Sequence[str]) -> tuple[Floats, Floats, None]:
    """Return medians and distances of the quartiles, these as a normal's standard deviation.

    Where the quartiles are equal, as of a column that is mostly zero, the spread is the standard
    deviation instead.

    Raises:
        DataError: If the values of a column are too large to square.
    """
    _, deviation, _ = fit_standard(rows, columns)
    low, centre, high = np.quantile(rows, (0.25, 0.5, 0.75), axis=0)
    between = (high - low) / NORMAL_IQR
    return centre, np.where(between > 0.0, between, deviation), None


def fit_rank_normal(rows: Floats, columns: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    """Return zeros, ones, and the knots of each column, shape (n_columns, N_KNOTS), ascending."""
    scores = -RANK_EDGE + RANK_STEP * np.arange(N_KNOTS)
    levels = [NormalDist().cdf(score) for score in scores]
    # Interpolation may leave the order by the last bit; knots must ascend.
    knots = np.maximum.accumulate(np.quantile(rows, levels, axis=0), axis=0)
    return np.zeros(len(columns)), np.ones(len(columns)), np.ascontiguousarray(knots.T)


FITS: dict[str, Fit] = {
    "standard": fit_standard,
    "robust": fit_robust,
    "rank_normal": fit_rank_normal,
}
"""By the kind of scaler."""


@jit
def _count_below(knots: Floats, value: float) -> int:
    """Return how many knots lie below a value: halves without branches, which would be guesses."""
    first, n_left = 0, N_KNOTS
    while n_left > 1:
        half = n_left // 2
        first += half if knots[first + half - 1] < value else 0
        n_left -= half
    return first + (1 if knots[first] < value else 0)


@jit
def normal_score(value: float, knots: Floats) -> float:
    """Return the normal score of a value among the knots of its column, in [-3, 3].

    Linear between two knots; the middle of several equal ones; the edge beyond the outer ones. NaN
    stays NaN.
    """
    if math.isnan(value):
        return value
    n_below = _count_below(knots, value)
    if n_below == N_KNOTS:
        return RANK_EDGE
    if knots[n_below] == value:
        n_up_to = np.searchsorted(knots, value, side="right")
        place = 0.5 * (n_below + n_up_to - 1)
    elif n_below == 0:
        return -RANK_EDGE
    else:
        low, high = knots[n_below - 1], knots[n_below]
        place = n_below - 1 + (value - low) / (high - low)
    return -RANK_EDGE + RANK_STEP * place


@jit
def normal_scores(rows: Floats, knots: Floats, out: Floats) -> None:
    """Write the normal scores of `rows` (n, n_columns) to `out`; `knots` (n_columns, N_KNOTS)."""
    for t in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            out[t, i] = normal_score(rows[t, i], knots[i])


def _check_size(centre: Floats, deviation: Floats, columns: Sequence[str]) -> None:
    for name, is_finite in zip(columns, np.isfinite(centre + deviation), strict=True):
        if not is_finite:
            raise DataError(
                f"the values of column `{name}` are too large to scale: their mean or standard "
                "deviation overflows; correct the column or leave it out"
            )
