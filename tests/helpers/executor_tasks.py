"""Tasks for executors, by module and name as workers find them, and bars to run them over."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from backtest.executor import Executor
from data.bars import check_bars
from utils.errors import DataError
from utils.threads import ONE_THREAD

PATIENCE_SECONDS = 240.0
"""After which a task that waits for a signal gives up."""


class Traced(Protocol):
    """A job that can tell who is at it."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def trace(self) -> Path:
        """The file that holds the number of the process that began it first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Rows from `start` up to `stop`; a folder for tasks that leave traces."""

    start: int
    stop: int
    folder: Path | None = None

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"rows {self.start} to {self.stop}"

    @property
    def trace(self) -> Path:
        """The file that holds the number of the process that began it first."""
        assert self.folder is not None
        return self.folder / f"{self.start}.pid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Sum of closes, and the process that made it."""

    close: float
    process: int


def spans(n_jobs: int, folder: Path | None = None) -> list[Span]:
    """Return jobs over two rows each, which begin with rows 0, 1, 2 and so on."""
    return [Span(start=row, stop=row + 2, folder=folder) for row in range(n_jobs)]


def closes(n_jobs: int) -> list[float]:
    """Return what `total` finds in `walk` for the jobs of `spans`: 100 + 101, 101 + 102 ..."""
    return [201.0 + 2 * row for row in range(n_jobs)]


def walk(n_bars: int) -> pd.DataFrame:
    """Return checked bars, five minutes apart, whose closes are 100, 101, 102 and so on."""
    index = pd.date_range("2024-01-02", periods=n_bars, freq="5min", tz="UTC", name="timestamp")
    close = 100.0 + np.arange(n_bars)
    prices = {"open": close, "high": close + 1, "low": close - 1, "close": close}
    return check_bars(pd.DataFrame({**prices, "volume": 10.0}, index=index))


def done_by(executor: Executor, task, jobs, bars: pd.DataFrame) -> tuple[dict, Exception | None]:
    """Return the outcomes by number of job, and the error that ended the run, if one did."""
    outcomes = {}
    try:
        for number, outcome in executor.run(task, jobs, bars):
            outcomes[number] = outcome
    except Exception as error:
        return outcomes, error
    return outcomes, None


def total(bars: pd.DataFrame, job: Span) -> Total:
    """Return the sum of the span's closes."""
    return Total(close=float(bars["close"].iloc[job.start : job.stop].sum()), process=os.getpid())


def refuse_third(bars: pd.DataFrame, job: Span) -> Total:
    """Return the sum of closes, but of the span that begins with row 2."""
    if job.start == 2:
        raise DataError("too few bars")
    return total(bars, job)


def fail_third(bars: pd.DataFrame, job: Span) -> Total:
    """Fail as a bug would at the span that begins with row 2."""
    if job.start == 2:
        raise ZeroDivisionError("a bug")
    return total(bars, job)


def lambda_third(bars: pd.DataFrame, job: Span) -> object:
    """Return, of the span that begins with row 2, what cannot travel."""
    return (lambda: job) if job.start == 2 else total(bars, job)


def die_third(bars: pd.DataFrame, job: Span) -> Total:
    """Let the worker die, every time, of the span that begins with row 2."""
    if job.start == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return total(bars, job)


def linger_third(bars: pd.DataFrame, job: Span) -> Total:
    """Tell who is at the span that begins with row 2, and wait to be killed; not a second time."""
    if job.start == 2 and not job.trace.exists():
        wait_to_be_killed(job)
    return total(bars, job)


def linger(bars: pd.DataFrame, job: Span) -> Total:
    """Tell who is at work, and wait to be killed."""
    wait_to_be_killed(job)
    return total(bars, job)


def write_into(bars: pd.DataFrame, job: Span) -> Total:
    """Try to change the bars themselves."""
    bars["close"].array._ndarray[job.start] = 0.0
    return total(bars, job)


def threads(bars: pd.DataFrame, job: Span) -> dict[str, int]:
    """Return how many threads libraries would use here."""
    import torch

    found = {name: int(os.environ[name]) for name in ONE_THREAD}
    return {**found, "torch": torch.get_num_threads()}


def wait_to_be_killed(job: Traced) -> None:
    """Tell who is at work, and wait."""
    unfinished = job.trace.with_suffix(".part")
    unfinished.write_text(str(os.getpid()), encoding="utf-8")
    unfinished.rename(job.trace)
    time.sleep(PATIENCE_SECONDS)


def signed(job: Traced) -> int:
    """Return the process that is at `job`, once it has told."""
    for _ in range(int(PATIENCE_SECONDS / 0.02)):
        if job.trace.exists():
            return int(job.trace.read_text(encoding="utf-8"))
        time.sleep(0.02)
    raise AssertionError(f"nobody began {job.name}")


@contextmanager
def killing_who_is_at(job: Traced) -> Iterator[None]:
    """Kill, from another thread, the worker that begins `job`, without warning."""
    killer = threading.Thread(target=lambda: os.kill(signed(job), signal.SIGKILL))
    killer.start()
    try:
        yield
    finally:
        killer.join()
