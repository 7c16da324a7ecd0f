"""The engine's suite: a small run, what it refuses to print a figure for, and its peers."""

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from data.synthetic import synthetic_bars
from scripts.benchmarks import engine as suite
from scripts.benchmarks.engine_rules import SETTINGS, CrossPolicy, CrossStrategy, CrossTargets
from scripts.benchmarks.peers import BENCH_PYTHON, ask_peer
from utils.errors import SimulationError


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """A quick run is then over 6,000 bars and over 30,000."""
    monkeypatch.setattr(suite, "BARS", 120_000)
    monkeypatch.setattr(suite, "MANY_BARS", 600_000)
    monkeypatch.setattr(suite, "REPEATS", 1)


def test_engine_suite_yields_its_lines(monkeypatch):
    asked = {}

    def answer(program, question):
        asked[program] = len(np.load(question["bars"]))
        return {"bars_per_second": 10.0}

    monkeypatch.setattr(suite, "ask_peer", answer)
    lines = {line.name: line for line in suite.engine_suite(quick=True)}
    assert list(lines) == [
        "strategy_api",
        "strategy_api_backtrader",
        "compiled_strategy",
        "scaling",
        "memory_1m",
        "report_100k",
    ]
    assert all(line.suite == "engine" and line.value > 0 for line in lines.values())
    assert lines["strategy_api"].ratio == lines["strategy_api"].value / 10.0
    assert lines["strategy_api"].reference == "backtesting on 6,000 bars"
    assert lines["memory_1m"].unit == "MB"
    assert asked == {"backtesting_cross": 6_000, "backtrader_cross": 1_000, "vectorbt_cross": 6_000}


@pytest.mark.parametrize("kind", [CrossStrategy, CrossTargets])
def test_engine_suite_of_other_trades_than_the_plain_way_is_refused(monkeypatch, kind):
    true_run = BacktestEngine.run_with_strategy

    def dearer(engine, strategy, settings):
        if isinstance(strategy, kind):
            settings = settings.model_copy(update={"slippage_ticks": 2})
        return true_run(engine, strategy, settings)

    monkeypatch.setattr(BacktestEngine, "run_with_strategy", dearer)
    with pytest.raises(SimulationError, match="left other trades than the plain simulation"):
        next(suite.engine_suite(quick=True))


def test_engine_suite_of_too_little_trading_is_refused(monkeypatch):
    monkeypatch.setattr(suite, "BARS", 30_000)
    with pytest.raises(SimulationError, match="trades, must be > 100"):
        next(suite.engine_suite(quick=True))


def test_three_ways_of_the_rule_are_one():
    bars = synthetic_bars(6_000, seed=1)
    engine = BacktestEngine(bars)
    plain = engine.run_with_policy(CrossPolicy(bars), ("time_sin",), settings=SETTINGS)
    for strategy in (CrossStrategy(), CrossTargets()):
        assert engine.run_with_strategy(strategy, SETTINGS).trades.equals(plain.trades)


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["backtesting", "vectorbt", "backtrader"])
def test_peer_trades_about_as_often_as_the_rule_does(tmp_path, peer):
    if not BENCH_PYTHON.exists():
        pytest.skip("the peers are not installed: make bench-env")
    bars = synthetic_bars(6_000, seed=1)
    np.save(tmp_path / "bars.npy", bars[["open", "high", "low", "close"]].to_numpy())
    question = {
        "bars": str(tmp_path / "bars.npy"),
        "fast": 20,
        "slow": 50,
        "stop_points": 50.0,
        "fee_usd": 0.62,
        "slippage_points": 0.25,
        "n_repeats": 1,
    }
    answer = ask_peer(f"{peer}_cross", question)
    ours = len(BacktestEngine(bars).run_with_strategy(CrossTargets(), SETTINGS).trades)
    assert answer["bars_per_second"] > 0
    assert answer["n_trades"] == pytest.approx(ours, rel=0.1)
