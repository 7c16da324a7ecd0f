"""Walk-forward runs as small as can be: settings, bars, and what differs between two models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from backtest.fold_files import MODEL
from backtest.fold_task import FoldJob
from backtest.in_process_executor import InProcessExecutor
from backtest.walk_forward import WalkForward, planned_jobs, walk_forward
from config.settings import Settings, load_profile, overridden
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from tests.helpers.folds import bounds

N_BARS = 4_000
"""Fifteen sessions of at most 276 bars."""


def walk_settings(
    algorithm: str = "DP",
    timesteps: int = 256,
    agent: Mapping[str, Any] | None = None,
    **folds: Any,
) -> Settings:
    """Return settings of two features and one seed, folds as given."""
    base = load_profile("smoke")
    changes = {"algorithm": algorithm, "n_evaluations": 2, **(agent or {})}
    return base.model_copy(
        update={
            "agent": overridden(base.agent, changes, "test"),
            "train": overridden(
                base.train, {"features": ("rsi", "roc"), "timesteps": timesteps}, "test"
            ),
            "folds": overridden(base.folds, {"seeds": (0,), **folds}, "test"),
        }
    )


def walk_bars(n_bars: int = N_BARS) -> pd.DataFrame:
    """Return synthetic bars with an edge planted in them."""
    return synthetic_bars(n_bars, "overreaction", seed=5)


def walked(bars: pd.DataFrame, settings: Settings, folder: Any) -> WalkForward:
    """Return the run of all jobs, one after the other in this process."""
    return walk_forward(bars, planned_jobs(bars, settings), InProcessExecutor(), folder)


def rows_of_jobs(jobs: Sequence[FoldJob]) -> list[tuple[Any, Any, list[Any]]]:
    """Return first row and end of what each job trains on, validates on, and tests."""
    return [
        (
            bounds(job.fold.train),
            None if job.fold.validation is None else bounds(job.fold.validation),
            [bounds(test) for test in job.fold.tests],
        )
        for job in jobs
    ]


def model_at(folder: Path) -> TradingAgent:
    """Return the agent of a finished fold."""
    return TradingAgent.load(folder / MODEL)
