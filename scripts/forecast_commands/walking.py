"""A walk-forward run of forecasts as the commands do it: shown, kept, gone on with."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from backtest.local_executor import LocalExecutor
from config.forecast_settings import ForecastSettings
from data.forecast_names import Head
from data.forecast_store import ForecastStore
from models.forecast.families import FAMILIES
from models.forecast.forecaster_identity import FALLBACK
from models.forecast.leaderboard import REFERENCES
from models.forecast.walk import Runner, Walk, one_by_one, plan_walk
from models.forecast.walk_online import ServedWalk
from models.forecast.walk_plan import WalkBlock
from models.forecast.walk_store import add_served, check_stored, store_terms
from scripts import workflow
from scripts.forecast_commands.options import words_of
from scripts.forecast_commands.progress import block_progress
from scripts.printing import console
from utils.clock import SystemClock
from utils.errors import ConfigError, FuturesGymError
from utils.files import canonical_json
from utils.paths import MODELS_DIR, TENSORBOARD_DIR
from utils.registry import lookup
from utils.wording import counted

WORK = "walk"
"""Folder in a store where base forecasts of blocks are kept."""

BLOCKS_KEPT = "the blocks that are finished are kept"


def families_asked(text: str | None) -> tuple[str, ...]:
    """Return the families by commas, all of them where None; a ConfigError names the choices."""
    names = tuple(FAMILIES) if text is None else words_of(text)
    if not names:
        raise ConfigError(f"name a forecast family, or several by commas: {', '.join(FAMILIES)}")
    for name in names:
        lookup(FAMILIES, name, "forecast family")
    return names


def return_walk(
    bars: pd.DataFrame, settings: ForecastSettings, families: tuple[str, ...], folder: Path
) -> Walk:
    """Return the run that forecasts the return with families and references; errors as there."""
    return plan_walk(bars, settings, (*REFERENCES, *families), folder, (Head.RETURN,))


def run_walk(
    walk: Walk,
    workers: int | None,
    is_quiet: bool = False,
    keep: Callable[[], None] = lambda: None,
) -> None:
    """Forecast what is missing and show how far it has come.

    Args:
        walk: The run.
        workers: Blocks at a time; None is one, in this process.
        is_quiet: Whether nothing is said of what is to be done.
        keep: Called after each block.

    Raises:
        ConfigError: If `workers` is below 1.
        DataError: As `forecast_block` raises it.
    """
    runner = runner_of(workers)
    if not is_quiet:
        console.print(plan_text(walk), soft_wrap=True)
    with block_progress(len(walk.blocks)) as show:

        def told(block: WalkBlock, is_kept: bool) -> None:
            keep()
            show(block, is_kept)

        walk.run(told, runner)


def runner_of(workers: int | None) -> Runner:
    """Return what does the blocks: this process, or several."""
    if workers is not None and workers < 1:
        raise ConfigError(f"`--workers` must be >= 1, was {workers}; each does one block at a time")
    return one_by_one if workers in {None, 1} else LocalExecutor(workers or 1).run


def plan_text(walk: Walk) -> str:
    """Say which blocks there will be, and what the first and the last one learn from."""
    stamps = walk.bars.index
    spans = [
        f"{block.name} learns from {stamps[block.train.start]:%Y-%m-%d} to "
        f"{stamps[block.train.stop - 1]:%Y-%m-%d}, forecasts {stamps[block.test.start]:%Y-%m-%d} "
        f"to {stamps[block.test.stop - 1]:%Y-%m-%d}"
        for block in (walk.blocks[0], walk.blocks[-1])
    ]
    return f"{counted(len(walk.blocks), 'block')}: " + "; ".join(dict.fromkeys(spans))


def print_json_lines(values: Iterable[Mapping[str, Any]]) -> None:
    """Print each value as JSON on a line of its own; NaN becomes null."""
    for value in values:
        print(json.dumps(json.loads(canonical_json(dict(value)))))


def fill_store(
    bars: pd.DataFrame,
    settings: ForecastSettings,
    folder: Path,
    workers: int | None,
    has_tensorboard: bool,
    is_quiet: bool,
) -> ServedWalk:
    """Forecast bars walk-forward into a store, block by block; return the run to its end.

    Args:
        bars: Checked bars.
        settings: Who forecasts and how.
        folder: Of the store; the work lies in it too.
        workers: Blocks at a time; None is one, in this process.
        has_tensorboard: Whether curves are logged.
        is_quiet: Whether nothing is said of what is to be done.

    Raises:
        ConfigError: If `folder` holds something else, or a setting does not fit the bars.
        DataError: If the store is of other bars or settings, or nothing can be learnt.
    """
    families = (settings.family, *((FALLBACK,) if settings.alarm else ()))
    planned = plan_walk(bars, settings, families, folder / WORK)
    curves = TENSORBOARD_DIR / folder.name if has_tensorboard else None
    walk = replace(planned, tensorboard=curves)
    store = ForecastStore.create(folder, store_terms(bars, settings))
    check_stored(store, bars)
    served = ServedWalk(walk, settings.family)

    def keep() -> None:
        for block in served.advance():
            add_served(store, walk, settings.family, block)

    with _removed_if_useless(store):
        run_walk(walk, workers, is_quiet, keep)
    return served


@contextmanager
def _removed_if_useless(store: ForecastStore) -> Iterator[None]:
    """Remove a store without a block where the run fails: corrected options must find no trace."""
    try:
        yield
    except FuturesGymError:  # not an interruption: that run can be gone on with
        if not store.blocks():
            shutil.rmtree(store.path, ignore_errors=True)
        raise


@contextmanager
def model_directory(out: Path | None) -> Iterator[Path]:
    """Reserve the empty directory that a forecaster is saved in; remove it if it stays empty.

    Raises:
        ConfigError: If `out` already holds something or cannot be made.
    """
    if out is not None:
        with workflow.model_directory(out, "--model") as directory:
            yield directory
        return
    name = SystemClock().now().strftime("forecast_%Y%m%d_%H%M%S")
    with workflow.kept_if_used(workflow.first_free(MODELS_DIR / name)) as directory:
        yield directory
