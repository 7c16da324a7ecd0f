"""Decisions replayed: under the same terms, under others, and where they do not fit."""

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from env.actions import Action
from tests.helpers.bars import make_bars
from tests.helpers.policies import ScriptedPolicy
from utils.errors import ConfigError
from utils.seeding import generator

LOOKBACK = EnvSettings().lookback_window
STILL = (20_000.0, 20_002.0, 19_998.0, 20_000.0)
B1 = (20_001.0, 20_010.0, 19_999.0, 20_008.0)
BOTH = (20_008.0, 20_060.0, 19_940.0, 20_050.0)
"""Reaches a stop and a target that are 50 points away."""

AFTER = (20_050.0, 20_051.0, 20_049.0, 20_050.0)
BRACKET = EnvSettings(stop_loss_ticks=200.0, take_profit_ticks=200.0, commission=0.62)
"""Of golden case 4."""


def bracket_run():
    """Return an engine and the result of golden case 4: stop and target in the same bar."""
    bars = make_bars([STILL] * (LOOKBACK + 1) + [B1, BOTH, AFTER])
    engine = BacktestEngine(bars)
    policy = ScriptedPolicy([Action.BUY, Action.HOLD, Action.HOLD])
    return engine, engine.run_with_policy(policy, settings=BRACKET)


def long_run(n_bars=2_000, symbol="MNQ", **changes):
    """Return an engine and the result of random decisions."""
    settings = EnvSettings(symbol=symbol, margin="none", initial_balance=1e6, **changes)
    engine = BacktestEngine(synthetic_bars(n_bars, seed=5, symbol=symbol), symbol=symbol)
    actions = generator(3).integers(0, 4, size=n_bars)
    return engine, engine.run_with_policy(ScriptedPolicy(actions), settings=settings)


def test_result_keeps_the_decisions_and_the_ambiguous_bars():
    _, result = bracket_run()
    assert result.decisions.tolist() == [Action.BUY, Action.HOLD, Action.HOLD]
    assert result.n_ambiguous == 1
    assert not result.decisions.flags.writeable


def test_result_trades_have_excursions_holding_time_and_multiple_of_risk():
    _, result = bracket_run()
    [trade] = result.trades.to_dict("records")
    # in at 20,001.25; b1 rises to 20,010; out at 19,951, and what the last bar did else is unknown
    assert trade["net_usd"] == pytest.approx(-101.74)
    assert (trade["mae_ticks"], trade["mae_usd"]) == (-201.0, -100.5)
    assert (trade["mfe_ticks"], trade["mfe_usd"]) == (35.0, 17.5)
    assert trade["holding_bars"] == 1
    assert trade["r_multiple"] == pytest.approx(-1.0174)  # of 200 ticks x 0.50 USD


def test_result_fills_have_their_slippage():
    _, result = bracket_run()
    assert result.fills["slippage_ticks"].tolist() == [1, 1]
    assert result.fills["slippage_usd"].tolist() == [0.5, 0.5]


def test_result_without_a_stop_has_no_multiple_of_risk():
    _, result = long_run(stop_loss_ticks=None)
    assert len(result.trades) > 100
    assert result.trades["r_multiple"].isna().all()


def test_replayed_under_another_path_takes_the_target_of_golden_case_4():
    engine, result = bracket_run()
    other = engine.replayed(result, path_policy="ohlc")
    # the high first: the target's limit is at the fill + 50 points
    assert other.fills["reason"].tolist() == ["signal", "target"]
    assert other.fills["price"].tolist() == [20_001.25, 20_051.25]
    assert other.trades["net_usd"].tolist() == pytest.approx([98.76])
    assert other.settings.path_policy == "ohlc"
    assert other.name == result.name


