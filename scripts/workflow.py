"""The steps that scripts share: train and save, walk forward, back-test, report, print."""

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.status import Status
from rich.table import Table

from backtest.engine import BacktestEngine
from backtest.report import write_metrics_json, write_report
from backtest.result import BacktestResult
from backtest.walk_forward import walk_forward
from config.settings import Settings
from data.splits import chronological_split
from data.store import load_metadata, save_bars
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from models.callbacks import RichProgress
from models.training import train_agent
from utils.clock import SystemClock
from utils.errors import ConfigError, DataError
from utils.paths import BARS_DIR, MODELS_DIR, PROJECT_ROOT, TENSORBOARD_DIR

PLAIN_WIDTH = 120
"""Columns to print in where the output is no terminal."""

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=PLAIN_WIDTH)

SYNTHETIC = "synthetic"
"""How the `source` of made-up bars begins, in the notes stored with them."""

TABLE_COLUMNS = {
    "net_profit_usd": ("net USD", "{:,.2f}"),
    "total_return": ("return", "{:.2%}"),
    "sharpe": ("Sharpe", "{:.2f}"),
    "max_drawdown": ("max drawdown", "{:.2%}"),
    "n_trades": ("trades", "{:,d}"),
    "win_rate": ("win rate", "{:.1%}"),
    "total_fees_usd": ("fees USD", "{:,.2f}"),
}
"""Metric name: heading and format of its column in the printed table."""


def new_model_dir(out: Path | None) -> Path:
    """Return where a model will be saved: `out`, or models/saved/train_YYYYMMDD_HHMMSS.

    Raises:
        ConfigError: If `out` already holds something; asked before training, not after it.
    """
    if out is None:
        stamp = SystemClock().now().strftime("train_%Y%m%d_%H%M%S")
        return next(path for path in _numbered(MODELS_DIR / stamp) if not path.exists())
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"`--out {out}` already exists and is not empty; choose another name")
    return out


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_name(f"{path.name}_{count}") for count in itertools.count(2))


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
    results = []
    folds = walk_forward(bars, settings, lambda rows, own: train_with_progress(rows, own, log_name))
    for outcome in folds:
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
    provenance: dict[str, Any],
    *,
    is_synthetic: bool,
) -> Path:
    """Write report.html and metrics.json into `folder`; return the report's path."""
    report = write_report(folder, results, bars, provenance, is_synthetic)
    write_metrics_json(folder / "metrics.json", results)
    return report


def print_results(results: Sequence[BacktestResult]) -> None:
    """Print one row of metrics per result, and say so where the model knew the bars."""
    table = Table()
    table.add_column("policy")
    for heading, _ in TABLE_COLUMNS.values():
        table.add_column(heading, justify="right")
    for result in results:
        table.add_row(result.name, *_cells(result.metrics))
    console.print(table)
    if results[0].is_in_sample:
        console.print("IN-SAMPLE: the model was trained on some of these bars")


def _cells(metrics: dict[str, Any]) -> list[str]:
    """Return formatted values; an undefined one (NaN) is a dash."""
    values = ((metrics[name], style) for name, (_, style) in TABLE_COLUMNS.items())
    return ["–" if pd.isna(value) else style.format(value) for value, style in values]


def shown(path: Path) -> str:
    """Return `path` relative to the repository root where it lies inside, else as it is."""
    absolute = path.resolve()
    if absolute.is_relative_to(PROJECT_ROOT):
        return absolute.relative_to(PROJECT_ROOT).as_posix()
    return str(path)


def print_commands(heading: str, *commands: str) -> None:
    """Print commands of ours as they can be typed from the repository root."""
    console.print(f"{heading}:")
    for command in commands:
        console.print(f"  {shown_python()} {command}", soft_wrap=True)


def shown_python() -> str:
    """Return the running interpreter as a user would type it from the repository root."""
    # not resolved: .venv's python is a link out of the repository
    interpreter = Path(sys.executable)
    if interpreter.is_relative_to(PROJECT_ROOT):
        return interpreter.relative_to(PROJECT_ROOT).as_posix()
    return "python"


def make_demo_bars(settings: Settings) -> tuple[Path, pd.DataFrame]:
    """Make the demo's synthetic bars and store them; return where they lie, and the bars."""
    symbol, preset, seed = settings.env.symbol, settings.demo.preset, settings.agent.seed
    console.print(
        f"Making {settings.demo.n_bars:,} synthetic {symbol} bars, preset `{preset}`: "
        "not a real market; its edge was put in on purpose"
    )
    bars = synthetic_bars(settings.demo.n_bars, preset, seed=seed, symbol=symbol)
    path = BARS_DIR / "demo_bars.parquet"
    save_bars(bars, path, {"symbol": symbol, "source": f"{SYNTHETIC} {preset}", "seed": str(seed)})
    return path, bars
