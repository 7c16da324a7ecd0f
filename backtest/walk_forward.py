"""Walk-forward: which jobs a run consists of, and how they are done, kept and taken up again.

What one job does is backtest/fold_task.py's business, where it is done an executor's. A fold is
written as soon as it is finished; a run that was killed goes on with those that are missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from backtest.executor import Executor
from backtest.fold_files import job_identity, read_outcome, write_outcome
from backtest.fold_task import FoldJob, FoldOutcome, fold_task
from backtest.result import BacktestResult
from backtest.stitching import Stitched, stitched
from config.settings import Settings
from data.calendar import calendar_of
from data.combinatorial import backtest_paths
from data.forecast_frame import content_fingerprint
from data.planned_folds import combinatorial_plan, planned_folds

OnFinished = Callable[[FoldOutcome, bool], None]
"""Is told of each fold that is there: the outcome, and whether it was kept from an earlier run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkForward:
    """A run that is done.

    Attributes:
        settings: Of the run.
        jobs: Fold by fold, and in each of them seed by seed.
        outcomes: One per job, without its model's files: those lie in its folder.
    """

    settings: Settings
    jobs: tuple[FoldJob, ...]
    outcomes: tuple[FoldOutcome, ...]

    @property
    def stitched(self) -> Stitched:
        """All test blocks in a row: per seed, or per path and seed of combinatorial splits."""
        seeds = self.settings.folds.seeds
        if not self.settings.folds.combinatorial:
            runs = [self._whole(seed) for seed in seeds]
            return Stitched(runs=tuple(runs), seeds=seeds)
        paths = [(seed, path) for seed in seeds for path in self._paths(seed)]
        return Stitched(
            runs=tuple(path for _, path in paths), seeds=tuple(seed for seed, _ in paths)
        )

    def of_seed(self, seed: int) -> list[FoldOutcome]:
        """Return the outcomes of one seed, fold by fold."""
        return [outcome for outcome in self.outcomes if outcome.seed == seed]

    def _whole(self, seed: int) -> BacktestResult:
        blocks = [result for outcome in self.of_seed(seed) for result in outcome.results]
        return stitched(blocks, f"walk_forward_seed_{seed}")

    def _paths(self, seed: int) -> list[BacktestResult]:
        plan = combinatorial_plan(self.settings.folds)
        tested = dict(zip(range(1, plan.n_splits + 1), plan.tested_groups, strict=True))
        outcomes = {outcome.number: outcome for outcome in self.of_seed(seed)}
        return [
            stitched(
                [
                    outcomes[int(split)].results[tested[int(split)].index(group)]
                    for group, split in enumerate(path)
                ],
                f"path_{number}_seed_{seed}",
            )
            for number, path in enumerate(backtest_paths(plan), start=1)
        ]


def planned_jobs(
    bars: pd.DataFrame, settings: Settings, notes: Mapping[str, Any] | None = None
) -> tuple[FoldJob, ...]:
    """Return one job per fold and seed, oldest fold first.

    Args:
        bars: Checked bars, oldest first.
        settings: `folds` say which.
        notes: Further entries of each model's provenance.

    Raises:
        ConfigError: If settings contradict each other.
        DataError: If the folds do not fit the bars; says how many are missing.
    """
    folds = planned_folds(
        calendar_of(settings.env.symbol).trade_dates(pd.DatetimeIndex(bars.index)),
        settings.folds,
        lookback_bars=settings.env.lookback_window,
        validation_share=settings.agent.validation_fraction,
    )
    return tuple(
        FoldJob(fold=fold, seed=seed, settings=settings, notes=dict(notes or {}))
        for fold in folds
        for seed in settings.folds.seeds
    )


def walk_forward(
    bars: pd.DataFrame,
    jobs: Sequence[FoldJob],
    executor: Executor,
    folder: Path,
    on_finished: OnFinished | None = None,
) -> WalkForward:
    """Do all jobs that are not finished in `folder` yet, writing each as soon as it is.

    Args:
        bars: Those that the jobs were planned on.
        jobs: Of `planned_jobs`, perhaps watched or with checkpoints; at least one.
        executor: Where they are done.
        folder: Gets a folder per job, named after it.
        on_finished: Is told of each.

    Raises:
        ArtifactError: If a fold kept in `folder` is damaged.
        ConfigError: If it is of another run, naming what differs; or what a job raises.
        DataError: As a job raises it.
    """
    tell = on_finished or _tell_nobody
    content = content_fingerprint(bars, jobs[0].settings.train.forecast_columns)
    identities = [job_identity(job, content) for job in jobs]
    outcomes: dict[int, FoldOutcome] = {}
    for number, job in enumerate(jobs):
        if (folder / job.name).exists():
            outcome = read_outcome(folder / job.name, identities[number])
            outcomes[number] = replace(outcome, model={})
            tell(outcome, True)
    missing = [number for number in range(len(jobs)) if number not in outcomes]
    wanted = [jobs[number] for number in missing]
    for count, outcome in executor.run(fold_task, wanted, bars) if wanted else ():
        number = missing[count]
        write_outcome(folder / outcome.name, outcome, identities[number])
        outcomes[number] = replace(outcome, model={})
        tell(outcome, False)
    ordered = tuple(outcomes[number] for number in range(len(jobs)))
    return WalkForward(settings=jobs[0].settings, jobs=tuple(jobs), outcomes=ordered)


def _tell_nobody(outcome: FoldOutcome, is_kept: bool) -> None:
    """Take the place of a listener."""
