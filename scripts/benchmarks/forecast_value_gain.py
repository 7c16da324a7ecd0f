"""Whether agents with forecasts do better than those without: seed by seed, and day by day.

Seeds are few and their figures far from normal, so that differences are counted, not averaged: the
exact sign test. On a file of bars all seeds trade the same days, and agreement between seeds says
nothing of the luck of these days. There the days are resampled as well.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from backtest.resampling import BootstrapSettings, Interval, bootstrap_intervals

RISK = 0.05
"""Greatest probability of luck, one-sided, at which a gain is called significant."""

BOOTSTRAP = BootstrapSettings(n_resamples=2_000, confidence=1.0 - 2.0 * RISK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What forecasts changed, seed by seed.

    Attributes:
        differences: (n_seeds,) with forecasts less without.
        days: Interval of the sum over days of the seeds' mean difference; None where seeds have
            days of their own.
    """

    differences: tuple[float, ...]
    days: Interval | None = None

    @property
    def median(self) -> float:
        """Of the seeds."""
        return median(self.differences)

    @property
    def chance(self) -> float:
        """Probability that luck alone favours forecasts on as many seeds; see `sign_chance`."""
        return sign_chance(self.differences)

    @property
    def verdict(self) -> str:
        """What may be said of it: no more than every test that was made of it bears out."""
        losses = [-each for each in self.differences]
        if self.chance <= RISK and (self.days is None or self.days.low > 0.0):
            return "significant gain"
        if sign_chance(losses) <= RISK and (self.days is None or self.days.high < 0.0):
            return "significant loss"
        return "no significant gain"


def sign_chance(differences: Sequence[float]) -> float:
    """Return the chance that a fair coin favours as many, one-sided; ties are left out.

    With five seeds the least there is is 1 / 32.
    """
    signs = [each > 0.0 for each in differences if each != 0.0]
    n_better = sum(signs)
    favourable = sum(math.comb(len(signs), k) for k in range(n_better, len(signs) + 1))
    return float(favourable / 2 ** len(signs))


def days_interval(
    with_usd: Sequence[Sequence[float]], without_usd: Sequence[Sequence[float]]
) -> Interval:
    """Return where the sum over days of the seeds' mean difference may lie.

    Blocks of days are drawn (Politis and Romano, 1994), so that neighbouring days may depend on
    each other.

    Args:
        with_usd: (n_seeds, n_days) net PnL of agents with forecasts, days oldest first.
        without_usd: Likewise without.
    """
    difference = np.mean(with_usd, axis=0) - np.mean(without_usd, axis=0)
    statistics = {"sum": lambda rows: rows.sum(axis=1)}
    generator = np.random.default_rng(0)
    return bootstrap_intervals(difference, statistics, generator, BOOTSTRAP)["sum"]
