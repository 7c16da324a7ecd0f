"""Several candidates over the same sessions, pair by pair: by how much they differ, and how surely.

Whether the best of them beats standing aside, and whether choosing it is overfitted, is left to
`assessment.py`, which takes the others as variants.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from backtest.comparisons import returns_of
from backtest.metrics import SESSIONS_PER_YEAR, ZERO_DEVIATION
from backtest.resampling import LEAST_LENGTH, Interval, bootstrap_intervals
from backtest.result import BacktestResult
from backtest.tables import UNDEFINED, Row, Table
from utils.seeding import generator

MEAN = "mean"

Floats = NDArray[np.float64]


def pair_table(results: Sequence[BacktestResult], seed: int = 0) -> Table:
    """Return one row per pair: the mean difference of their session returns, per year.

    Args:
        results: Two or more, over the same bars.
        seed: Of the resamples.
    """
    returns = {result.name: returns_of(result) for result in results}
    pairs = list(combinations(returns, 2))
    draws = generator(seed).spawn(len(pairs))
    rows = tuple(
        _row(one, other, returns[one] - returns[other], draw)
        for (one, other), draw in zip(pairs, draws, strict=True)
    )
    return Table(
        heading="Pair by pair",
        columns=("Pair", "Difference a year", "From", "To", "Read as"),
        rows=rows,
        note="Session returns of the first less those of the second, times 252; 95% of resampled "
        "records lie between the two ends (stationary bootstrap). Of many pairs, one in twenty "
        "seems to differ by chance alone.",
    )


def mean_difference(differences: Floats, draws: np.random.Generator) -> Interval | None:
    """Return the mean difference a year, a fraction, with its interval; None where too short.

    Args:
        differences: (n_sessions,) session returns of one less those of another.
        draws: Source of the resamples.
    """
    if len(differences) < LEAST_LENGTH:
        return None
    if np.ptp(differences) <= ZERO_DEVIATION:
        same = SESSIONS_PER_YEAR * float(differences.mean())
        return Interval(low=same, high=same, point=same)
    return bootstrap_intervals(differences, {MEAN: _annual_mean}, draws)[MEAN]


def _annual_mean(returns: Floats) -> Floats:
    means: Floats = SESSIONS_PER_YEAR * returns.mean(axis=1)
    return means


def _row(one: str, other: str, differences: Floats, draws: np.random.Generator) -> Row:
    heading = f"{one} less {other}"
    found = mean_difference(differences, draws)
    if found is None:
        why = f"needs {LEAST_LENGTH} sessions or more, had {len(differences)}"
        return Row(heading, (UNDEFINED, UNDEFINED, UNDEFINED, why))
    ends = tuple(f"{value:+.1%}" for value in (found.point, found.low, found.high))
    return Row(heading, (*ends, _words(found, one, other)))


def _words(found: Interval, one: str, other: str) -> str:
    if found.low == found.high == 0.0:
        return "the same, session for session"
    if found.low > 0.0:
        return f"{one} did better"
    return f"{other} did better" if found.high < 0.0 else "no evidence of a difference"
