"""A walk-forward run as scripts do it: told fold by fold, interruptible, taken up again, reported.

`train.py --walk-forward` and `walk_forward.py` both come here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from backtest.executor import Executor, make_executor
from backtest.fold_task import FoldJob, FoldOutcome
from backtest.walk_forward import planned_jobs, walk_forward
from config.settings import Settings
from models.callback_checkpoint import CheckpointPlan
from models.checkpoint import checkpoints_of
from scripts.printing import console
from scripts.stored_forecasts import check_learnt_from
from scripts.training import TrainingFiles, noted_of
from scripts.walk_results import write_walk
from utils.clock import Clock, SystemClock
from utils.paths import TENSORBOARD_DIR


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where the folds are done.

    Attributes:
        executor: "local" or "ray".
        workers: Folds at a time; None is one in this process, or all that a cluster has.
        address: Of the Ray cluster.
    """

    executor: str = "local"
    workers: int | None = None
    address: str | None = None

    @property
    def is_here(self) -> bool:
        """Whether the folds are done in this process, one after the other."""
        return self.executor == "local" and (self.workers or 1) == 1

    def make(self) -> Executor:
        """Return the executor; errors as `make_executor` raises them."""
        return make_executor(self.executor, self.workers, self.address)


def walk(
    bars: pd.DataFrame,
    settings: Settings,
    files: TrainingFiles,
    place: Workplace,
    begun: Callable[[], None] | None = None,
) -> None:
    """Do all folds that `files.directory` does not hold yet; write and print what came of all.

    Args:
        bars: Of the file `files.data`, with the columns of the second market where there is one.
        settings: What to learn from and how, and which folds.
        files: Where to read and write; checkpoints lie in a folder per fold and seed.
        place: Where the folds are done.
        begun: Called once the folds are known to fit the bars.
    """
    executor = place.make()
    planned = planned_jobs(bars, settings, noted_of(files))
    if files.forecasts is not None:
        check_learnt_from(bars, [job.fold for job in planned], settings)
    jobs = tuple(_equipped(job, files, place) for job in planned)
    console.print(_plan_text(jobs, bars), soft_wrap=True)
    if begun is not None:
        begun()
    told = _Told(len(jobs), SystemClock())
    run = walk_forward(bars, jobs, executor, files.directory, told.finished)
    write_walk(run, bars, files)


def _equipped(job: FoldJob, files: TrainingFiles, place: Workplace) -> FoldJob:
    """Return the job with what a worker on this machine can use."""
    own = files.of_fold(job.name)
    return replace(
        job,
        is_watched=place.is_here,
        checkpoints=_taken_up(own.checkpoints) if place.executor == "local" else None,
        tensorboard=None if own.log_name is None else TENSORBOARD_DIR / own.log_name,
    )


def _taken_up(plan: CheckpointPlan | None) -> CheckpointPlan | None:
    """Return the plan, going on from what its folder holds."""
    return None if plan is None else replace(plan, resume=bool(checkpoints_of(plan.folder)))


def _plan_text(jobs: Sequence[FoldJob], bars: pd.DataFrame) -> str:
    """Say how many trainings there will be, and what the first and the last one do."""
    folds = {job.fold.number: job.fold for job in jobs}
    first, last = folds[min(folds)], folds[max(folds)]
    stamps = bars.index
    spans = [
        f"fold {fold.number} trains on {stamps[fold.train.start]:%Y-%m-%d} to "
        f"{stamps[fold.train.stop - 1]:%Y-%m-%d}, tests {stamps[fold.tests[0].start]:%Y-%m-%d} to "
        f"{stamps[fold.tests[-1].stop - 1]:%Y-%m-%d}"
        for fold in (first, last)
    ]
    n_seeds = len(jobs) // len(folds)
    seeds = "1 seed" if n_seeds == 1 else f"{n_seeds} seeds"
    return f"{len(folds)} folds, {seeds}: " + "; ".join(dict.fromkeys(spans))


class _Told:
    """Prints a line for each fold that is there."""

    def __init__(self, n_jobs: int, clock: Clock):
        self._n_jobs, self._clock = n_jobs, clock
        self._started = clock.now()
        self._n_kept = self._n_done = 0

    def finished(self, outcome: FoldOutcome, is_kept: bool) -> None:
        """Print what a fold made, and about how long the others will take."""
        self._n_kept += is_kept
        self._n_done += not is_kept
        there = self._n_kept + self._n_done
        net = sum(float(result.equity[-1] - result.equity[0]) for result in outcome.results)
        news = "kept, as it was finished before" if is_kept else f"{net:+,.2f} USD net when tested"
        left = "" if is_kept or there == self._n_jobs else f", about {self._left()} left"
        console.print(f"{outcome.name}: {news} ({there} of {self._n_jobs}{left})")

    def _left(self) -> str:
        """Return the time that the missing folds will take if they are as long as those so far."""
        elapsed = (self._clock.now() - self._started).total_seconds()
        n_missing = self._n_jobs - self._n_kept - self._n_done
        seconds = elapsed / self._n_done * n_missing
        return f"{seconds:.0f} s" if seconds < 120.0 else f"{seconds / 60.0:.0f} min"
