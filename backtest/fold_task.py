"""One fold and one seed, from training rows to test results: what an executor's worker does.

Nothing here depends on anything but bars and job, so that a job may be done again elsewhere. What
becomes of the outcomes is left to backtest/walk_forward.py.

Warning:
    The scaler, the features' warm-up and the weights come from the job's training rows; its
    validation rows choose among weights. The agent that is tested is the one read back from the
    files of its model directory. Test rows are read only after that.
"""

import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from config.settings import Settings
from data.planned_folds import PlannedFold
from models.agent import TradingAgent
from models.callback_checkpoint import CheckpointPlan
from models.callback_signals import StopOnSignal
from models.callbacks import RichProgress
from models.training import train_agent


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldJob:
    """What is to be learnt and tested.

    Attributes:
        fold: Which rows; without tests, as for a tuning trial, none is read but to learn and
            choose.
        seed: Seeds the training.
        settings: Of the whole run; the seed and the rows that validate are the job's own.
        notes: Further entries of the model's provenance, JSON values.
        checkpoints: Where the training writes some, in a process that shares the caller's disk;
            None writes none.
        tensorboard: Folder to log to; None logs nothing.
        is_watched: Whether progress is shown, and signals end the training after its current step.
    """

    fold: PlannedFold
    seed: int
    settings: Settings
    notes: Mapping[str, Any] = field(default_factory=dict)
    checkpoints: CheckpointPlan | None = None
    tensorboard: Path | None = None
    is_watched: bool = False

    @property
    def name(self) -> str:
        """What folders and errors call it, e.g. "fold_2_seed_0"."""
        return f"fold_{self.fold.number}_seed_{self.seed}"

    @property
    def untested(self) -> "FoldJob":
        """The same without its tests, as for choosing settings: bars after its own are not read."""
        return replace(self, fold=replace(self.fold, tests=()))

    @property
    def own_settings(self) -> Settings:
        """The settings of its training: its own seed, and its validation rows held back."""
        held = self.fold.validation
        changes = {
            "seed": self.seed,
            "validation_bars": None if held is None else held.stop - held.start,
            "validation_purge_bars": self.fold.n_purged,
        }
        changes |= {} if held is not None else {"validation_fraction": 0.0}
        agent = self.settings.agent.model_copy(update=changes)
        return self.settings.model_copy(update={"agent": agent})


@dataclass(frozen=True, kw_only=True)
class FoldOutcome:
    """What came of a job.

    Attributes:
        name: Of the job.
        number: Of the fold.
        seed: Of the training.
        validation: The frozen agent's pass over the validation rows; None where there are none.
        results: Its pass over each test block, each with an account of its own.
        model: The files of its model directory, by name.
    """

    name: str
    number: int
    seed: int
    validation: BacktestResult | None
    results: tuple[BacktestResult, ...]
    model: Mapping[str, bytes]


def fold_task(bars: pd.DataFrame, job: FoldJob) -> FoldOutcome:
    """Train on a fold's rows, choose on its validation rows, freeze, and test.

    Args:
        bars: Checked bars, oldest first; not written to.
        job: Which fold, and how.

    Raises:
        ConfigError: If a setting does not fit the bars or the features.
        DataError: If there are too few bars.
        KeyboardInterrupt: If Ctrl-C ended the training; nothing is lost but what it had learnt
            since its last checkpoint.
    """
    fold = job.fold
    agent, files = _frozen(_trained(bars.iloc[_readable(fold)], job))
    held = fold.validation
    return FoldOutcome(
        name=job.name,
        number=fold.number,
        seed=job.seed,
        validation=None if held is None else _tested(agent, bars, fold, held),
        results=tuple(_tested(agent, bars, fold, test) for test in fold.tests),
        model=files,
    )


def _readable(fold: PlannedFold) -> slice:
    """Return the rows that learning and choosing may read, those purged between them included."""
    stop = fold.train.stop if fold.validation is None else fold.validation.stop
    return slice(fold.train.start, stop)


def _trained(rows: pd.DataFrame, job: FoldJob) -> TradingAgent:
    """Train, shown or silently; a signal that ended the training is passed on."""
    settings = job.own_settings
    if not job.is_watched:
        return _noted(train_agent(rows, settings, (), job.tensorboard, job.checkpoints), job)
    span = f"{rows.index[0]} to {rows.index[-1]}"
    headline = f"{job.name}: training {settings.agent.title} on {len(rows):,} bars, {span}"
    progress = RichProgress(settings.train.timesteps, headline)
    with StopOnSignal() as stop:
        agent = train_agent(rows, settings, (progress, stop), job.tensorboard, job.checkpoints)
    if stop.received is not None:
        signal.raise_signal(stop.received)
    return _noted(agent, job)


def _noted(agent: TradingAgent, job: FoldJob) -> TradingAgent:
    agent.provenance.update(job.notes)
    return agent


def _frozen(agent: TradingAgent) -> tuple[TradingAgent, dict[str, bytes]]:
    """Return the agent as it is read back from its files, and these."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "model"
        agent.save(where)
        files = {path.name: path.read_bytes() for path in sorted(where.iterdir())}
        return TradingAgent.load(where), files


def _tested(
    agent: TradingAgent, bars: pd.DataFrame, fold: PlannedFold, block: slice
) -> BacktestResult:
    """Return the pass over one block of rows, at the account's own costs.

    Earlier rows, from the fold's first one on if there are any, warm up features and windows.
    """
    first = fold.train.start if fold.train.start < block.start else 0
    rows = bars.iloc[first : block.stop]
    return BacktestEngine(rows, start=rows.index[block.start - first]).run_with_model(agent)
