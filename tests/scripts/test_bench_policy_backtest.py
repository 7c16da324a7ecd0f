"""The line `policy_backtest`: a small run, and what it refuses to print a figure for."""

import pytest

from models.network_decider import NetworkDecider
from scripts.benchmarks import policy_backtest as suite
from utils.errors import SimulationError


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """A quick run is then over 2,000 bars, and its loop over 200."""
    monkeypatch.setattr(suite, "BARS", 20_000)
    monkeypatch.setattr(suite, "REPEATS", 1)


def test_policy_backtest_line_has_both_figures():
    line = suite.policy_backtest_line(quick=True)
    assert (line.suite, line.name, line.unit) == ("training", "policy_backtest", "s")
    assert line.value > 0
    assert line.reference_value > 0
    assert "1 / 10 of the bars" in line.reference


def test_policy_backtest_of_other_actions_than_the_loops_is_refused(monkeypatch):
    true_decide = NetworkDecider.decide
    monkeypatch.setattr(
        NetworkDecider, "decide", lambda own, bar, seen: 3 - true_decide(own, bar, seen)
    )
    with pytest.raises(SimulationError, match="other actions than the predict loop"):
        suite.policy_backtest_line(quick=True)


def test_policy_backtest_that_leaves_another_equity_than_the_loop_is_refused(monkeypatch):
    true_engine = suite.BacktestEngine
    monkeypatch.setattr(suite, "BacktestEngine", lambda bars: true_engine(bars, slippage_ticks=3))
    with pytest.raises(SimulationError, match="another equity than the predict loop"):
        suite.policy_backtest_line(quick=True)


def test_policy_backtest_of_too_little_trading_is_refused(monkeypatch):
    monkeypatch.setattr(suite, "BARS", 3_000)
    with pytest.raises(SimulationError, match="trades, must be > 100"):
        suite.policy_backtest_line(quick=True)
