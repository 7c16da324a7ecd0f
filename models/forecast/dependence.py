"""Whether misses come as often as they should, and without a pattern: three tests of hits.

A hit is a label below its quantile, or outside its interval. Hits of rows that overlap hang
together however good the forecast is, so the tests take every h-th row alone (`thinned_rows`).

Sources: Kupiec, "Techniques for verifying the accuracy of risk measurement models", Journal of
Derivatives 3 (1995); Christoffersen, "Evaluating interval forecasts", International Economic Review
39 (1998); Engle and Manganelli, "CAViaR", Journal of Business and Economic Statistics 22 (2004).
"""

import math
from dataclasses import dataclass

import numpy as np

from models.forecast.family import Floats, Integers
from models.forecast.probabilities import chi_squared_chance
from models.forecast.scoring import Bools

DQ_LAGS = 4
"""Hits before a row that the dynamic quantile test tries to foretell it from, as its authors."""

LEAST_EXPECTED = 5.0
"""Hits, and rows without one, that must be expected: with fewer no chi-squared is to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HitTests:
    """What the three tests say of one quantile, or interval; p-values are None where undefined.

    Attributes:
        nominal: Probability of a hit that was promised.
        n_rows: Rows tested.
        n_hits: Hits among them.
        kupiec: p-value of "hits come as often as promised".
        independence: p-value of "a hit says nothing of the next row's" (Christoffersen).
        christoffersen: p-value of both at once, conditional coverage.
        dynamic_quantile: p-value of "neither the hits before nor the forecast foretell a hit".
    """

    nominal: float
    n_rows: int
    n_hits: int
    kupiec: float | None = None
    independence: float | None = None
    christoffersen: float | None = None
    dynamic_quantile: float | None = None


def thinned_rows(is_scored: Bools, horizon: int) -> Integers:
    """Return every `horizon`-th of all rows, less those that cannot be scored: no two overlap.

    Args:
        is_scored: (n,) of all rows of a span, one per bar.
        horizon: Bars that a label spans, >= 1.
    """
    rows = np.arange(0, len(is_scored), horizon)
    return np.asarray(rows[is_scored[rows]], dtype=np.int64)


def hit_tests(hits: Bools, nominal: float, forecasts: Floats) -> HitTests:
    """Return what the three tests say of hits that do not overlap.

    Args:
        hits: (n,) oldest first.
        nominal: Probability of a hit that was promised, above 0 and below 1.
        forecasts: (n,) the quantile, or the width of the interval, at each; finite.
    """
    n_rows, n_hits = len(hits), int(hits.sum())
    if n_rows * min(nominal, 1.0 - nominal) < LEAST_EXPECTED:
        return HitTests(nominal=nominal, n_rows=n_rows, n_hits=n_hits)
    unconditional = kupiec_ratio(hits, nominal)
    independence = independence_ratio(hits)
    statistic, n_degrees = dynamic_quantile_statistic(hits, nominal, forecasts)
    return HitTests(
        nominal=nominal,
        n_rows=n_rows,
        n_hits=n_hits,
        kupiec=chi_squared_chance(unconditional, 1),
        independence=chi_squared_chance(independence, 1),
        christoffersen=chi_squared_chance(unconditional + independence, 2),
        dynamic_quantile=chi_squared_chance(statistic, n_degrees),
    )


def kupiec_ratio(hits: Bools, nominal: float) -> float:
    """Return twice the log likelihood ratio of "hits have the probability `nominal`", >= 0.

    Chi-squared with one degree of freedom where that is so.
    """
    n_rows, n_hits = len(hits), int(hits.sum())
    share = n_hits / n_rows
    best = _log_likelihood(n_hits, n_rows - n_hits, share)
    return 2.0 * (best - _log_likelihood(n_hits, n_rows - n_hits, nominal))


def independence_ratio(hits: Bools) -> float:
    """Return twice the log likelihood ratio of "a hit does not depend on the row before", >= 0.

    Against a chain of first order (Christoffersen 1998), given the first row; chi-squared with one
    degree of freedom. It is 0 where every row, or none, is a hit.
    """
    before, after = hits[:-1], hits[1:]
    n_after = [int((after & (before == was)).sum()) for was in (False, True)]
    n_clear = [int((~after & (before == was)).sum()) for was in (False, True)]
    chain = sum(
        _log_likelihood(n_hit, n_not, n_hit / (n_hit + n_not))
        for n_hit, n_not in zip(n_after, n_clear, strict=True)
        if n_hit + n_not
    )
    n_hits, n_all = sum(n_after), len(after)
    return 2.0 * (chain - _log_likelihood(n_hits, n_all - n_hits, n_hits / n_all))


def dynamic_quantile_statistic(
    hits: Bools, nominal: float, forecasts: Floats, n_lags: int = DQ_LAGS
) -> tuple[float, int]:
    """Return Engle and Manganelli's statistic in sample, and its degrees of freedom.

    Hits less their probability are regressed on a constant, the `n_lags` before and the forecast;
    the statistic is the sum of squares that this explains, over p (1 - p). What is no further
    dimension, such as a forecast that never changes, adds no degree.

    Args:
        hits: (n,), n > 2 n_lags, oldest first.
        nominal: Probability p of a hit.
        forecasts: (n,) made before the hit was known; finite.
        n_lags: Hits before that may foretell one.
    """
    excess = hits.astype(np.float64) - nominal
    n_used = len(excess) - n_lags
    lagged = [excess[n_lags - lag : len(excess) - lag] for lag in range(1, n_lags + 1)]
    size = float(np.abs(forecasts).max())
    scaled = forecasts[n_lags:] / (size if size > 0.0 else 1.0)
    inputs = np.column_stack([np.ones(n_used), *lagged, scaled])
    weights, _, rank, _ = np.linalg.lstsq(inputs, excess[n_lags:], rcond=None)
    explained = inputs @ weights
    return float(explained @ explained) / (nominal * (1.0 - nominal)), int(rank)


def _log_likelihood(n_hits: int, n_clear: int, probability: float) -> float:
    """Return n_hits log p + n_clear log (1 - p), with 0 log 0 = 0."""
    of_hits = n_hits * math.log(probability) if n_hits else 0.0
    return of_hits + (n_clear * math.log1p(-probability) if n_clear else 0.0)
