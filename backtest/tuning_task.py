"""One fold and one seed of a trial: what an executor's worker does for a tuning.

A trial's settings may contradict each other, or not fit the bars; that is a finding about the trial
and no error of the tuning, so it comes back as a refusal.
"""

from dataclasses import dataclass

import pandas as pd

from backtest.stitching import returns_of
from config.settings import Settings
from data.planned_folds import PlannedFold
from utils.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreJob:
    """What is to be learnt and scored.

    Attributes:
        trial: Number of the trial.
        fold: Which rows; its test block is what is scored.
        seed: Seeds the training.
        settings: Of the trial.
    """

    trial: int
    fold: PlannedFold
    seed: int
    settings: Settings

    @property
    def name(self) -> str:
        """What errors call it, e.g. "trial_7_fold_2_seed_0"."""
        return f"trial_{self.trial}_fold_{self.fold.number}_seed_{self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What came of a job.

    Attributes:
        returns: Session returns of the scored block, oldest first, fractions, after all costs.
        first_session: Trade date of its first bar, e.g. "2025-01-02".
        last_session: Of its last one.
        net_usd: What it made.
        n_trades: In how many round trips.
        refusal: Why there was nothing to score; None where there was.
    """

    returns: tuple[float, ...] = ()
    first_session: str = ""
    last_session: str = ""
    net_usd: float = 0.0
    n_trades: int = 0
    refusal: str | None = None


def score_task(bars: pd.DataFrame, job: ScoreJob) -> Scored:
    """Train on a fold's rows, choose on its validation rows, freeze, and score on later ones.

    Args:
        bars: Checked bars, oldest first, without those that are held back from the tuning.
        job: Which fold, and how.
    """
    from backtest.fold_task import FoldJob, fold_task  # noqa: PLC0415 - loads torch

    try:
        outcome = fold_task(bars, FoldJob(fold=job.fold, seed=job.seed, settings=job.settings))
    except (ConfigError, DataError) as error:
        return Scored(refusal=str(error))
    result = outcome.results[0]
    return Scored(
        returns=tuple(returns_of(result).tolist()),
        first_session=str(result.trade_dates[0]),
        last_session=str(result.trade_dates[-1]),
        net_usd=float(result.equity[-1] - result.equity[0]),
        n_trades=len(result.trades),
    )
