"""What many folds cost on several workers: how many an hour, what each costs beside its work.

Ray's workers are on a cluster of two nodes that is started here, on this machine, and ended again.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

import pandas as pd

from backtest.executor import Executor
from backtest.local_executor import LocalExecutor
from backtest.ray_connection import QUIET, imported_ray
from backtest.ray_executor import RayExecutor
from backtest.shared_bars import OpenedBars, SharedBars
from data.synthetic import synthetic_bars
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.scale_task import TESTED, Done, Work, fold, nothing
from utils.errors import NotAvailableError, SimulationError

SUITE = "scale"
TRAINED = 100_000
STORE_BYTES = 300_000_000
HOUR = 3_600.0
WIDE_COLUMNS = 3
"""Beside OHLCV: eight columns in all."""


def scale_suite(quick: bool) -> Iterator[BenchLine]:
    """Yield folds an hour, overheads and transfers of local workers, then of Ray's.

    Raises:
        SimulationError: If two executors did not come to the same results.
    """
    n_folds, n_idle, n_wide = (4, 8, 20_000) if quick else (16, 200, 1_000_000)
    bars = synthetic_bars(TRAINED + TESTED + n_folds, "overreaction", seed=0)
    jobs = [Work(start=row, stop=row + TRAINED) for row in range(n_folds)]
    wide = _wide(n_wide)
    yield from _share_lines(wide)
    idle = [Work(start=row, stop=row + 1) for row in range(n_idle)]
    expected, lines = _lines("local", LocalExecutor, (fold, jobs, bars), (idle, wide))
    yield from lines
    try:
        imported_ray()
    except NotAvailableError:
        return
    with _two_nodes() as address:
        found, lines = _lines(
            "ray", lambda n: RayExecutor(address, n), (fold, jobs, bars), (idle, wide)
        )
        yield from lines
    if found != expected:
        raise SimulationError("local workers and Ray's came to different results")


def _lines(
    name: str,
    executor_of: Callable[[int], Executor],
    folds: tuple[Any, Sequence[Work], pd.DataFrame],
    idle: tuple[Sequence[Work], pd.DataFrame],
) -> tuple[list[float], list[BenchLine]]:
    """Return the folds' results, and what 1 and 2 workers needed for them and for nothing."""
    lines: list[BenchLine] = []
    results: list[float] = []
    rates: dict[int, float] = {}
    for workers in (1, 2):
        arrivals, done = _timed(executor_of(workers), *folds)
        rates[workers] = HOUR * _per_second(arrivals)
        results = [outcome.net_usd for outcome in done]
        reference = {} if workers == 1 else _against(f"{name}, 1 worker", rates[1])
        lines.append(_line(f"{name}_{workers}_folds", rates[workers], "folds/h", **reference))
        seconds = median(outcome.seconds for outcome in done)
        lines.append(_line(f"{name}_{workers}_processor", seconds, "s"))
    arrivals, _ = _timed(executor_of(1), nothing, *idle)
    lines.append(_line(f"{name}_start", arrivals[0], "s"))
    lines.append(_line(f"{name}_overhead", 1_000 / _per_second(arrivals), "ms"))
    return results, lines


def _timed(
    executor: Executor, task: Any, jobs: Sequence[Work], bars: pd.DataFrame
) -> tuple[list[float], list[Done]]:
    """Return when each outcome came, in seconds from the start, and all in the order of jobs."""
    started = time.perf_counter()
    arrivals: list[float] = []
    done: dict[int, Done] = {}
    for number, outcome in executor.run(task, jobs, bars):
        arrivals.append(time.perf_counter() - started)
        done[number] = outcome
    return arrivals, [done[number] for number in range(len(jobs))]


def _per_second(arrivals: Sequence[float]) -> float:
    """Return outcomes per second once workers have started: from a quarter of them on."""
    first = len(arrivals) // 4
    return (len(arrivals) - 1 - first) / (arrivals[-1] - arrivals[first])


def _share_lines(wide: pd.DataFrame) -> Iterator[BenchLine]:
    started = time.perf_counter()
    shared = SharedBars(wide)
    yield _line("share_bars", time.perf_counter() - started, "s")
    started = time.perf_counter()
    opened = OpenedBars(shared.ticket)
    yield _line("open_bars", time.perf_counter() - started, "s")
    if len(opened.frame) != len(wide):
        raise SimulationError("shared bars are not those that were shared")
    opened.close()
    shared.close()


def _wide(n_bars: int) -> pd.DataFrame:
    bars = synthetic_bars(n_bars, "overreaction", seed=1)
    return bars.assign(**{f"signal_{number}": 1.0 for number in range(WIDE_COLUMNS)})


def _line(name: str, value: float, unit: str, **reference: Any) -> BenchLine:
    return BenchLine(suite=SUITE, name=name, value=value, unit=unit, **reference)


def _against(name: str, value: float) -> dict[str, Any]:
    return {"reference": name, "reference_value": value}


@contextmanager
def _two_nodes() -> Iterator[str]:
    """Yield the address of a cluster of two nodes with a processor each, on this machine."""
    os.environ.update(QUIET)
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        cluster.add_node(**node)
        yield cluster.address
    finally:
        cluster.shutdown()
