"""A tuning's dealings with its study: trials are asked for, reported on, ended and queued again.

When which trial is measured is left to `tuning.py`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from optuna import Study, Trial
from optuna.trial import FrozenTrial, TrialState

from backtest.search_space import SearchSpace, Value, drawn, with_values
from backtest.tuning_owner import OWNER, Owner
from backtest.tuning_score import TrialRecord
from backtest.tuning_study import fail, n_finished, rank
from backtest.tuning_task import Scored
from config.settings import Settings
from data.planned_folds import PlannedFold
from utils.errors import ConfigError

REFUSED = "refused"
"""The trial's attribute that says why its settings were refused."""

WITHDRAWN = "withdrawn"
"""The trial's attribute where another process had begun the last one that was asked for."""

RECORD = "record"
"""The trial's attribute with its figures, see `figures_of`."""

SAME = "same_as"
"""The trial's attribute that names an earlier one with the very same values."""

MOST_REFUSED = 10
"""Trials that may be refused before one is scored: if all are, the fault lies not with them."""

UNMARKED_SECONDS = 30.0
"""How long a trial may run without a mark of its process before it counts as a dead one's."""

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningPlan:
    """What is searched, and how long.

    Attributes:
        settings: What every trial has in common.
        space: What they differ in.
        folds: Of the bars that trials may see, oldest first.
        n_trials: Trials that the study shall have in the end, pruned and refused ones too.
        timeout_seconds: After which no further trial is begun; None: never.
        penalty: See `tuning_score.py`.
    """

    settings: Settings
    space: SearchSpace
    folds: tuple[PlannedFold, ...]
    n_trials: int
    timeout_seconds: float | None = None
    penalty: float = 0.0

    @property
    def seeds(self) -> tuple[int, ...]:
        """Each fold is trained once with each."""
        return self.settings.folds.seeds


@dataclass(slots=True, kw_only=True, eq=False)
class OpenTrial:
    """A trial under way.

    Attributes:
        trial: Optuna's.
        settings: With its values.
        folds: Outcomes of the folds that are done, in the order of the seeds.
        outcomes: Of the fold under way, by number of the seed.
        n_begun: Seeds of that fold that have been handed out.
    """

    trial: Trial
    settings: Settings
    folds: list[tuple[Scored, ...]] = field(default_factory=list)
    outcomes: dict[int, Scored] = field(default_factory=dict)
    n_begun: int = 0


