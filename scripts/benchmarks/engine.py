"""How fast the event engine runs a rule, beside other engines on the same bars.

A figure is printed only after both ways of ours were seen to leave the trades and the equity that
the environment's own simulation leaves. Seconds are of the process alone, ours and theirs: each of
these engines runs in one thread, and what else the machine is doing is then left out.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from config.instruments import get_instrument
from data.bars import PRICE_COLUMNS
from data.synthetic import synthetic_bars
from scripts.benchmarks.engine_report import report_line
from scripts.benchmarks.engine_rules import (
    FAST,
    SETTINGS,
    SLOW,
    CrossPolicy,
    CrossStrategy,
    CrossTargets,
)
from scripts.benchmarks.env_markets import check_traded
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.peers import ask_peer
from scripts.benchmarks.processes import measured
from utils.errors import SimulationError
from utils.paths import PROJECT_ROOT

SUITE = "engine"
BARS, MANY_BARS = 1_000_000, 5_000_000
FEW_BARS = 20_000
"""Bars for a peer that is slow; its line says so."""

REPEATS = 3
QUICK_SHARE = 20
"""A quick run measures one twentieth of the work."""

Run = Callable[[], BacktestResult]

_MEMORY_PROGRAM = """
from backtest.engine import BacktestEngine
from data.synthetic import synthetic_bars
from scripts.benchmarks.engine_rules import SETTINGS, CrossStrategy
result = BacktestEngine(synthetic_bars({n_bars}, seed=1)).run_with_strategy(
    CrossStrategy(), SETTINGS
)
print(len(result.trades))
"""


def engine_suite(quick: bool) -> Iterator[BenchLine]:
    """Yield one line after the other, each once its work has been checked."""
    share = QUICK_SHARE if quick else 1
    n_bars = BARS // share
    bars = synthetic_bars(n_bars, seed=1)
    api, compiled = _checked_runs(bars)
    with tempfile.TemporaryDirectory() as folder:
        many, few = Path(folder) / "many.npy", Path(folder) / "few.npy"
        prices = bars[list(PRICE_COLUMNS)].to_numpy()
        np.save(many, prices)
        np.save(few, prices[: FEW_BARS // share])
        api_seconds = _seconds(api)
        ours = n_bars / api_seconds
        yield _beside("strategy_api", ours, "backtesting", many)
        yield _beside("strategy_api_backtrader", ours, "backtrader", few)
        yield _beside("compiled_strategy", n_bars / _seconds(compiled), "vectorbt", many)
    yield _scaling(api, share)
    yield _memory(n_bars)
    yield report_line(quick)


def _checked_runs(bars: pd.DataFrame) -> tuple[Run, Run]:
    """Return the rule at a desk, and compiled, once both did what the plain way does."""
    engine = BacktestEngine(bars)

    def api() -> BacktestResult:
        return engine.run_with_strategy(CrossStrategy(), SETTINGS)

    def compiled() -> BacktestResult:
        return engine.run_with_strategy(CrossTargets(), SETTINGS)

    plain = engine.run_with_policy(CrossPolicy(bars), ("time_sin",), settings=SETTINGS)
    check_traded(len(plain.trades))
    for name, run in (("strategy", api), ("compiled strategy", compiled)):
        result = run()
        if not result.trades.equals(plain.trades) or (result.equity != plain.equity).any():
            raise SimulationError(f"the {name} left other trades than the plain simulation")
    return api, compiled


def _seconds(run: Run) -> float:
    """Return the seconds of the fastest of some runs."""
    seconds = []
    for _ in range(REPEATS):
        started = time.process_time()
        run()
        seconds.append(time.process_time() - started)
    return min(seconds)


def _beside(name: str, ours: float, peer: str, bars: Path) -> BenchLine:
    """Return our bars per second beside a peer's, which must have traded about as much."""
    instrument = get_instrument(SETTINGS.symbol)
    n_bars = len(np.load(bars, mmap_mode="r"))
    question = {
        "bars": str(bars),
        "fast": FAST,
        "slow": SLOW,
        "stop_points": (SETTINGS.stop_loss_ticks or 0.0) * instrument.tick_size,
        "fee_usd": instrument.commission_per_side_usd,
        "slippage_points": SETTINGS.slippage_ticks * instrument.tick_size,
        "n_repeats": REPEATS,
    }
    answer = ask_peer(f"{peer}_cross", question)
    return BenchLine(
        suite=SUITE,
        name=name,
        value=ours,
        unit="bars/s",
        reference=f"{peer} on {n_bars:,} bars",
        reference_value=None if answer is None else answer["bars_per_second"],
    )


def _scaling(api: Run, share: int) -> BenchLine:
    """Return what a bar costs on many bars over what it costs on fewer, one run after the other."""
    engine = BacktestEngine(_repeated(synthetic_bars(BARS // share, seed=1), MANY_BARS // BARS))
    engine.run_with_strategy(CrossTargets(), SETTINGS)  # makes the market of these bars
    ratios = []
    for _ in range(REPEATS):
        started = time.process_time()
        api()
        between = time.process_time()
        engine.run_with_strategy(CrossStrategy(), SETTINGS)
        ratios.append((time.process_time() - between) / (between - started))
    times = MANY_BARS / BARS
    return BenchLine(
        suite=SUITE,
        name="scaling",
        value=float(np.median(ratios)) / times,
        unit=f"x the cost of a bar on {BARS // share:,} bars",
    )


def _repeated(bars: pd.DataFrame, times: int) -> pd.DataFrame:
    """Return the same bars again and again at later stamps: as many trades per bar as once.

    A longer synthetic market would drift to other prices, and trade more or less often there.
    """
    span = bars.index[-1] - bars.index[0]
    week = pd.Timedelta(weeks=1)
    step = (span // week + 1) * week
    return pd.concat([bars.set_axis(bars.index + i * step, axis=0) for i in range(times)])


def _memory(n_bars: int) -> BenchLine:
    """Return the peak of a process that makes the bars, runs the rule and keeps the result."""
    done = measured(["-c", _MEMORY_PROGRAM.format(n_bars=n_bars)], str(PROJECT_ROOT))
    check_traded(int(done.printed.split()[-1]))
    return BenchLine(suite=SUITE, name="memory_1m", value=done.peak_bytes / 1e6, unit="MB")
