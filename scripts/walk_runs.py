"""A run of walk_forward.py from its options to its report: begun, or gone on with in its folder.

What was asked for lies in the run's own folder, beside its folds, as that of train.py lies beside
its checkpoints.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from config.settings import Settings
from data.feature_set import FeatureSet
from models.callback_checkpoint import CheckpointPlan
from models.checkpoint import checkpoints_of
from scripts import second_market, stored_forecasts, workflow
from scripts.ending import ending_cleanly
from scripts.printing import shown
from scripts.resuming import (
    RUN_FILE,
    Run,
    check_bars,
    check_settings,
    content_of,
    read_run,
    write_run,
)
from scripts.training import TrainingFiles
from scripts.walking import Workplace, walk
from utils.clock import SystemClock
from utils.errors import ConfigError, FuturesGymError
from utils.files import check_writable
from utils.paths import MODELS_DIR

CHECKPOINTS = "checkpoints"
"""Folder in the run's own where the folds under way have theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkAsked:
    """What the user typed, resolved; None where nothing was.

    Attributes:
        settings: Of the profile, or of the run that is gone on with, overridden by the options.
        data: The file of bars.
        other: The second market's.
        forecasts: Store of those that agents see.
        symbol: What to trade them as.
        out: Folder of the run.
        has_tensorboard: Whether it is logged.
        checkpoint_every: Timesteps between checkpoints.
    """

    settings: Settings
    data: Path | None
    other: Path | None
    forecasts: Path | None
    symbol: str | None
    out: Path | None
    has_tensorboard: bool
    checkpoint_every: int | None


def earlier_run(out: Path | None, is_asked_for: bool, has_data: bool) -> Run | None:
    """Return what the run in `out` was asked for; None where there is none.

    Args:
        out: Folder of the run; None is a new one.
        is_asked_for: Whether there must be one.
        has_data: Whether bars were named.

    Raises:
        ArtifactError: If what it says was edited or damaged.
        ConfigError: If there must be one and `out` does not say where; if no bars are named for a
            new one; or if `out` holds something else.
    """
    if is_asked_for and out is None:
        raise ConfigError("`--resume` needs `--out`, the folder of the run to go on with")
    if out is not None and (is_asked_for or (out / RUN_FILE).exists()):
        return _walk_in(out)
    if not has_data:
        raise ConfigError("`--data` must name a file of bars, or `--resume` go on with a run")
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(
            f"`--out {out}` exists, is not empty and holds no `{RUN_FILE}` of a walk-forward run; "
            f"choose another folder"
        )
    return None


def _walk_in(folder: Path) -> Run:
    """Return the walk-forward run whose folds lie in a folder; errors as `earlier_run`."""
    if not (folder / RUN_FILE).is_file():
        raise ConfigError(
            f"`--out {folder}` holds no `{RUN_FILE}` of a walk-forward run to go on with; name "
            f"the folder that `--out` named when it was begun"
        )
    run = read_run(folder)
    if not run.is_walk_forward or _is_elsewhere(run):
        raise ConfigError(
            f"`--out {folder}` holds the checkpoints of a run of train.py; go on with it by "
            f"`train.py --resume {folder}`"
        )
    return run


def _is_elsewhere(run: Run) -> bool:
    """Return whether a run's folds lie where no such file is, as those of train.py do."""
    return run.out.is_dir() and not (run.out / RUN_FILE).exists()


def run_walk(asked: WalkAsked, earlier: Run | None, place: Workplace) -> None:
    """Do what was asked for, or what is missing of it.

    Raises:
        ConfigError: If an option contradicts the earlier run, or its bars have changed.
        DataError: If the bars cannot be read, or the folds do not fit them.
    """
    if earlier is None:
        _begin(asked, place)
        return
    folder = asked.out or earlier.out
    check_settings(earlier, folder, asked.settings)
    run = replace(
        earlier,
        data=asked.data or earlier.data,
        other=asked.other or earlier.other,
        forecasts=asked.forecasts or earlier.forecasts,
        symbol=asked.symbol or earlier.symbol,
        out=folder,
        has_tensorboard=asked.has_tensorboard or earlier.has_tensorboard,
    )
    bars = _bars(run)
    check_bars(run, bars)
    _walk(bars, run, asked.checkpoint_every, place)


def _begin(asked: WalkAsked, place: Workplace) -> None:
    assert asked.data is not None
    usual = MODELS_DIR / SystemClock().now().strftime("walk_%Y%m%d_%H%M%S")
    folder = workflow.first_free(usual) if asked.out is None else asked.out
    run = Run(
        settings=asked.settings,
        data=asked.data,
        other=asked.other,
        forecasts=asked.forecasts,
        symbol=asked.symbol,
        out=folder,
        is_walk_forward=True,
        has_tensorboard=asked.has_tensorboard,
        data_fingerprint="",
    )
    with workflow.kept_if_used(folder):
        check_writable(folder, f"--out {folder}")
        bars = _bars(run)
        content = content_of(bars, run.settings)
        _walk(bars, replace(run, data_fingerprint=content), asked.checkpoint_every, place)


def _bars(run: Run) -> pd.DataFrame:
    """Return the bars of all markets."""
    bars, traded = workflow.bars_to_trade(run.data, run.symbol, run.settings.env.symbol)
    specs = FeatureSet(run.settings.train.features, tuple(bars.columns)).specs
    bars = second_market.beside(bars, specs, run.other)
    return stored_forecasts.joined(bars, traded, run.settings.train.forecast_columns, run.forecasts)


def _walk(bars: pd.DataFrame, run: Run, every: int | None, place: Workplace) -> None:
    folder = run.out
    files = TrainingFiles(
        directory=folder,
        log_name=folder.name if run.has_tensorboard else None,
        data=run.data,
        other=run.other,
        forecasts=run.forecasts,
        checkpoints=CheckpointPlan(folder=folder / CHECKPOINTS, every=every),
    )
    try:
        with ending_cleanly(f"scripts/walk_forward.py --resume --out {shown(folder)}"):
            walk(bars, run.settings, files, place, begun=lambda: _note(run))
    except FuturesGymError:
        if not _holds_work(folder):
            _forget(folder)  # other settings may be tried there
        raise
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def _holds_work(folder: Path) -> bool:
    """Return whether a fold is finished, or one under way has a checkpoint."""
    if {path.name for path in folder.iterdir()} - {RUN_FILE, CHECKPOINTS}:
        return True
    return any(checkpoints_of(fold) for fold in (folder / CHECKPOINTS).glob("*"))


def _forget(folder: Path) -> None:
    (folder / RUN_FILE).unlink(missing_ok=True)
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def _note(run: Run) -> None:
    """Keep what was asked for, once the folds are known to fit."""
    if not (run.out / RUN_FILE).exists():
        write_run(run.out, run)
