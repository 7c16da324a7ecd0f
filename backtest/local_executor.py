"""Jobs in processes of this machine, all of which read one copy of the bars."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import Any

import pandas as pd

from backtest.executor import ATTEMPTS, Job, JobT, OutcomeT
from backtest.local_worker import Worker
from backtest.shared_bars import SharedBars, SharedTicket
from backtest.task_failure import Failure, raise_failure
from backtest.termination import terminated_in_order
from utils.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assignment:
    """A job, its number, and how often it was begun."""

    number: int
    job: Job
    begun: int = 0


class LocalExecutor:
    """Does several jobs at a time, each in a process with one thread.

    A job whose worker dies, killed or out of memory, is done again by a new one.
    """

    def __init__(self, workers: int):
        """Do up to `workers` jobs at a time."""
        self._workers = workers

    def run(
        self,
        task: Callable[[pd.DataFrame, JobT], OutcomeT],
        jobs: Iterable[JobT],
        bars: pd.DataFrame,
    ) -> Iterator[tuple[int, OutcomeT]]:
        """Yield numbers and outcomes as jobs are finished, as `Executor` says."""
        shared = SharedBars(bars)
        team = _Team(task, shared.ticket, self._workers)
        try:
            with terminated_in_order():
                yield from _outcomes(team, iter(jobs))
            team.dismiss()
        finally:
            team.stop()
            shared.close()


class _Team:
    """The workers: those that do a job, and those that wait for one."""

    def __init__(self, task: Any, ticket: SharedTicket, most: int):
        self._task, self._ticket, self._most = task, ticket, most
        self._idle: list[Worker] = []
        self._busy: dict[Any, tuple[Worker, _Assignment]] = {}

    @property
    def has_room(self) -> bool:
        """Whether one more job can be begun."""
        return len(self._busy) < self._most

    @property
    def is_busy(self) -> bool:
        """Whether a job is under way."""
        return bool(self._busy)

    def begin(self, assignment: _Assignment) -> None:
        """Give a job to a worker, a new one where none waits."""
        worker = self._idle.pop() if self._idle else Worker(self._task, self._ticket)
        begun = replace(assignment, begun=assignment.begun + 1)
        self._busy[worker.connection] = (worker, begun)
        worker.give(assignment.job)

    def answers(self) -> Iterator[tuple[_Assignment, Any]]:
        """Wait for an answer, then yield all that are there; a `_Death` is one of a dead worker."""
        for connection in wait(list(self._busy)):
            worker, assignment = self._busy.pop(connection)
            try:
                answer = worker.answer()
            except EOFError:
                answer = _Death(ending=worker.stop())
            else:
                self._idle.append(worker)
            yield assignment, answer

    def dismiss(self) -> None:
        """Let those that wait end in order."""
        while self._idle:
            self._idle.pop().dismiss()

    def stop(self) -> None:
        """End all at once."""
        while self._idle:
            self._idle.pop().stop()
        while self._busy:
            self._busy.popitem()[1][0].stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Death:
    """A worker that died: in which way."""

    ending: str


def _outcomes(team: _Team, jobs: Iterator[JobT]) -> Iterator[tuple[int, Any]]:
    """Yield numbers and outcomes; raise the first failure once nothing is under way any more."""
    waiting = (_Assignment(number=number, job=job) for number, job in enumerate(jobs))
    again: deque[_Assignment] = deque()
    failed: list[tuple[_Assignment, Failure]] = []
    while True:
        while team.has_room and not failed:
            assignment = again.popleft() if again else next(waiting, None)
            if assignment is None:
                break
            team.begin(assignment)
        if not team.is_busy:
            break
        for assignment, answer in team.answers():
            if isinstance(answer, Failure):
                failed.append((assignment, answer))
            elif not isinstance(answer, _Death):
                yield assignment.number, answer
            elif assignment.begun < ATTEMPTS:
                again.append(assignment)
            else:
                failed.append((assignment, _too_often(answer)))
    if failed:
        raise_failure(failed[0][0].job.name, failed[0][1])


def _too_often(death: _Death) -> Failure:
    message = (
        f"its worker died {ATTEMPTS} times, last {death.ending}; if memory ran out, use fewer "
        f"workers or a machine with more"
    )
    return Failure(kind=ConfigError, message=message, trace="")
