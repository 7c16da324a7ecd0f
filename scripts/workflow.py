"""The steps that scripts share: train and save, walk forward, back-test, report, print."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from rich.status import Status

from backtest.engine import BacktestEngine
from backtest.report import REPORT_NAME, write_metrics_json, write_report
from backtest.result import BacktestResult
from backtest.walk_forward import walk_forward
from config.instruments import get_instrument
from config.settings import Settings
from data.bars import bar_seconds
from data.splits import chronological_split
from data.store import fingerprint, load_bars, load_metadata, save_bars
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from models.callbacks import RichProgress
from models.training import train_agent
from scripts.printing import console, print_results, shown
from utils.clock import SystemClock
from utils.errors import ConfigError, DataError
from utils.files import check_writable, write_json_atomically
from utils.paths import BARS_DIR, MODELS_DIR, TENSORBOARD_DIR
from utils.provenance import code_provenance

SYNTHETIC = "synthetic"
"""How the `source` of made-up bars begins, in the notes stored with them."""


def bars_to_trade(data: Path, symbol: str | None, usual: str) -> tuple[pd.DataFrame, str]:
    """Read bars, print what they are, and return them with the symbol they are traded as.

    Args:
        data: Parquet file.
        symbol: What the user asked for; None takes `usual`, which the file must not contradict.
        usual: The symbol of the model or the profile.

    Raises:
        ConfigError: For an unknown symbol, or where the file says that its bars are of another one
            than `usual` and nobody asked for that.
        DataError: If the file cannot be read or its bars break an invariant.
    """
    instrument = get_instrument(symbol or usual)
    noted = load_metadata(data).get("symbol", instrument.symbol)
    if symbol is None and noted != instrument.symbol:
        raise ConfigError(
            f"`{shown(data)}` says that its bars are {noted}, not {instrument.symbol}: "
            f"say with --symbol what to trade them as"
        )
    bars = load_bars(data, instrument)
    console.print(
        f"{len(bars):,} bars of {bar_seconds(pd.DatetimeIndex(bars.index)):,} s, {bars.index[0]} "
        f"to {bars.index[-1]}, traded as {instrument.symbol}"
    )
    return bars, instrument.symbol


@contextmanager
def _kept_if_used(directory: Path) -> Iterator[Path]:
    """Yield `directory`, which exists; remove it afterwards where nothing lies in it."""
    try:
        yield directory
    finally:
        if not any(directory.iterdir()):
            directory.rmdir()


@contextmanager
def report_directory(out: Path | None, usual: Path) -> Iterator[Path]:
    """Make sure, before anything is run, that the folder `out` (None: `usual`) can be written.

    Raises:
        ConfigError: If it cannot.
    """
    folder = usual if out is None else out
    check_writable(folder)
    with _kept_if_used(folder):
        yield folder


@contextmanager
def model_directory(out: Path | None) -> Iterator[Path]:
    """Reserve the empty directory that a model will be saved in, before any training is done.

    It is `out`, or a new models/saved/train_YYYYMMDD_HHMMSS that no other process gets. If nothing
    is saved in it, it is removed again.

    Raises:
        ConfigError: If `out` already holds something or cannot be made.
    """
    with _kept_if_used(_new_run_directory() if out is None else _given_directory(out)) as directory:
        yield directory


def _new_run_directory() -> Path:
    stamp = SystemClock().now().strftime("train_%Y%m%d_%H%M%S")
    for count in itertools.count(1):
        path = MODELS_DIR / (stamp if count == 1 else f"{stamp}_{count}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path
    raise AssertionError("itertools.count never ends")


def _given_directory(out: Path) -> Path:
    try:
        path = out.resolve()
        path.mkdir(parents=True, exist_ok=True)
        is_empty = not any(path.iterdir())
    except OSError as error:
        raise ConfigError(f"cannot make the folder `--out {out}`: {error.strerror}") from error
    if not is_empty:
        raise ConfigError(f"`--out {out}` already exists and is not empty; choose another name")
    return path


def train_with_progress(
    bars: pd.DataFrame, settings: Settings, log_name: str | None = None
) -> TradingAgent:
    """Train on all of `bars` behind a progress bar.

    Args:
        bars: Checked bars, training rows only.
        settings: What to learn from and how.
        log_name: Folder name under var/tensorboard; None logs nothing.
    """
    console.print(
        f"Training {settings.agent.algorithm} with the {settings.agent.feature_extractor} "
        f"extractor on {len(bars):,} bars, {bars.index[0]} to {bars.index[-1]}"
    )
    tensorboard = None if log_name is None else TENSORBOARD_DIR / log_name
    progress = RichProgress(settings.train.timesteps)
    return train_agent(bars, settings, callbacks=(progress,), tensorboard=tensorboard)


def train_and_save(
    bars: pd.DataFrame, settings: Settings, directory: Path, log_name: str | None
) -> TradingAgent:
    """Train on all but the last `test_fraction` of the bars and save the agent."""
    split = chronological_split(len(bars), settings.train.test_fraction)
    agent = train_with_progress(bars.iloc[split.train], settings, log_name)
    agent.save(directory)
    console.print(f"model: {shown(directory)}")
    return agent


def walk_forward_with_progress(
    bars: pd.DataFrame, settings: Settings, directory: Path, log_name: str | None
) -> None:
    """Train and test fold by fold; save each fold's agent as soon as it is tested, then print."""
    numbers = itertools.count(1)

    def train(rows: pd.DataFrame, own: Settings) -> TradingAgent:
        fold = f"fold_{next(numbers)}"
        return train_with_progress(rows, own, None if log_name is None else f"{log_name}/{fold}")

    results = []
    for outcome in walk_forward(bars, settings, train):
        outcome.agent.save(directory / outcome.result.name)
        results.append(outcome.result)
    write_metrics_json(directory / "metrics.json", results)
    print_results(results)
    total = sum(result.metrics["net_profit_usd"] for result in results)
    console.print(f"all {len(results)} folds out of sample: {total:+,.2f} USD net")
    console.print(f"models and metrics: {shown(directory)}")


