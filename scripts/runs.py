"""A run of train.py from its options to its model: begun, or taken up again."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from config.settings import Settings
from data.feature_set import FeatureSet
from models.callback_checkpoint import CheckpointPlan
from scripts import fetching, printing, second_market, stored_forecasts, workflow
from scripts.ending import ending_cleanly
from scripts.resuming import (
    Run,
    check_bars,
    check_settings,
    content_of,
    removed_at_the_end,
    run_folder,
)
from scripts.training import TrainingFiles, train_and_save
from scripts.walking import Workplace, walk
from utils.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user typed, resolved; None where nothing was.

    Attributes:
        settings: Of the profile, or of the run that is taken up, overridden by the options.
        data: The file of bars.
        other: The second market's.
        forecasts: Store of those that agents see.
        symbol: What to trade them as.
        out: Where to save.
        is_walk_forward: Whether fold by fold.
        has_tensorboard: Whether it is logged.
        computes_features: Whether the features are stored beside the bars.
        checkpoint_every: Timesteps between checkpoints.
    """

    settings: Settings
    data: Path | None
    other: Path | None
    forecasts: Path | None
    symbol: str | None
    out: Path | None
    is_walk_forward: bool
    has_tensorboard: bool
    computes_features: bool
    checkpoint_every: int | None


def begin(asked: Asked) -> None:
    """Train as asked; `data` is given."""
    assert asked.data is not None
    with workflow.model_directory(asked.out) as directory:
        bars, traded = _bars(asked, asked.data)
        run = Run(
            settings=asked.settings,
            data=asked.data,
            other=asked.other,
            forecasts=asked.forecasts,
            symbol=asked.symbol,
            out=directory,
            is_walk_forward=asked.is_walk_forward,
            has_tensorboard=asked.has_tensorboard,
            data_fingerprint=content_of(bars, asked.settings),
        )
        with run_folder(run) as folder:
            plan = CheckpointPlan(folder=folder, every=asked.checkpoint_every)
            _train(bars, run, directory, plan)
    _print_next(run, directory, traded)


def go_on(asked: Asked, earlier: Run, folder: Path) -> None:
    """Go on with an earlier run: its settings, its bars, its checkpoints.

    Raises:
        ConfigError: If an option contradicts the run, or its bars have changed.
    """
    _check_options(asked, earlier, folder)
    run = replace(
        earlier,
        data=asked.data or earlier.data,
        other=asked.other or earlier.other,
        forecasts=asked.forecasts or earlier.forecasts,
        has_tensorboard=asked.has_tensorboard or earlier.has_tensorboard,
    )
    plan = CheckpointPlan(folder=folder, every=asked.checkpoint_every, resume=True)
    with _directory(asked, run) as directory:
        known = replace(asked, symbol=run.symbol, other=run.other, forecasts=run.forecasts)
        bars, traded = _bars(known, run.data)
        check_bars(run, bars)
        with removed_at_the_end(folder, run):
            _train(bars, run, directory, plan)
    _print_next(run, directory, traded)


def _check_options(asked: Asked, earlier: Run, folder: Path) -> None:
    check_settings(earlier, folder, asked.settings)
    if asked.is_walk_forward and not earlier.is_walk_forward:
        raise ConfigError(f"the run in `{folder}` is none of --walk-forward; leave the option out")
    if earlier.is_walk_forward and asked.out is not None:
        raise ConfigError(f"the run in `{folder}` saves its folds in `{earlier.out}`; omit --out")


def _directory(asked: Asked, run: Run) -> AbstractContextManager[Path]:
    """Return where to save: not over the model that an interruption has left."""
    if run.is_walk_forward:
        run.out.mkdir(parents=True, exist_ok=True)
        return workflow.kept_if_used(run.out)
    if asked.out is not None:
        return workflow.model_directory(asked.out)
    is_taken = run.out.exists() and any(run.out.iterdir())
    return workflow.model_directory(workflow.first_free(run.out) if is_taken else run.out)


def _bars(asked: Asked, data: Path) -> tuple[pd.DataFrame, str]:
    """Return the bars of all markets, and the symbol that they are traded as."""
    bars, traded = workflow.bars_to_trade(data, asked.symbol, asked.settings.env.symbol)
    names = asked.settings.train.features
    specs = FeatureSet(names, tuple(bars.columns)).specs
    bars = second_market.beside(bars, specs, asked.other)
    columns = asked.settings.train.forecast_columns
    bars = stored_forecasts.joined(bars, traded, columns, asked.forecasts)
    if asked.computes_features:
        fetching.store_features(data, traded, names, asked.other)
    return bars, traded


def _train(bars: pd.DataFrame, run: Run, directory: Path, plan: CheckpointPlan) -> None:
    files = TrainingFiles(
        directory=directory,
        log_name=directory.name if run.has_tensorboard else None,
        data=run.data,
        other=run.other,
        forecasts=run.forecasts,
        checkpoints=plan,
    )
    if run.is_walk_forward:
        with ending_cleanly(f"scripts/train.py --resume {printing.shown(plan.folder)}"):
            walk(bars, run.settings, files, Workplace())
    else:
        train_and_save(bars, run.settings, files)


def _print_next(run: Run, directory: Path, traded: str) -> None:
    """Print the back-test on the bars that were held back, where there are any."""
    if run.is_walk_forward or run.settings.train.test_fraction == 0:
        return
    model, file = printing.shown(directory), printing.shown(run.data)
    beside = "" if run.other is None else f" --other {printing.shown(run.other)}"
    if run.forecasts is not None:
        beside += f" --forecasts {printing.shown(run.forecasts)}"
    asked = "" if run.symbol is None else f" --symbol {traded}"
    command = f"scripts/backtest.py --model {model} --data {file}{beside}{asked}"
    printing.print_commands("next", command)
