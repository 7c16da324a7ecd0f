"""What a trial is worth: one number of the session returns of its folds and seeds.

Per seed, the scored blocks of the folds make one record; its annualised Sharpe ratio, net of all
costs, is the seed's score. The trial's is the mean over the seeds, less `penalty` times their
standard deviation (ddof 0). A seed that never traded scores 0: it neither won nor risked anything,
although no Sharpe ratio is defined for it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.metrics import sharpe
from backtest.tuning_task import Scored

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """What a trial has done on the folds that it has got through, each with every seed.

    Attributes:
        folds: Per fold, oldest first, its outcomes in the order of the seeds; at least one.
        penalty: What a unit of the seeds' dispersion costs, >= 0.
    """

    folds: tuple[tuple[Scored, ...], ...]
    penalty: float = 0.0

    @property
    def seed_scores(self) -> Floats:
        """Annualised Sharpe ratio of each seed's record, (n_seeds,); 0 where it is undefined."""
        scores = [sharpe(self.returns_of(seed)) for seed in range(len(self.folds[0]))]
        return np.array([0.0 if math.isnan(score) else score for score in scores])

    @property
    def score(self) -> float:
        """Mean of the seeds' scores, less what their dispersion costs."""
        return float(self.seed_scores.mean()) - self.penalty * self.dispersion

    @property
    def dispersion(self) -> float:
        """Standard deviation of the seeds' scores, ddof 0."""
        return float(self.seed_scores.std())

    @property
    def median_seed(self) -> int:
        """Number of the seed of median score, the lower one of two."""
        order = np.argsort(self.seed_scores, kind="stable")
        return int(order[(len(order) - 1) // 2])

    @property
    def span(self) -> tuple[str, str]:
        """Trade dates of the first and the last session that was scored."""
        return self.folds[0][0].first_session, self.folds[-1][0].last_session

    def returns_of(self, seed: int) -> Floats:
        """Return one seed's session returns over all its folds, (n_sessions,), fractions."""
        return np.concatenate([np.array(fold[seed].returns) for fold in self.folds])
