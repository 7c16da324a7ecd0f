"""What is done many times to measure executors: a fold of a usual size, or next to nothing."""

import time
from dataclasses import dataclass

import pandas as pd

from backtest.engine import BacktestEngine
from config.settings import load_profile, overridden
from models.training import train_agent

TESTED = 2_000
"""Bars that follow those learnt from."""

MODEL_BYTES = 1_000_000
"""Files that come back from a job that does nothing, as those of a model with a tower would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Rows to learn from, `start` up to `stop`."""

    start: int
    stop: int

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"rows {self.start} to {self.stop}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came back.

    Attributes:
        net_usd: Of the test; 0 where nothing was tested.
        seconds: Of the processor, which other programs on the machine do not lengthen much.
        files: Their content.
    """

    net_usd: float
    seconds: float
    files: bytes


def fold(bars: pd.DataFrame, job: Work) -> Done:
    """Train forecast and dynamic programming (DP) on the rows, and test on those that follow."""
    begun = time.process_time()
    settings = load_profile("default")
    agent = overridden(settings.agent, {"algorithm": "DP", "significance": 1.0}, "scale")
    learnt = train_agent(
        bars.iloc[job.start : job.stop], settings.model_copy(update={"agent": agent})
    )
    rows = bars.iloc[job.start : job.stop + TESTED]
    result = BacktestEngine(rows, start=rows.index[-TESTED]).run_with_model(learnt)
    seconds = time.process_time() - begun
    return Done(net_usd=result.metrics["net_profit_usd"], seconds=seconds, files=b"")


def nothing(bars: pd.DataFrame, job: Work) -> Done:
    """Return files, and read one bar."""
    first = float(bars["close"].iloc[job.start])
    return Done(net_usd=0.0 * first, seconds=0.0, files=bytes(MODEL_BYTES))