def test_replayed_with_dearer_fills_pays_for_them():
    engine, result = bracket_run()
    dear = engine.replayed(result, commission_factor=2.0, slippage_factor=3.0)
    # 1.24 a side; in at open + 3 ticks; out 3 ticks below the stop, which lies 50 points lower
    assert dear.fills["price"].tolist() == [20_001.75, 19_951.0]
    assert dear.trades["net_usd"].tolist() == pytest.approx([-50.75 * 2 - 4 * 0.62])
    assert dear.settings.commission == 1.24
    free = engine.replayed(result, commission_factor=0.0, slippage_factor=0.0)
    assert free.fills["price"].tolist() == [20_001.0, 19_951.0]
    assert free.trades["net_usd"].tolist() == [-100.0]


def test_replayed_counts_half_the_spread_and_off_hours_as_slippage():
    changes = {"spread_ticks": 3, "off_hours_slippage_ticks": 1, "stop_loss_ticks": None}
    engine, result = long_run(400, **changes)
    twice = engine.replayed(result, slippage_factor=2.0)
    assert set(result.fills["slippage_ticks"]) == {3, 4}  # 1, 2 for the spread, 1 at night
    assert (twice.fills["slippage_ticks"] == 2 * result.fills["slippage_ticks"]).all()


@pytest.mark.parametrize("symbol", ["MNQ", "MCL"])
def test_replayed_under_the_same_terms_is_the_same(symbol):
    engine, result = long_run(symbol=symbol)
    again = engine.replayed(result)
    assert again.equity.tobytes() == result.equity.tobytes()
    assert again.trades.equals(result.trades)
    assert again.feature_columns == result.feature_columns
    assert again.settings == result.settings


def test_decisions_after_a_ruin_are_not_taken():
    crash = (14_000.0, 14_000.0, 14_000.0, 14_000.0)
    engine = BacktestEngine(make_bars([STILL] * (LOOKBACK + 2) + [crash] * 5))
    result = engine.run_with_policy(ScriptedPolicy([Action.BUY] * 9))
    assert result.decisions.tolist() == [1, 1, 0, 0, 0, 0]
    replay = engine.run_decisions(np.ones(6, np.int64), result, "buyer")
    assert replay.decisions.tolist() == result.decisions.tolist()
    assert replay.equity.tobytes() == result.equity.tobytes()
    assert replay.was_liquidated


def test_decisions_of_later_bars_change_nothing_before():
    engine, result = long_run()
    changed = result.decisions.copy()
    changed[1_000:] = Action.CLOSE
    replay = engine.run_decisions(changed, result, "changed")
    assert np.array_equal(replay.equity[:1_001], result.equity[:1_001])
    assert not np.array_equal(replay.equity, result.equity)


@pytest.mark.parametrize(
    ("decisions", "part"),
    [
        ([1, 2], "must be 1949 whole numbers, .* was int64 of shape \\(2,\\)"),
        (np.zeros(1_949), "was float64"),
        (np.full(1_949, 4), "must be actions, 0 to 3, was 4 at 0"),
    ],
)
def test_decisions_that_do_not_fit_are_refused(decisions, part):
    engine, result = long_run()
    with pytest.raises(ConfigError, match=part):
        engine.run_decisions(decisions, result, "wrong")


@pytest.mark.parametrize(
    ("terms", "part"),
    [
        ({"slippage_factor": 1.5}, "must leave `slippage_ticks` whole, 1.5 x 1 is 1.5"),
        ({"slippage_factor": -1.0}, "slippage_ticks"),
        ({"commission_factor": -1.0}, "commission"),
        ({"path_policy": "best"}, "path policy"),
    ],
)
def test_replayed_under_impossible_terms_is_refused(terms, part):
    engine, result = bracket_run()
    with pytest.raises(ConfigError, match=part):
        engine.replayed(result, **terms)


def test_replayed_result_of_other_bars_is_refused():
    _, result = bracket_run()
    with pytest.raises(ConfigError, match="over other bars"):
        BacktestEngine(synthetic_bars(500, seed=1).iloc[100:]).replayed(result)
