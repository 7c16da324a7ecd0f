"""Whether labels are spread over the forecast distribution as they should be: the PIT.

The probability integral transform of a label is the probability that its forecast gave to anything
lower; of a calibrated forecaster it is uniform (Dawid, JRSS A 147, 1984; Diebold, Gunther and Tay,
International Economic Review 39, 1998). Nine quantiles tell it exactly at the levels alone. So the
histogram, its band and its test have the levels for edges, and nothing between is made up.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from data.forecast_names import LEVELS, N_LEVELS
from models.forecast.dependence import LEAST_EXPECTED
from models.forecast.family import Floats
from models.forecast.probabilities import chi_squared_chance
from models.forecast.scoring import check_forecasts

CONFIDENCE = 0.95
"""Of the band of all bins at once."""

EDGES = (0.0, *LEVELS, 1.0)

BIN_NAMES = tuple(f"{100 * low:g}–{100 * high:g}" for low, high in pairwise(EDGES))
"""Of the bins between the levels, in per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PitHistogram:
    """How many labels fell between neighbouring quantiles; bins have the edges EDGES.

    Attributes:
        counts: (N_LEVELS + 1,) labels in each bin.
        density: Share of the labels over the probability of the bin: 1 where calibrated.
        low: Lower end of the band that holds all of `density` at once in 95 % of cases.
        high: Upper end of it.
        p_value: Pearson's chi-squared test of uniformity; None where there are too few labels.
    """

    counts: tuple[int, ...]
    density: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    p_value: float | None

    @property
    def n_rows(self) -> int:
        """Labels counted."""
        return sum(self.counts)


def pit_values(y: Floats, quantiles: Floats) -> Floats:
    """Return the probability of anything up to each label, (n,), in [0, 1]; NaN rows stay NaN.

    Linear between neighbouring quantiles. Beyond the outer ones it falls off exponentially, from
    the density of the outermost stretch. Where quantiles coincide the label is above all of them.

    Args:
        y: (n,) labels.
        quantiles: (n, N_LEVELS) forecasts, never falling along a row.
    """
    check_forecasts(y, quantiles)
    edges = np.array(EDGES)
    n_below = (quantiles <= y[:, None]).sum(axis=1)
    lower = np.clip(n_below - 1, 0, N_LEVELS - 2)
    left = np.take_along_axis(quantiles, lower[:, None], axis=1)[:, 0]
    right = np.take_along_axis(quantiles, lower[:, None] + 1, axis=1)[:, 0]
    width = right - left
    rise = edges[lower + 2] - edges[lower + 1]
    within = edges[lower + 1] + rise * _ratio(y - left, width)
    tail = edges[1]
    below = tail * np.exp(-rise / tail * np.maximum(_ratio(left - y, width), 0.0))
    above = 1.0 - tail * np.exp(-rise / tail * np.maximum(_ratio(y - right, width), 0.0))
    found = np.where(n_below == 0, below, np.where(n_below == N_LEVELS, above, within))
    return np.asarray(np.where(np.isfinite(y) & np.isfinite(quantiles).all(axis=1), found, np.nan))


def pit_histogram(y: Floats, quantiles: Floats) -> PitHistogram:
    """Return the histogram of labels over the bins between the levels, with its band and its test.

    The band is Bonferroni's over the bins, from the normal approximation of their counts. It and
    the test are for rows that do not overlap: thin them first (`dependence.thinned_rows`).

    Args:
        y: (n,) finite labels, n >= 1.
        quantiles: (n, N_LEVELS) forecasts.
    """
    check_forecasts(y, quantiles)
    places = (quantiles < y[:, None]).sum(axis=1)
    counts = np.bincount(places, minlength=N_LEVELS + 1)
    expected = len(y) * np.diff(EDGES)
    reach = NormalDist().inv_cdf(1.0 - (1.0 - CONFIDENCE) / (2.0 * len(counts)))
    band = reach * np.sqrt(expected * (1.0 - np.diff(EDGES))) / expected
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return PitHistogram(
        counts=tuple(counts.tolist()),
        density=tuple((counts / expected).tolist()),
        low=tuple(np.maximum(1.0 - band, 0.0).tolist()),
        high=tuple((1.0 + band).tolist()),
        p_value=None
        if expected.min() < LEAST_EXPECTED
        else chi_squared_chance(statistic, N_LEVELS),
    )


def pit_moments(values: Floats) -> tuple[float, float]:
    """Return mean and standard deviation of PIT values; calibrated ones have 1 / 2 and .2887.

    A mean below 1 / 2 is of forecasts that lie too high; a deviation above .2887 of ones that are
    too narrow. NaN without a value.

    Args:
        values: (n,) from `pit_values`; NaN is left out.
    """
    known = values[np.isfinite(values)]
    return (float(known.mean()), float(known.std())) if len(known) else (math.nan, math.nan)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole; 0 where both are 0, and infinity, with its sign, where whole is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.divide(part, whole)
    return np.asarray(np.where((part == 0.0) & (whole == 0.0), 0.0, found))
