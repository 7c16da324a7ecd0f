"""The steps that scripts share: read bars, reserve folders, load models, back-test.

What becomes of results is left to `reporting.py`.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
from rich.status import Status

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from backtest.span import rows_between
from config.instruments import get_instrument
from config.settings import Settings
from data.bars import bar_seconds
from data.price_checks import doubt_about
from data.scaler_fits import FITS
from data.store import SYNTHETIC, is_made_up, load_bars, load_metadata, save_bars
from data.synthetic import synthetic_bars
from data.synthetic_presets import PLANTED_PRESETS
from env.position_sizer import SIZERS
from env.rewards import REWARDS
from models.agent import ALGORITHMS
from models.exact_objectives import OBJECTIVES
from models.networks import EXTRACTORS
from models.policy import TrainedPolicy
from models.signal_predictors import PREDICTORS
from scripts.printing import console, shown
from utils.clock import SystemClock
from utils.errors import ConfigError, DataError
from utils.files import check_writable
from utils.paths import BARS_DIR, MODELS_DIR
from utils.registry import lookup

METRICS_NAME = "metrics.json"
PROVENANCE_NAME = "provenance.json"


def bars_to_trade(
    data: Path, symbol: str | None, usual: str, known_as: str | None = None
) -> tuple[pd.DataFrame, str]:
    """Read bars, print what they are, and return them with the symbol they are traded as.

    Args:
        data: Parquet file.
        symbol: What the user asked for; None takes `usual`, which the file must not contradict.
        usual: The symbol of the model or the profile.
        known_as: What the bars of the model's training are noted as: that such bars are traded as
            `usual` was said when it was trained. None where that is not known.

    Raises:
        ConfigError: For an unknown symbol, or where the file says that its bars are of another one
            than `usual` and nobody asked for that.
        DataError: If the file cannot be read or its bars break an invariant.
    """
    instrument = get_instrument(symbol or usual)
    notes = load_metadata(data)
    noted = notes.get("symbol", instrument.symbol)
    if symbol is None and noted not in {instrument.symbol, known_as}:
        raise ConfigError(
            f"`{shown(data)}` says that its bars are {noted}, not {instrument.symbol}: "
            f"say with --symbol what to trade them as"
        )
    bars = load_bars(data, instrument)
    if len(bars) < 2:
        raise DataError(f"`{shown(data)}` holds a single bar; give at least two, better thousands")
    console.print(
        f"{len(bars):,} bars of {bar_seconds(pd.DatetimeIndex(bars.index)):,} s, {bars.index[0]} "
        f"to {bars.index[-1]}, traded as {instrument.symbol}"
    )
    doubt = doubt_about(bars, instrument, notes.get("adjustment", "none"))
    if doubt is not None:
        console.print(f"warning: {doubt}; run `python scripts/data.py check {shown(data)}`")
    return bars, instrument.symbol


def check_choices(settings: Settings) -> None:
    """Look up, before any bar is read, what is chosen by name; a ConfigError names the choices."""
    lookup(REWARDS, settings.env.reward, "reward")
    lookup(SIZERS, settings.env.position_sizer, "position sizer")
    lookup(ALGORITHMS, settings.agent.algorithm, "algorithm")
    lookup(EXTRACTORS, settings.agent.feature_extractor, "feature extractor")
    lookup(OBJECTIVES, settings.agent.objective, "objective")
    lookup(PREDICTORS, settings.agent.predictor, "predictor")
    lookup(FITS, settings.train.scaler, "scaler")


@contextmanager
def kept_if_used(directory: Path) -> Iterator[Path]:
    """Yield `directory`, which exists; remove it afterwards where nothing lies in it."""
    try:
        yield directory
    finally:
        with suppress(OSError):  # an empty folder may stay; it must not hide what went wrong
            directory.rmdir()


def first_free(usual: Path) -> Path:
    """Make and return the folder `usual`, or `usual_2`, `usual_3`, ... where it is taken."""
    for count in itertools.count(1):
        path = usual if count == 1 else usual.with_name(f"{usual.name}_{count}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise ConfigError(f"cannot make the folder `{path}`: {error.strerror}") from error
        return path
    raise AssertionError("itertools.count never ends")


@contextmanager
def model_directory(out: Path | None, option: str = "--out") -> Iterator[Path]:
    """Reserve the empty directory that a model will be saved in, before any training is done.

    It is `out`, or a new models/saved/train_YYYYMMDD_HHMMSS that no other process gets. If nothing
    is saved in it, it is removed again.

    Args:
        out: What the user asked for; None asks for nothing.
        option: By which.

    Raises:
        ConfigError: If `out` already holds something or cannot be made.
    """
    place = _new_run_directory() if out is None else _given_directory(out, f"{option} {out}")
    with kept_if_used(place) as directory:
        yield directory


def _new_run_directory() -> Path:
    return first_free(MODELS_DIR / SystemClock().now().strftime("train_%Y%m%d_%H%M%S"))


def _given_directory(out: Path, said: str) -> Path:
    """Make `out` anew: a mount point, or a folder in a read-only one, could not be saved to."""
    try:
        path = out.resolve()
        if path.is_dir() and any(path.iterdir()):
            raise ConfigError(f"`{said}` already exists and is not empty; choose another name")
        check_writable(path.parent, said)
        if path.is_dir():
            path.rmdir()
        path.mkdir()
    except OSError as error:
        raise ConfigError(
            f"cannot make the folder `{said}`: {error.strerror}; "
            f"choose a new folder in one that can be written"
        ) from error
    return path


def unseen_start(
    agent: TrainedPolicy, bars: pd.DataFrame, where: Path, start: str | None = None
) -> str:
    """Return `start`, or by default the first bar after everything the agent was trained on.

    Raises:
        ConfigError: If `start` cannot be read or lies before that bar.
        DataError: If there is no such bar.
    """
    last_seen = pd.Timestamp(agent.provenance["training_last"])
    unseen = bars.index[bars.index > last_seen]
    if unseen.empty:
        raise DataError(
            f"every bar of `{where}` (last {bars.index[-1]}) lies before the end of the model's "
            f"training ({last_seen}): give later bars, or --in-sample to test on seen ones anyway"
        )
    first_row = 0 if start is None else rows_between(bars.index, start, None).start
    # the last bar of the training may be decided on: what is traded comes after it
    if start is not None and first_row < len(bars) - len(unseen) - 1:
        raise ConfigError(
            f"`--start {start}` lies before the end of the model's training ({last_seen}): "
            f"give {unseen[0]} or later, or --in-sample to test on seen bars anyway"
        )
    return str(unseen[0]) if start is None else start


def run_beside_baselines(
    engine: BacktestEngine, agent: TrainedPolicy, seed: int
) -> list[BacktestResult]:
    """Back-test the agent, then every baseline over the same bars at the same costs."""
    result = shown_progress(engine.run_with_model)(agent)
    return [result, *engine.run_baselines(like=result, seed=seed)]


def shown_progress(run: Callable[..., BacktestResult]) -> Callable[[Any], BacktestResult]:
    """Return a method of the engine that takes what is tested, and shows how far it is."""

    def run_and_show(tested: Any) -> BacktestResult:
        with console.status("back-testing") as status:
            return run(tested, on_progress=_shown_in(status))

    return run_and_show


def _shown_in(status: Status) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        status.update(f"back-testing: bar {done:,} of {total:,}")

    return show


def is_synthetic(data: Path) -> bool:
    """Return whether a file of bars says of itself that they were made up."""
    return is_made_up(load_metadata(data))


def make_demo_bars(settings: Settings) -> tuple[Path, pd.DataFrame]:
    """Make the demo's synthetic bars and store them; return where they lie, and the bars."""
    symbol, seed = settings.env.symbol, settings.agent.seed
    preset = PLANTED_PRESETS[settings.demo.strength]
    console.print(
        f"Making {settings.demo.n_bars:,} synthetic {symbol} bars, preset `{preset}`: "
        "not a real market; its edge was put in on purpose"
    )
    bars = synthetic_bars(settings.demo.n_bars, preset, seed=seed, symbol=symbol)
    path = BARS_DIR / "demo_bars.parquet"
    if path.exists() and not is_synthetic(path):
        raise ConfigError(
            f"`{shown(path)}` holds bars that the demo did not make; move it, so as not to lose it"
        )
    save_bars(bars, path, {"symbol": symbol, "source": f"{SYNTHETIC} {preset}", "seed": str(seed)})
    return path, bars
