"""Which of a training's evaluations is kept: the last one that cannot be told from the best.

Net PnL on a validation span is mostly the luck of its price moves. So changes of equity are offered
in units of what one contract's price moves at the time: a wild week then counts no more than a calm
one, and the same edge is told from luck in a fraction of the bars.

Doing nothing is the choice that an evaluation has to beat. One whose sum luck alone would reach is
not kept at all: where all are such, none is. The chance is meant for one training, so that each of
its n evaluations is held to an n-th of it (Bonferroni). Sums of few bars are not normal: below
LEAST_BARS nothing is told from luck.

Of the others, the largest is often a lucky one, from early in the training. But two policies trade
the same bars: the difference bar by bar has far less noise. So of all that are no worse than the
best by more than two standard errors of that difference, the one trained longest is taken. Two,
because the best of many is better than it deserves. But what loses does not take the place of what
does not, nor what earns nothing that of what earns.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

MAX_ERRORS = 2.0
"""Standard errors of the paired difference up to which two evaluations are not told apart."""


LEAST_BARS = 100


class Selection:
    """The choice so far.

    Attributes:
        least_errors: Standard errors above nothing that an evaluation has to be; None for any.
        best: (n,) changes of equity, bar by bar, of the best evaluation; None before the first that
            luck does not explain.
    """

    def __init__(self, n_offers: int, significance: float):
        """Begin with nothing.

        Args:
            n_offers: Evaluations that are going to be made, >= 1.
            significance: Greatest probability, in (0, 1], that luck alone makes one of them kept;
                1 keeps one whatever it is.
        """
        self.least_errors = least_errors(n_offers, significance)
        self.best: NDArray[np.float64] | None = None

    def offer(self, changes: NDArray[np.float64]) -> bool:
        """Return whether a new evaluation takes the place of the one kept, if any.

        Args:
            changes: (n,) its changes of equity bar by bar, see `models.evaluation.changes_of`.
        """
        if not self._is_evident(changes):
            return False
        if self.best is None or changes.sum() > self.best.sum():
            self.best = changes
            return True
        if changes.sum() < self.best.sum() and changes.sum() <= 0.0 <= self.best.sum():
            return False
        difference = self.best - changes
        return not difference.sum() > MAX_ERRORS * standard_error(difference)

    def _is_evident(self, changes: NDArray[np.float64]) -> bool:
        if self.least_errors is None:
            return True
        least = self.least_errors * standard_error(changes)
        return len(changes) >= LEAST_BARS and bool(changes.sum() > least)


def least_errors(n_offers: int, significance: float) -> float | None:
    """Return how many standard errors above nothing an evaluation has to be, one-sided.

    None where luck will do: at a `significance` of 1.
    """
    if significance >= 1.0:
        return None
    return -NormalDist().inv_cdf(significance / n_offers)


def standard_error(values: NDArray[np.float64]) -> float:
    """Return that of the sum of values (n,), bars taken as independent of each other.

    0 for fewer than two.
    """
    return float(values.std(ddof=1)) * math.sqrt(len(values)) if len(values) > 1 else 0.0
