"""Jobs on the machines of a Ray cluster, each of which holds one copy of the bars.

Ray does a job again whose worker or machine died. Outcomes are fetched as soon as they are there.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from backtest.code_mark import code_mark
from backtest.executor import ATTEMPTS, Job, JobT, OutcomeT
from backtest.packed_bars import pack
from backtest.ray_connection import checked_address, connected, imported_ray
from backtest.ray_worker import Shipment, do_job
from backtest.task_failure import Failure, raise_failure
from backtest.termination import terminated_in_order
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT
from utils.threads import ONE_THREAD

WORKER_VARIABLES = {**ONE_THREAD, "PYTHONPATH": str(PROJECT_ROOT)}
"""Set before a worker starts: its threads, and where each machine has this checkout."""


class RayExecutor:
    """Does several jobs at a time, each in a worker with one processor and one thread."""

    def __init__(self, address: str | None, workers: int | None = None):
        """Work on the cluster at `address`, with up to `workers` jobs at a time.

        Raises:
            ConfigError: If the address is missing or cannot be one.
            NotAvailableError: If Ray is not installed.
        """
        self._address = checked_address(address)
        self._workers = workers
        imported_ray()

    def run(
        self,
        task: Callable[[pd.DataFrame, JobT], OutcomeT],
        jobs: Iterable[JobT],
        bars: pd.DataFrame,
    ) -> Iterator[tuple[int, OutcomeT]]:
        """Yield numbers and outcomes as jobs are finished, as `Executor` says."""
        with connected(self._address, self._workers) as ray, terminated_in_order():
            crew = _Crew(ray, self._workers, task, bars)
            try:
                yield from _outcomes(crew, iter(jobs))
            finally:
                crew.stop()


class _Crew:
    """The cluster's workers, and the jobs that are under way."""

    def __init__(self, ray: Any, workers: int | None, task: Any, bars: pd.DataFrame):
        self._ray, self._workers = ray, workers
        blocks: list[Any] = []

        def allocate(n_bytes: int) -> memoryview:
            blocks.append(np.zeros(n_bytes, dtype=np.uint8))
            return memoryview(blocks[0].data)

        shipment = Shipment(task=task, packed=pack(bars, allocate), code=code_mark())
        self._block, self._shipment = ray.put(blocks[0]), ray.put(shipment)
        self._remote = ray.remote(do_job).options(
            num_cpus=1,
            max_retries=ATTEMPTS - 1,
            scheduling_strategy="SPREAD",
            runtime_env={"env_vars": WORKER_VARIABLES},
        )
        self._under_way: dict[Any, tuple[int, Job]] = {}

    @property
    def has_room(self) -> bool:
        """Whether one more job can be begun; machines that join later count."""
        most = self._workers
        if most is None:
            most = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        return len(self._under_way) < most

    @property
    def is_busy(self) -> bool:
        """Whether a job is under way."""
        return bool(self._under_way)

    def begin(self, number: int, job: Job) -> None:
        """Let the cluster do a job."""
        self._under_way[self._remote.remote(self._block, self._shipment, job)] = (number, job)

    def answer(self) -> tuple[int, Job, Any]:
        """Wait for an answer: number and job, and its outcome or Failure."""
        ready, _ = self._ray.wait(list(self._under_way), num_returns=1)
        number, job = self._under_way.pop(ready[0])
        return number, job, self._fetched(ready[0])

    def _fetched(self, reference: Any) -> Any:
        try:
            # Our own worker made it from a job of ours; it never lay on a disk of ours.
            return pickle.loads(self._ray.get(reference))  # noqa: S301
        except self._ray.exceptions.RayTaskError as error:
            message = f"a worker cannot begin ({_line(error.cause)}); {SAME_CHECKOUT}"
        except self._ray.exceptions.RuntimeEnvSetupError as error:
            message = f"a machine cannot set a worker up ({_line(error)}); {SAME_CHECKOUT}"
        except self._ray.exceptions.RayError as error:
            message = (
                f"its worker died {ATTEMPTS} times ({_line(error)}); if memory ran out, start "
                f"fewer workers per machine (ray start --num-cpus)"
            )
        return Failure(kind=ConfigError, message=message, trace="")

    def stop(self) -> None:
        """End all that is under way, at once."""
        while self._under_way:
            self._ray.cancel(self._under_way.popitem()[0], force=True)


SAME_CHECKOUT = f"each machine needs the same checkout in `{PROJECT_ROOT}`, and its packages"


def _line(error: BaseException) -> str:
    """Return the beginning of what an error says, in one line."""
    return " ".join(str(error).split())[:200]


def _outcomes(crew: _Crew, jobs: Iterator[JobT]) -> Iterator[tuple[int, Any]]:
    """Yield numbers and outcomes; raise the first failure once nothing is under way any more."""
    waiting = enumerate(jobs)
    failed: list[tuple[Job, Failure]] = []
    while True:
        while crew.has_room and not failed:
            numbered = next(waiting, None)
            if numbered is None:
                break
            crew.begin(*numbered)
        if not crew.is_busy:
            break
        number, job, answer = crew.answer()
        if isinstance(answer, Failure):
            failed.append((job, answer))
        else:
            yield number, answer
    if failed:
        raise_failure(failed[0][0].name, failed[0][1])
