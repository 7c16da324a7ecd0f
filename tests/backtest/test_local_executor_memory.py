"""Memory of local jobs: one copy of the bars for all workers, and none grows over many jobs."""

import os
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backtest.local_executor import LocalExecutor
from backtest.shared_bars import SharedBars
from tests.helpers.executor_tasks import Span, done_by, spans, walk
from tests.helpers.executor_training import LESSONS, lesson, lesson_bars

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is read from Linux's /proc"
)

MILLION = 1_000_000
KILOBYTE = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What a process holds, in bytes: with what it shares, and without."""

    process: int
    resident: int
    private: int
    files: bytes = b""


def footprint(files: bytes = b"") -> Footprint:
    """Return the memory of this process."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    held = {line.split(":")[0]: int(line.split()[1]) * KILOBYTE for line in lines}
    return Footprint(
        process=os.getpid(),
        resident=held["Rss"],
        private=held["Private_Clean"] + held["Private_Dirty"],
        files=files,
    )


def read_all(bars: pd.DataFrame, job: Span) -> Footprint:
    """Read every bar, and a part of them that is none of its own."""
    assert np.isfinite(sum(float(bars[name].to_numpy().sum()) for name in bars.columns))
    part = bars.iloc[len(bars) // 4 : len(bars) // 2]
    assert part["close"].to_numpy().sum() > 0
    assert bars.index.asi8[-1] > bars.index.asi8[0]
    return footprint()


def busy(bars: pd.DataFrame, job: Span) -> Footprint:
    """Make and drop what a fold makes: arrays, frames, and files that come back."""
    work = np.arange(500_000, dtype=np.float64) + job.start
    frame = bars.assign(more=work[: len(bars)]).rolling(5).mean().dropna()
    assert len(frame) == len(bars) - 4
    return footprint(files=work[:50_000].tobytes())


def train(bars: pd.DataFrame, job: Span) -> Footprint:
    """Train and test an agent, which ends with its files."""
    return footprint(files=lesson(bars, replace(LESSONS[0], seed=job.start)).weights)


def _wide(n_bars: int) -> pd.DataFrame:
    return walk(n_bars).assign(one=1.0, two=2.0, three=3.0)


def test_local_workers_hold_no_copy_of_a_million_bars():
    few, many = _wide(100), _wide(MILLION)
    n_bytes = MILLION * 9 * 8  # eight columns and the stamps
    small, _ = done_by(LocalExecutor(2), read_all, spans(8), few)
    large, error = done_by(LocalExecutor(2), read_all, spans(8), many)
    assert error is None
    private = max(one.private for one in large.values())
    growth = (private - min(one.private for one in small.values())) / n_bytes
    seen = (max(one.resident for one in large.values()) - private) / n_bytes
    assert growth < 0.05
    assert seen > 1.0  # they are in its memory, but not its own


@pytest.mark.slow
@pytest.mark.parametrize(("task", "market"), [(busy, partial(walk, 20_000)), (train, lesson_bars)])
def test_memory_of_workers_and_driver_does_not_grow_over_two_hundred_jobs(task, market):
    held: dict[int, list[int]] = {}
    for _, outcome in LocalExecutor(2).run(task, spans(200), market()):
        held.setdefault(outcome.process, []).append(outcome.private)
        held.setdefault(os.getpid(), []).append(footprint().private)
    assert len(held) == 3
    grown = [each[-1] - each[len(each) // 4] for each in held.values() if len(each) > 20]
    assert len(grown) >= 2  # the driver, and whoever did the jobs
    assert max(grown) < 3_000_000


@pytest.mark.slow
def test_memory_of_shared_bars_made_and_freed_two_hundred_times_does_not_grow():
    bars = walk(20_000)
    held = []
    for _ in range(200):
        shared = SharedBars(bars)
        shared.close()
        held.append(footprint().resident)
    assert held[-1] - held[50] < 2_000_000
