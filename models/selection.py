"""Which of a training's evaluations is kept: the last one that cannot be told from the best.

Net PnL on a validation span is mostly the luck of its price moves, so that the largest of many is
often a lucky one, from early in the training. But two policies trade the same bars: the difference
bar by bar has far less noise. So of all evaluations that are no worse than the best by more than
two standard errors of that difference, the one trained longest is taken. Two, because the best of
many is better than it deserves. But what loses money does not take the place of what does not.
"""

import math

import numpy as np
from numpy.typing import NDArray

MAX_ERRORS = 2.0
"""Standard errors of the paired difference up to which two evaluations are not told apart."""


class Selection:
    """The choice so far.

    Attributes:
        best_changes_usd: (n,) changes of equity, bar by bar, of the best evaluation; None before
            the first.
        kept_usd: Net PnL of the evaluation that is kept.
    """

    def __init__(self) -> None:
        self.best_changes_usd: NDArray[np.float64] | None = None
        self.kept_usd = 0.0

    def offer(self, changes_usd: NDArray[np.float64]) -> bool:
        """Return whether a new evaluation takes the place of the one kept.

        Args:
            changes_usd: (n,) its changes of equity bar by bar; zeros after a ruin.
        """
        is_kept = self._is_kept(changes_usd)
        if is_kept:
            self.kept_usd = float(changes_usd.sum())
        return is_kept

    def _is_kept(self, changes_usd: NDArray[np.float64]) -> bool:
        best = self.best_changes_usd
        if best is None or changes_usd.sum() > best.sum():
            self.best_changes_usd = changes_usd
            return True
        if changes_usd.sum() < 0.0 <= self.kept_usd:
            return False
        return not is_told_apart(best, changes_usd)


def is_told_apart(better: NDArray[np.float64], worse: NDArray[np.float64]) -> bool:
    """Return whether the sums of two series (n,) differ by more than MAX_ERRORS standard errors.

    Bars are taken as independent of each other. Equal series are not told apart.
    """
    differences = better - worse
    error = float(differences.std()) * math.sqrt(len(differences))
    return float(differences.sum()) > MAX_ERRORS * error
