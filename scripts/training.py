"""A training as scripts run it: watched, interruptible, taken up again, saved."""

import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import typer

from config.settings import Settings
from data.forecast_names import TRAINED_UNTIL
from data.splits import chronological_split
from data.store import load_metadata
from models.agent import TradingAgent
from models.callback_checkpoint import CheckpointPlan
from models.callback_signals import StopOnSignal
from models.callbacks import RichProgress
from models.training import train_agent
from scripts import stored_forecasts
from scripts.printing import console, print_commands, shown
from scripts.second_market import OTHER_SYMBOL, noted_symbol
from utils.paths import TENSORBOARD_DIR
from utils.provenance import DATA_SYMBOL


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFiles:
    """What one training reads and writes.

    Attributes:
        directory: Where to save; empty, or holds the finished folds of a walk-forward run.
        log_name: Folder name under var/tensorboard; None logs nothing.
        data: What the bars were read from.
        other: What the second market's were read from.
        forecasts: Store of those that the agent sees.
        checkpoints: Where, when, and whether to go on from there; None writes none.
    """

    directory: Path
    log_name: str | None = None
    data: Path | None = None
    other: Path | None = None
    forecasts: Path | None = None
    checkpoints: CheckpointPlan | None = None

    def of_fold(self, name: str) -> "TrainingFiles":
        """Return those of one fold: a folder of its own in each."""
        plan = self.checkpoints
        return replace(
            self,
            directory=self.directory / name,
            log_name=None if self.log_name is None else f"{self.log_name}/{name}",
            checkpoints=None if plan is None else replace(plan, folder=plan.folder / name),
        )


def train_and_save(bars: pd.DataFrame, settings: Settings, files: TrainingFiles) -> TradingAgent:
    """Train on all but the last `test_fraction` of the bars, and save.

    An interrupted training saves what it has, says how to go on, and leaves with the exit code of
    its signal.

    Args:
        bars: Of the file `files.data`, with the columns of the second market where there is one.
        settings: What to learn from and how.
        files: Where to read and write.
    """
    noted = noted_of(files)  # before the training, in which the files may go
    split = chronological_split(len(bars), settings.train.test_fraction)
    agent, received = _trained(bars.iloc[split.train], settings, files)
    agent.provenance.update(noted)
    agent.save(files.directory)
    console.print(f"model: {shown(files.directory)}")
    if received is not None:
        console.print(
            f"interrupted: the model has lived through {agent.provenance['timesteps']:,} of "
            f"{settings.train.timesteps:,} timesteps"
        )
        _leave(received, files.checkpoints)
    return agent


def _trained(
    bars: pd.DataFrame, settings: Settings, files: TrainingFiles
) -> tuple[TradingAgent, signal.Signals | None]:
    """Train on all of `bars` behind a progress bar; return the signal that ended it, if one did."""
    headline = f"Training {settings.agent.title} on {_learnt(bars)}"
    tensorboard = None if files.log_name is None else TENSORBOARD_DIR / files.log_name
    progress = RichProgress(settings.train.timesteps, headline)
    with StopOnSignal() as stop:
        agent = train_agent(bars, settings, (progress, stop), tensorboard, files.checkpoints)
    return agent, stop.received


def _learnt(bars: pd.DataFrame) -> str:
    """Say which bars are learnt from: where there are forecasts, those that have one."""
    seen = bars
    if TRAINED_UNTIL in bars:
        seen = bars.loc[bars[TRAINED_UNTIL].first_valid_index() :]
    of_all = "" if len(seen) == len(bars) else f" of {len(bars):,}"
    why = ", from the first forecast on" if of_all else ""
    return f"{len(seen):,}{of_all} bars, {seen.index[0]} to {seen.index[-1]}{why}"


def _leave(received: signal.Signals, checkpoints: CheckpointPlan | None) -> None:
    """Say how to go on, and leave with the exit code that shells know the signal by."""
    if checkpoints is not None:
        run = checkpoints.folder
        print_commands("to go on with the training", f"scripts/train.py --resume {shown(run)}")
    raise typer.Exit(128 + received)


def noted_of(files: TrainingFiles) -> dict[str, Any]:
    """Return what a model's provenance says of the files of its training."""
    own = None if files.data is None else load_metadata(files.data).get("symbol")
    second = noted_symbol(files.other, files.data)
    beside = {} if second is None else {OTHER_SYMBOL: second}
    return {DATA_SYMBOL: own, **beside, **stored_forecasts.noted(files.forecasts)}