class Trials:
    """The study, as one of the processes sees it that add trials to it."""

    def __init__(self, study: Study, plan: TuningPlan, owner: Owner):
        """Prepare.

        Args:
            study: Opened for this plan.
            plan: What is searched.
            owner: This process; entered.
        """
        self.study = study
        self._plan = plan
        self._owner = owner
        self._began = time.monotonic()

    def asked(self) -> OpenTrial | None:
        """Return a new trial, marked as this process's; None where none is to be begun.

        Raises:
            ConfigError: If MOST_REFUSED trials were refused and not one was scored.
        """
        while self._is_one_missing():
            trial = self.study.ask()
            trial.set_user_attr(OWNER, self._owner.token)
            values = drawn(trial, self._plan.space)
            if rank(self.study, trial.number) >= self._plan.n_trials:
                self._withdraw(trial)
            elif (twin := self._twin_of(values)) is not None:
                self._repeat(trial, twin)
            elif (settings := self._settings_of(trial, values)) is not None:
                return OpenTrial(trial=trial, settings=settings)
        return None

    def refuse(self, trial: Trial, why: str) -> None:
        """End a trial whose settings contradict each other, or do not fit the bars.

        Raises:
            ConfigError: If MOST_REFUSED trials were refused and not one was scored.
        """
        trial.set_user_attr(REFUSED, why)
        self.study.tell(trial, state=TrialState.PRUNED)
        over = finished(self.study)
        if len(over) >= MOST_REFUSED and all(REFUSED in each.user_attrs for each in over):
            raise ConfigError(f"each of the first {len(over)} trials was refused, the last: {why}")

    def report(self, each: OpenTrial, record: TrialRecord) -> TrialState:
        """Report on the folds so far; return PRUNED or COMPLETE where that shall be all.

        Nothing is ended yet. RUNNING is a trial with a fold to come.
        """
        each.trial.report(record.score, step=len(each.folds))
        if len(each.folds) == len(self._plan.folds):
            return TrialState.COMPLETE
        return TrialState.PRUNED if each.trial.should_prune() else TrialState.RUNNING

    def end(self, each: OpenTrial, record: TrialRecord, state: TrialState) -> None:
        """Note a trial's figures, and end it."""
        each.trial.set_user_attr(RECORD, figures_of(record))
        value = record.score if state == TrialState.COMPLETE else None
        self.study.tell(each.trial, value, state=state)

    def is_ours(self, each: OpenTrial) -> bool:
        """Return whether a trial still runs: another process may have given this one up as dead."""
        return any(trial.number == each.trial.number for trial in self.running())

    def give_up(self, trials: Sequence[OpenTrial]) -> None:
        """Queue trials to be tried again."""
        for each in trials:
            fail(self.study, each.trial, self._plan.space)

    def running(self) -> list[FrozenTrial]:
        """Return the trials under way in any process."""
        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    def wait_for_marks(self) -> None:
        """Free what was killed in the moment before it was marked as its process's."""
        limit = time.monotonic() + UNMARKED_SECONDS
        while unmarked := [each for each in self.running() if OWNER not in each.user_attrs]:
            if time.monotonic() >= limit:
                for trial in unmarked:
                    fail(self.study, trial, self._plan.space)
            time.sleep(POLL_SECONDS)

    def _is_one_missing(self) -> bool:
        """Return whether a trial more is to be begun, once what dead processes left is freed."""
        limit = self._plan.timeout_seconds
        if limit is not None and time.monotonic() - self._began >= limit:
            return False
        for trial in self.running():
            if self._owner.is_lost(trial):
                fail(self.study, trial, self._plan.space)
        return n_finished(self.study) + len(self.running()) < self._plan.n_trials

    def _withdraw(self, trial: Trial) -> None:
        trial.set_user_attr(WITHDRAWN, True)
        self.study.tell(trial, state=TrialState.FAIL)

    def _twin_of(self, values: dict[str, Value]) -> FrozenTrial | None:
        """Return a trial with the very same values that is over: it would only be done again."""
        return next((each for each in finished(self.study) if each.params == values), None)

    def _repeat(self, trial: Trial, twin: FrozenTrial) -> None:
        """End a trial as its twin was, so that the sampler hears of it and no time is lost."""
        for step, value in twin.intermediate_values.items():
            trial.report(value, step=step)
        for name in (RECORD, REFUSED):
            if name in twin.user_attrs:
                trial.set_user_attr(name, twin.user_attrs[name])
        trial.set_user_attr(SAME, twin.number)
        is_whole = twin.state == TrialState.COMPLETE
        self.study.tell(trial, twin.value if is_whole else None, state=twin.state)

    def _settings_of(self, trial: Trial, values: dict[str, Value]) -> Settings | None:
        """Return a trial's settings, or None where they are refused."""
        try:
            return with_values(self._plan.settings, values, f"trial {trial.number}")
        except ConfigError as error:
            self.refuse(trial, str(error))
            return None


def finished(study: Study) -> list[FrozenTrial]:
    """Return the trials that were completed or pruned, by number."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def figures_of(record: TrialRecord) -> dict[str, Any]:
    """Return what a study keeps of a trial, as JSON values.

    The session returns are those of the median seed: a record that could have been had, where a
    mean over seeds could not.
    """
    outcomes = [outcome for fold in record.folds for outcome in fold]
    return {
        "dispersion": record.dispersion,
        "net_usd": [outcome.net_usd for outcome in outcomes],
        "n_trades": [outcome.n_trades for outcome in outcomes],
        "seed_scores": record.seed_scores.tolist(),
        "span": list(record.span),
        "returns": record.returns_of(record.median_seed).tolist(),
    }
