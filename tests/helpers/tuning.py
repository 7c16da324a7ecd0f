"""Tunings without any training: what a trial scores is made up of its settings, in a moment."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from optuna import Study

from backtest.search_space import Choices, Range, SearchSpace
from backtest.tuning import Progress, Tuning
from backtest.tuning_owner import Owner
from backtest.tuning_score import TrialRecord
from backtest.tuning_storage import open_storage
from backtest.tuning_study import StudyPlan, identity_of, open_study
from backtest.tuning_task import Scored, ScoreJob
from backtest.tuning_trials import OpenTrial, TuningPlan
from config.settings import FoldSettings, Settings
from data.planned_folds import PlannedFold
from tests.helpers.clocks import StoppedClock

SPACE: SearchSpace = {
    "agent.learning_rate": Range(low=1e-4, high=1e-2, log=True),
    "agent.hidden_size": Range(low=4, high=64, is_whole=True),
    "env.lookback_window": Choices(values=(4, 8, 16)),
}

NOON = "2025-06-02T12:00:00+00:00"

DATES = ("2025-01-02", "2025-01-06", "2025-01-08")
"""First session of each fold; the fold's last one is a day later."""


def plan_of(
    n_trials: int, n_folds: int = 2, seeds: tuple[int, ...] = (0, 1), **changes
) -> TuningPlan:
    """Return a plan whose folds are never looked at."""
    folds = tuple(
        PlannedFold(number=number + 1, train=slice(0, 1), validation=None, tests=(slice(1, 2),))
        for number in range(n_folds)
    )
    settings = Settings(folds=FoldSettings(seeds=seeds))
    return TuningPlan(settings=settings, space=SPACE, folds=folds, n_trials=n_trials, **changes)


def scored(returns: tuple[float, ...], fold: int = 1, **changes) -> Scored:
    """Return an outcome on the sessions of a fold."""
    first = DATES[fold - 1]
    last = first[:-1] + str(int(first[-1]) + 1)
    return Scored(returns=returns, first_session=first, last_session=last, **changes)


def made_up(job: ScoreJob) -> Scored:
    """Return returns that are best where the step size is 0.001; every seed has its own noise."""
    distance = abs(math.log10(job.settings.agent.learning_rate) + 3.0)
    drift = 0.002 - 0.002 * distance + 0.0001 * job.seed
    return scored((drift - 0.01, drift + 0.01, drift + 0.005, drift), job.fold.number)


@dataclass(frozen=True, slots=True)
class MadeUp:
    """An executor that scores each job at once."""

    score: Callable[[ScoreJob], Scored] = made_up

    def run(self, task, jobs, bars) -> Iterator[tuple[int, Scored]]:
        """Yield what each job scores."""
        for number, job in enumerate(jobs):
            yield number, self.score(job)


@dataclass(slots=True)
class Heard:
    """A listener that keeps what it was told."""

    logged: list[tuple[int, TrialRecord]] = field(default_factory=list)
    shown: list[Progress] = field(default_factory=list)

    def log(self, trial: OpenTrial, record: TrialRecord) -> None:
        """Keep the trial's number and record."""
        self.logged.append((trial.trial.number, record))

    def show(self, progress: Progress) -> None:
        """Keep the news."""
        self.shown.append(progress)


def study_of(url: str, plan: TuningPlan, name: str = "s", **changes) -> Study:
    """Open the study of a plan."""
    values = {"sampler": "tpe", "pruner": "none", "seed": 3, **changes}
    identity = identity_of(plan.settings, plan.space, {})
    own = StudyPlan(name=name, n_folds=len(plan.folds), identity=identity, **values)
    return open_study(open_storage(url), own)


def search(url: str, plan: TuningPlan, folder: Path, executor=MadeUp(), **changes) -> Study:
    """Run a plan to its end, and return its study."""
    study = study_of(url, plan, **changes)
    with Owner(study, folder / "owners", StoppedClock(NOON)) as owner:
        Tuning(study, plan, owner, Heard()).run(executor, None)
    return study


def slowly(job: ScoreJob) -> Scored:
    """Return what is made up, after a moment in which somebody else may come in."""
    time.sleep(0.02)
    return made_up(job)


def stuck_from(trial: int, sign: Path) -> Callable[[ScoreJob], Scored]:
    """Return a scorer that leaves a sign and never returns from a trial's second fold."""

    def score(job: ScoreJob) -> Scored:
        if job.trial == trial and job.fold.number == 2:
            sign.write_text(str(os.getpid()))
            time.sleep(600.0)
        return made_up(job)

    return score


def main() -> None:
    """Run a plan in a process of its own: URL, folder, trials, and a trial to be stuck in."""
    url, folder, n_trials, stuck = sys.argv[1:]
    place = Path(folder)
    score = slowly if stuck == "none" else stuck_from(int(stuck), place / "stuck")
    search(url, plan_of(int(n_trials)), place, MadeUp(score))


if __name__ == "__main__":
    main()
