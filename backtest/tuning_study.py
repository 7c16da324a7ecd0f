"""The study behind a tuning: what it is a study of, who draws its values, what prunes its trials.

Trials are counted by *rank*: how many before it did not fail. The sampler of a trial is seeded by
the study's seed and that rank, so that a study which was killed and goes on draws what it would
have drawn at one go, and two processes never draw the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna import Study, Trial
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from backtest.search_space import SearchSpace
from config.settings import Settings
from utils.errors import ConfigError
from utils.registry import lookup

IDENTITY = "identity"
"""The study's attribute that says what it is a study of."""

REDONE = "redone_from"
"""The trial's attribute that names the failed one whose values it tries again."""

N_STARTUP_TRIALS = 5
"""Trials that the median is not yet taken of."""

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)

SAMPLERS: Mapping[str, Callable[[int], BaseSampler]] = {
    "tpe": lambda seed: TPESampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
}
"""By name: made of a seed."""

PRUNERS: Mapping[str, Callable[[int], BasePruner]] = {
    "median": lambda n_folds: MedianPruner(n_startup_trials=N_STARTUP_TRIALS),
    "hyperband": lambda n_folds: HyperbandPruner(min_resource=1, max_resource=max(n_folds, 1)),
    "none": lambda n_folds: NopPruner(),
}
"""By name: made of the number of folds, each of which is one step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """Which study, and how it searches.

    Attributes:
        name: Of the study in its storage.
        sampler: Key of SAMPLERS.
        pruner: Key of PRUNERS.
        seed: Of the sampler.
        n_folds: Steps of a trial.
        identity: What must be the same whenever the study goes on: words to JSON values.
    """

    name: str
    sampler: str
    pruner: str
    seed: int
    n_folds: int
    identity: Mapping[str, Any]


def identity_of(
    settings: Settings, space: SearchSpace, others: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what makes a study what it is, by dotted names.

    Args:
        settings: What all trials have in common; values that are searched do not count.
        space: What is searched.
        others: Further entries.
    """
    tables = settings.model_dump(mode="json", include={"env", "agent", "train", "folds"})
    common = {f"{table}.{name}": value for table in tables for name, value in tables[table].items()}
    kept = {name: value for name, value in common.items() if name not in space}
    searched = {f"search of {name}": str(dimension) for name, dimension in space.items()}
    return {**kept, **searched, **others}


def open_study(storage: RDBStorage, plan: StudyPlan) -> Study:
    """Make a study, or go on with the one of that name.

    Raises:
        ConfigError: If sampler or pruner is unknown, or the study is one of something else.
    """
    make_sampler = lookup(SAMPLERS, plan.sampler, "sampler")
    make_pruner = lookup(PRUNERS, plan.pruner, "pruner")
    study = optuna.create_study(
        storage=storage,
        study_name=plan.name,
        direction="maximize",
        load_if_exists=True,
        pruner=make_pruner(plan.n_folds),
    )
    _check_identity(study, plan)
    study.sampler = RankedSampler(make_sampler, plan.seed, lambda number: rank(study, number))
    return study


def _check_identity(study: Study, plan: StudyPlan) -> None:
    """Note what a new study is of, or refuse to go on with one of something else."""
    if IDENTITY not in study.user_attrs:
        study.set_user_attr(IDENTITY, dict(plan.identity))
    earlier = study.user_attrs[IDENTITY]
    for name in sorted({*plan.identity, *earlier}):
        had, has = earlier.get(name), plan.identity.get(name)
        if had != has:
            raise ConfigError(
                f"the study `{plan.name}` is one of another {name}: it has {had}, asked for is "
                f"{has}; go on with the same, or choose another --study"
            )


def rank(study: Study, number: int) -> int:
    """Return how many trials before trial `number` did not fail: done, under way or waiting."""
    trials = study.get_trials(deepcopy=False)
    return sum(t.number < number and t.state != TrialState.FAIL for t in trials)


def n_finished(study: Study) -> int:
    """Return how many trials have been completed or pruned."""
    return len(study.get_trials(deepcopy=False, states=FINISHED))


def fail(study: Study, trial: Trial | FrozenTrial, space: SearchSpace) -> bool:
    """Mark a running trial as failed, and queue its values to be tried again.

    Args:
        study: The trial's.
        trial: Running; where another process has ended it by now, nothing is done.
        space: Of the study. Where the trial lacks some of its values, nothing is queued: the
            sampler will draw the same again.

    Returns:
        Whether it was this call that ended the trial.
    """
    try:
        study.tell(trial.number, state=TrialState.FAIL)
    except (ValueError, optuna.exceptions.UpdateFinishedTrialError):
        return False
    if set(trial.params) == set(space):
        study.enqueue_trial(trial.params, user_attrs={REDONE: trial.number})
    return True


class RankedSampler(BaseSampler):
    """Another sampler, made anew for each trial of a seed of its own."""

    def __init__(
        self, make: Callable[[int], BaseSampler], seed: int, rank_of: Callable[[int], int]
    ):
        """Prepare.

        Args:
            make: Makes a sampler of a seed.
            seed: Of the study.
            rank_of: From a trial's number to its rank.
        """
        self._make = make
        self._seed = seed
        self._rank_of = rank_of
        self._samplers: dict[int, BaseSampler] = {}

    def _of(self, trial: FrozenTrial) -> BaseSampler:
        if trial.number not in self._samplers:
            words = np.random.SeedSequence((self._seed, self._rank_of(trial.number)))
            self._samplers[trial.number] = self._make(int(words.generate_state(1)[0]))
        return self._samplers[trial.number]

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Ask the trial's own sampler."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Ask the trial's own sampler."""
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Ask the trial's own sampler."""
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)
