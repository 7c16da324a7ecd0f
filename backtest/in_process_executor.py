"""Jobs one after the other in this process, where a task may show its progress."""

from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from backtest.executor import JobT, OutcomeT
from backtest.task_failure import Failure, attempt, raise_failure
from models.determinism import torch_threads


class InProcessExecutor:
    """Does each job when its outcome is asked for, with one thread of torch, as workers have."""

    def run(
        self,
        task: Callable[[pd.DataFrame, JobT], OutcomeT],
        jobs: Iterable[JobT],
        bars: pd.DataFrame,
    ) -> Iterator[tuple[int, OutcomeT]]:
        """Yield each job's outcome in turn, as `Executor` says."""
        for number, job in enumerate(jobs):
            with torch_threads(1):
                outcome = attempt(task, bars, job)
            if isinstance(outcome, Failure):
                raise_failure(job.name, outcome)
            yield number, outcome
