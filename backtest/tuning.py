"""The search itself: which trial is begun, which fold of it is next, and when it is over.

Trials are measured one after the other, or side by side where an executor has several workers. A
trial goes on to its next fold once all seeds of the last one are in, unless it is pruned then. Only
this process reads or writes the study; workers know bars and jobs, and nothing else.

Warning:
    The bars that trials see end where the held back ones begin. Every trial is a look at the scored
    blocks, and the best one's score is the best of many: what the best settings are worth is only
    told by the bars that were held back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pandas as pd
from optuna import Study
from optuna.trial import TrialState

from backtest.executor import Executor
from backtest.tuning_owner import Owner
from backtest.tuning_score import TrialRecord
from backtest.tuning_task import Scored, ScoreJob, score_task
from backtest.tuning_trials import OpenTrial, Trials, TuningPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A trial that got through a fold, or is over.

    Attributes:
        trial: Optuna's number of it.
        state: RUNNING where there is a fold to come.
        record: What it did; None where its settings were refused.
        refusal: Why they were.
    """

    trial: int
    state: TrialState
    record: TrialRecord | None = None
    refusal: str | None = None


class Listener(Protocol):
    """Who is told how a tuning goes on."""

    def log(self, trial: OpenTrial, record: TrialRecord) -> None:
        """Write a trial that was scored into the log of trials, before the study knows of it.

        Whoever is killed between the two tries the trial again, which is no further trial.
        """

    def show(self, progress: Progress) -> None:
        """Say how far a trial is."""


class Tuning:
    """Adds trials to a study until it has enough of them."""

    def __init__(self, study: Study, plan: TuningPlan, owner: Owner, listener: Listener):
        """Prepare.

        Args:
            study: Opened for this plan.
            plan: What is searched.
            owner: This process; entered.
            listener: Is told of each trial.
        """
        self._trials = Trials(study, plan, owner)
        self._plan = plan
        self._listener = listener
        self._open: list[OpenTrial] = []
        self._begun: list[tuple[OpenTrial, int]] = []

    @property
    def n_elsewhere(self) -> int:
        """Trials that other processes have under way."""
        return len(self._trials.running()) - len(self._open)

    def run(self, executor: Executor, bars: pd.DataFrame) -> None:
        """Search until there are enough trials, or the time is over.

        Args:
            executor: Where folds are trained and scored.
            bars: Those that trials may see.

        Raises:
            ConfigError: If every one of the first trials was refused.
            KeyboardInterrupt: Passed on; trials under way are queued to be tried again.
        """
        try:
            self._trials.wait_for_marks()
            while self._did_any(executor, bars):
                pass
        except BaseException:
            self._trials.give_up(self._open)
            raise

    def _did_any(self, executor: Executor, bars: pd.DataFrame) -> bool:
        """Do jobs until none is to be had for a moment; return whether there were any."""
        self._begun = []
        for number, outcome in executor.run(score_task, self._jobs(), bars):
            self._take(*self._begun[number], outcome)
        return bool(self._begun)

    def _jobs(self) -> Iterator[ScoreJob]:
        """Yield what can be done now: seeds of folds under way, or else a new trial."""
        while (each := self._next_trial()) is not None:
            seed = each.n_begun
            each.n_begun += 1
            self._begun.append((each, seed))
            yield ScoreJob(
                trial=each.trial.number,
                fold=self._plan.folds[len(each.folds)],
                seed=self._plan.seeds[seed],
                settings=each.settings,
            )

    def _next_trial(self) -> OpenTrial | None:
        for each in self._open:
            if each.n_begun < len(self._plan.seeds):
                return each
        fresh = self._trials.asked()
        if fresh is not None:
            self._open.append(fresh)
        return fresh

    def _take(self, each: OpenTrial, seed: int, outcome: Scored) -> None:
        """Note an outcome, and what follows from it; a trial that is over is not asked any more."""
        if each not in self._open:
            return
        if not self._trials.is_ours(each):
            self._open.remove(each)
            return
        each.outcomes[seed] = outcome
        if outcome.refusal is None and len(each.outcomes) < len(self._plan.seeds):
            return
        if outcome.refusal is None:
            self._close_fold(each)
        else:
            self._open.remove(each)
            self._trials.refuse(each.trial, outcome.refusal)
            refused = Progress(
                trial=each.trial.number, state=TrialState.PRUNED, refusal=outcome.refusal
            )
            self._listener.show(refused)

    def _close_fold(self, each: OpenTrial) -> None:
        """Report on a fold of which all seeds are in."""
        each.folds.append(tuple(each.outcomes[seed] for seed in sorted(each.outcomes)))
        each.outcomes, each.n_begun = {}, 0
        record = TrialRecord(folds=tuple(each.folds), penalty=self._plan.penalty)
        state = self._trials.report(each, record)
        if state != TrialState.RUNNING:
            self._listener.log(each, record)
            self._trials.end(each, record, state)
            self._open.remove(each)
        self._listener.show(Progress(trial=each.trial.number, state=state, record=record))
