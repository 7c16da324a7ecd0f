"""Where many jobs over the same bars are done: in this process, in several, or on a cluster.

A task is a function of a module, `(bars, job) -> outcome`. Jobs and outcomes are small frozen
dataclasses that can be pickled, since they travel between processes; the bars do not travel with
them. A cluster's machines share no disk, so a task returns the files that it makes as bytes, and
the caller writes them as each job is finished.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

import pandas as pd

from utils.errors import ConfigError
from utils.registry import lookup

ATTEMPTS = 3
"""How often a job is begun whose worker dies each time."""


class Job(Protocol):
    """What a task is given beside the bars, e.g. one fold and one seed."""

    @property
    def name(self) -> str:
        """What errors call it, e.g. "fold_2 seed 1"."""


JobT = TypeVar("JobT", bound=Job)
OutcomeT = TypeVar("OutcomeT")


class Executor(Protocol):
    """Does jobs, and nothing is lost: what was finished is yielded before an error is raised."""

    def run(
        self,
        task: Callable[[pd.DataFrame, JobT], OutcomeT],
        jobs: Iterable[JobT],
        bars: pd.DataFrame,
    ) -> Iterator[tuple[int, OutcomeT]]:
        """Yield the number of a job, from 0, and its outcome, as each is finished.

        A job is taken from `jobs` when somebody is free to do it, so that a generator may make it
        of the outcomes so far. Leaving the loop stops all work.

        Args:
            task: Must depend on nothing but its arguments: it may be done again elsewhere.
            jobs: What to do, in the order in which it is begun.
            bars: Checked bars. A task must not write into them, and where they are shared cannot.

        Raises:
            FuturesGymError: As the task raised it, the job named. No further job is begun; those
                under way are finished and yielded first.
            TaskFailedError: If the task raised anything else.
            ConfigError: If a job's worker died again and again, or the cluster cannot be used.
        """


def make_executor(name: str, workers: int | None = None, address: str | None = None) -> Executor:
    """Return the executor called `name`.

    Args:
        name: "local" for this machine, "ray" for a Ray cluster.
        workers: Jobs at a time, >= 1. None is one in this process, or every processor of the
            cluster.
        address: Of the Ray cluster, e.g. "10.0.0.5:6379"; "local" starts one on this machine for
            as long as the jobs take.

    Raises:
        ConfigError: For an unknown name, a wrong number, a missing or useless address, or where
            Ray is not installed.
    """
    if workers is not None and workers < 1:
        raise ConfigError(f"`workers` must be >= 1, was {workers}; each does one job at a time")
    return lookup(EXECUTORS, name, "executor")(workers, address)


def _local(workers: int | None, address: str | None) -> Executor:
    if address is not None:
        raise ConfigError(f"a Ray address is for `--executor ray`, was {address}; leave it out")
    if workers is None or workers == 1:
        from backtest.in_process_executor import InProcessExecutor  # noqa: PLC0415 - loads torch

        return InProcessExecutor()
    from backtest.local_executor import LocalExecutor  # noqa: PLC0415 - seldom needed

    return LocalExecutor(workers)


def _ray(workers: int | None, address: str | None) -> Executor:
    from backtest.ray_executor import RayExecutor  # noqa: PLC0415 - an extra, and slow to import

    return RayExecutor(address, workers)


EXECUTORS: dict[str, Callable[[int | None, str | None], Executor]] = {
    "local": _local,
    "ray": _ray,
}
"""How each is made of `workers` and `address`."""
