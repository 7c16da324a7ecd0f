"""A task for executors that trains and tests an agent: weights and equity as bytes."""

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from backtest.engine import BacktestEngine
from config.settings import load_profile, overridden
from data.synthetic import synthetic_bars
from models.training import train_agent
from tests.helpers.executor_tasks import wait_to_be_killed

TESTED = 200
"""Bars that follow those learnt from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """An algorithm, its seed, and the rows up to which it learns."""

    algorithm: str
    seed: int
    stop: int
    folder: Path | None = None

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.algorithm} seed {self.seed} to {self.stop}"

    @property
    def trace(self) -> Path:
        """The file that holds the number of the process that began it first."""
        assert self.folder is not None
        return self.folder / f"{self.name}.pid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessoned:
    """What came of it: the same on every machine, but for the process."""

    weights: bytes
    equity: bytes
    process: int


LESSONS = (
    Lesson(algorithm="DP", seed=0, stop=800),
    Lesson(algorithm="EPG", seed=1, stop=800),
    Lesson(algorithm="DP", seed=0, stop=1_000),
)


def lesson_bars() -> pd.DataFrame:
    """Return a synthetic market long enough for all lessons."""
    return synthetic_bars(1_300, "overreaction", seed=5)


def lesson(bars: pd.DataFrame, job: Lesson) -> Lessoned:
    """Train on the first rows and test on those that follow; luck is not held against it."""
    settings = load_profile("smoke")
    changes = {"algorithm": job.algorithm, "seed": job.seed, "significance": 1.0}
    agent = overridden(settings.agent, changes, "test")
    train = overridden(settings.train, {"timesteps": 128}, "test")
    settings = settings.model_copy(update={"agent": agent, "train": train})
    learnt = train_agent(bars.iloc[: job.stop], settings)
    rows = bars.iloc[: job.stop + TESTED]
    result = BacktestEngine(rows, start=rows.index[job.stop]).run_with_model(learnt)
    with tempfile.TemporaryDirectory() as folder:
        learnt.save(Path(folder) / "model")
        weights = (Path(folder) / "model" / "policy.safetensors").read_bytes()
    equity = result.equity.tobytes()
    return Lessoned(weights=weights, equity=equity, process=os.getpid())


def lessons_traced(folder: Path) -> list[Lesson]:
    """Return all lessons, the third of which lingers, the first time, until it is killed."""
    return [*LESSONS[:2], replace(LESSONS[2], folder=folder)]


def lesson_or_linger(bars: pd.DataFrame, job: Lesson) -> Lessoned:
    """Do a lesson; where it leaves a trace, wait after it to be killed, but not a second time."""
    outcome = lesson(bars, job)
    if job.folder is not None and not job.trace.exists():
        wait_to_be_killed(job)
    return outcome
