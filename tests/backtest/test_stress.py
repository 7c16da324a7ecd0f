"""Hard times are found in the prices alone, and made-up markets are met with one's own account."""

import numpy as np
import pandas as pd
import pytest

from backtest.engine import BacktestEngine
from backtest.historical_windows import historical_windows
from backtest.stress import SCENARIOS, stress_tables, synthetic_stress
from config.settings import EnvSettings
from data.calendar import calendar_of
from data.synthetic import synthetic_bars
from models.baselines import BuyAndHold
from tests.helpers.results import flat_bars, hand_made_result, idle_result
from utils.errors import ArtifactError, ConfigError, DataError

CLOSES = [100, 101, 102, 101, 102, 90, 80, 82, 84, 86, 90, 99, 100, 101, 100, 101, 100]
"""The first is before the first session; a fall of 20 in sessions 5 and 6, a rise of 9 in 11."""


def held_through(closes):
    """Return bars of a session each, and a result that held one contract of 2 USD a point."""
    index = pd.DatetimeIndex(
        pd.bdate_range("2025-01-06 18:00", periods=len(closes), tz="UTC"), name="timestamp"
    )
    price = np.array(closes, dtype=np.float64)
    bars = pd.DataFrame(
        {"open": price, "high": price, "low": price, "close": price, "volume": 1.0}, index=index
    )
    equity = 10_000.0 + 2.0 * (price - price[0])
    result = hand_made_result(
        bars=bars, equity=equity, trade_dates=calendar_of("MNQ").trade_dates(index)
    )
    return bars, result


def test_historical_windows_by_hand():
    bars, result = held_through(CLOSES)
    windows = {each.name: each for each in historical_windows(result, bars)}
    assert set(windows) == {
        "deepest fall in a week",
        "steepest rise in a week",
        "wildest prices in a week",
    }  # 16 sessions hold no month
    fall = windows["deepest fall in a week"]
    # five sessions from the close of 101 (session 1) to that of 80 (session 6)
    assert (fall.first, fall.last) == ("2025-01-08", "2025-01-14")
    assert fall.market_return == pytest.approx(80 / 101 - 1)
    assert fall.net_usd == -42.0
    assert fall.max_drawdown_usd == -44.0  # from 102, the second time, to 80
    rise = windows["steepest rise in a week"]
    assert (rise.net_usd, rise.market_return) == (38.0, pytest.approx(99 / 80 - 1))
    assert windows["wildest prices in a week"].net_usd < 0


def test_historical_windows_are_found_in_prices_not_in_the_result():
    bars, result = held_through(CLOSES)
    idle = idle_result(bars=bars)
    idle = hand_made_result(
        bars=bars,
        equity=np.full(len(bars), 1.0),
        trade_dates=result.trade_dates,
        trades=idle.trades,
    )
    found = [(each.first, each.last) for each in historical_windows(result, bars)]
    assert found == [(each.first, each.last) for each in historical_windows(idle, bars)]
    assert {each.net_usd for each in historical_windows(idle, bars)} == {0.0}


def test_historical_windows_trades_are_counted_by_their_exit():
    bars, result = held_through(CLOSES)  # its one trade ends in bar 3, the third session
    windows = {each.name: each.n_trades for each in historical_windows(result, bars)}
    assert windows["deepest fall in a week"] == 1
    assert windows["steepest rise in a week"] == 0


def test_historical_windows_too_few_sessions_are_refused():
    bars, result = held_through(CLOSES[:5])
    with pytest.raises(DataError, match="in 5 sessions or more, were 4"):
        historical_windows(result, bars)


def test_historical_windows_other_bars_are_refused():
    _, result = held_through(CLOSES)
    with pytest.raises(ConfigError, match="other bars"):
        historical_windows(result, flat_bars(40))


def like(**settings):
    return hand_made_result(settings=EnvSettings(initial_balance=50_000.0, **settings))


def test_synthetic_stress_runs_every_scenario_with_the_account_of_the_result():
    seen = []

    def run(engine):
        seen.append(engine.run_with_policy(BuyAndHold()))
        return seen[-1]

    found = synthetic_stress(run, like(slippage_ticks=2, commission=1.5), n_bars=2_000)
    assert [each.name for each in found] == list(SCENARIOS)
    assert [each.settings.slippage_ticks for each in seen] == [2, 2, 2, 8, 2, 2]
    assert {each.settings.commission for each in seen} == {1.5}
    assert {each.settings.initial_balance for each in seen} == {50_000.0}
    crisis, illiquid = found[2], found[3]
    assert illiquid.net_usd < crisis.net_usd
    assert found[2].net_usd == seen[2].metrics["net_profit_usd"]


def test_synthetic_stress_same_seed_same_bits():
    def run(engine):
        return engine.run_with_policy(BuyAndHold())

    first = synthetic_stress(run, like(), seed=3, n_bars=1_000)
    assert first == synthetic_stress(run, like(), seed=3, n_bars=1_000)
    assert first != synthetic_stress(run, like(), seed=4, n_bars=1_000)


@pytest.mark.parametrize("seed", [0, 5])
def test_synthetic_stress_is_on_no_market_that_the_same_seed_makes(seed):
    """Or else a model that was trained on synthetic bars would meet them again, as if unseen."""
    seen = {}

    def run(engine):
        result = engine.run_with_policy(BuyAndHold())
        seen[len(seen)] = result.equity
        return result

    synthetic_stress(run, like(), seed=seed, n_bars=500)
    for number, scenario in enumerate(SCENARIOS.values()):
        trained_on = synthetic_bars(500, scenario.preset, seed=seed)
        engine = BacktestEngine(trained_on, initial_capital=50_000.0)
        assert not np.array_equal(engine.run_with_policy(BuyAndHold()).equity, seen[number])


def test_stress_tables_say_why_something_could_not_be_run():
    def run(engine):
        raise ArtifactError("needs the column `signal_1`")

    bars = flat_bars()
    windows, scenarios = stress_tables(run, hand_made_result(bars=bars), bars)
    assert windows.rows == ()
    assert windows.note.startswith("Not evaluated: hard times are looked for in 5 sessions")
    assert {row.cells[-1] for row in scenarios.rows} == {"not run: needs the column `signal_1`"}
    assert {len(row.cells) for row in scenarios.rows} == {len(scenarios.columns) - 1}


def test_stress_tables_say_that_an_account_was_ruined():
    def run(engine):
        ruined = engine.run_with_policy(BuyAndHold())
        return hand_made_result(was_liquidated=True, settings=ruined.settings)

    bars, result = held_through(CLOSES)
    windows, scenarios = stress_tables(run, result, bars)
    assert len(windows.rows) == 3
    assert {row.cells[-1].split(";")[0] for row in scenarios.rows} == {"RUINED"}