def unseen_start(agent: TradingAgent, bars: pd.DataFrame, where: Path) -> pd.Timestamp:
    """Return the first bar of `bars` that came after everything the agent was trained on.

    Raises:
        DataError: If there is none.
    """
    last_seen = pd.Timestamp(agent.provenance["training_last"])
    unseen = bars.index[bars.index > last_seen]
    if unseen.empty:
        raise DataError(
            f"every bar of `{where}` (last {bars.index[-1]}) lies before the end of the model's "
            f"training ({last_seen}): give later bars, or --in-sample to test on seen ones anyway"
        )
    return unseen[0]


def run_beside_baselines(
    engine: BacktestEngine, agent: TradingAgent, seed: int
) -> list[BacktestResult]:
    """Back-test the agent, then every baseline over the same bars at the same costs."""
    with console.status("back-testing") as status:
        result = engine.run_with_model(agent, on_progress=_shown_in(status))
        return [result, *engine.run_baselines(like=result, seed=seed)]


def _shown_in(status: Status) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        status.update(f"back-testing: bar {done:,} of {total:,}")

    return show


def is_synthetic(data: Path) -> bool:
    """Return whether a file of bars says of itself that they were made up."""
    return load_metadata(data).get("source", "").startswith(SYNTHETIC)


def write_results(
    folder: Path,
    results: Sequence[BacktestResult],
    bars: pd.DataFrame,
    agent: TradingAgent,
    *,
    is_synthetic: bool,
) -> Path:
    """Write report, metrics.json and provenance.json to `folder`; return the report's path."""
    provenance = {
        "model": agent.provenance,
        "backtest": {**code_provenance(), "data_fingerprint": fingerprint(bars)},
    }
    report = write_report(folder / REPORT_NAME, results, bars, provenance, is_synthetic)
    write_metrics_json(folder / "metrics.json", results)
    write_json_atomically(folder / "provenance.json", provenance)
    return report


def make_demo_bars(settings: Settings) -> tuple[Path, pd.DataFrame]:
    """Make the demo's synthetic bars and store them; return where they lie, and the bars."""
    symbol, preset, seed = settings.env.symbol, settings.demo.preset, settings.agent.seed
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
