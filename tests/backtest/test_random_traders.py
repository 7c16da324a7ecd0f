"""Random traders trade as much as the result, at its costs; only when is left to chance."""

from dataclasses import replace

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from backtest.random_traders import (
    random_traders,
    session_starts,
    shuffled,
)
from backtest.trading_pattern import trading_of
from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from env.actions import Action
from models.baselines import BuyAndHold, MovingAverageCross, RandomTarget
from tests.helpers.policies import ScriptedPolicy
from utils.errors import DataError
from utils.seeding import generator

BARS = synthetic_bars(5_000, "martingale", seed=7)
WIDE = EnvSettings(stop_loss_ticks=None)


@pytest.fixture(scope="module")
def engine():
    return BacktestEngine(BARS, initial_capital=100_000.0)


def scripted(engine, actions, **settings):
    actions = np.resize(actions, len(BARS))
    return engine.run_with_policy(
        ScriptedPolicy(actions), settings=EnvSettings(lookback_window=1, **settings)
    )


def test_trading_of_by_hand():
    engine = BacktestEngine(BARS.iloc[:12], initial_capital=100_000.0)
    hold, buy, sell, close = Action.HOLD, Action.BUY, Action.SELL, Action.CLOSE
    actions = [hold, buy, hold, hold, close, hold, sell, buy, hold, close, hold, hold]
    result = scripted(engine, actions, stop_loss_ticks=None)
    n_before = len(BARS.iloc[:12]) - len(result.timestamps)  # warm-up of the default feature
    trading = trading_of(result)
    # the script begins at the first decision: bought at close 1, closed at 4; sold at 6, reversed
    assert n_before in {0, 1}
    assert trading.begins.tolist() == [1, 6, 7]
    assert trading.lengths.tolist() == [3, 1, 2]
    assert trading.sides.tolist() == [1, -1, 1]


def test_trading_of_a_stopped_trade_is_planned_until_the_decision_against_it(engine):
    actions = [Action.BUY] + [Action.HOLD] * 48 + [Action.CLOSE]
    result = scripted(engine, actions, stop_loss_ticks=40.0)
    trading = trading_of(result)
    stopped = (result.trades["reason"] == "stop").to_numpy()
    assert stopped.sum() > 10
    assert (trading.held[stopped] < 49).any()
    whole = trading.begins + 49 < len(result.equity) - 1
    assert (trading.lengths[whole] == 49).all()


def test_trading_of_orders_is_planned_as_it_was_held(engine):
    result = scripted(engine, [Action.BUY] + [Action.HOLD] * 48 + [Action.CLOSE])
    trading = trading_of(replace(result, decisions=None))
    assert trading.lengths.tolist() == trading.held.tolist()


@pytest.mark.parametrize("policy", [MovingAverageCross(), RandomTarget(1)])
def test_shuffled_keeps_trades_sides_and_times_in_the_market(engine, policy):
    result = engine.run_with_policy(policy, settings=WIDE)
    trading = trading_of(result)
    other = shuffled(trading, result, generator(0))
    assert other.begins.tolist() != trading.begins.tolist()
    for side in (1, -1):
        mine, theirs = (each.lengths[each.sides == side] for each in (trading, other))
        assert sorted(mine.tolist()) == sorted(theirs.tolist())
    ends = other.begins + other.lengths
    assert (other.begins[1:] >= ends[:-1]).all()
    touching = other.begins[1:] == ends[:-1]
    assert (other.sides[1:][touching] == -other.sides[:-1][touching]).all()


@pytest.mark.parametrize(
    "settings",
    [
        EnvSettings(),
        WIDE,
        EnvSettings(flatten_minutes_before_close=15),
        EnvSettings(action_mode="contracts", max_position=2),
    ],
)
def test_random_traders_turn_over_as_much_as_the_result(engine, settings):
    policy = RandomTarget(2)
    if settings.action_mode == "contracts":
        moves = np.repeat(generator(0).integers(0, 5, size=600), 9)[:5_000]
        policy = ScriptedPolicy(moves)
    result = engine.run_with_policy(policy, settings=settings)
    median = random_traders(engine, result, 50, generator(1)).median
    assert median.name == "random_matched"
    assert median.settings == result.settings
    for name, tolerance in (("n_trades", 0.08), ("exposure", 0.12), ("total_fees_usd", 0.1)):
        assert median.metrics[name] == pytest.approx(result.metrics[name], rel=tolerance)


def test_random_traders_by_session_never_hold_overnight(engine):
    result = engine.run_with_policy(
        RandomTarget(3), settings=EnvSettings(flatten_minutes_before_close=15)
    )
    starts = session_starts(result)
    median = random_traders(engine, result, 50, generator(1)).median
    assert (median.positions[starts[1:-1] - 1] == 0).all()


def test_shuffled_by_session_keeps_each_days_trades_together_inside_their_new_day(engine):
    result = engine.run_with_policy(
        RandomTarget(3), settings=EnvSettings(flatten_minutes_before_close=15)
    )
    trading, starts = trading_of(result), session_starts(result)
    other = shuffled(trading, result, generator(0))
    assert other.begins.tolist() != trading.begins.tolist()

    def days_of(each):
        kept = each.begins < len(result.equity) - 1
        return np.searchsorted(starts, each.begins[kept] + 1, side="right") - 1

    n_own, n_other = (np.bincount(days_of(each), minlength=30) for each in (trading, other))
    assert n_own.tolist() != n_other.tolist()
    assert sum(n_other) == sum(n_own)
    full = np.flatnonzero(np.diff(starts) == 276)
    assert set(n_other[full].tolist()) <= set(n_own.tolist())  # whole days have changed places
    is_full = np.isin(days_of(other), full)
    free = (starts[days_of(other) + 1] - other.begins - 1 - other.held)[is_full]
    least = (starts[days_of(trading) + 1] - trading.begins - 1 - trading.held).min()
    assert free.min() >= least


def test_random_traders_of_buy_and_hold_do_the_same_so_p_is_one(engine):
    result = engine.run_with_policy(BuyAndHold(), settings=WIDE)
    found = random_traders(engine, result, 50, generator(0))
    assert found.p_value == 1.0
    assert found.median.metrics["net_profit_usd"] == result.metrics["net_profit_usd"]


def test_random_traders_that_lag_by_float_noise_do_as_well(engine):
    """As of a record that was put together of several: its sums are made in another order."""
    result = engine.run_with_policy(BuyAndHold(), settings=WIDE)
    equity = result.equity.copy()
    equity[-1] += 1e-9
    assert random_traders(engine, replace(result, equity=equity), 50, generator(0)).p_value == 1.0


def test_random_traders_median_is_the_trader_of_the_middle(engine):
    result = engine.run_with_policy(RandomTarget(5))
    found = random_traders(engine, result, 51, generator(0))
    assert found.n_traders == 51
    assert found.median.metrics["net_profit_usd"] == pytest.approx(np.median(found.net_usd))
    better = (found.net_usd >= result.metrics["net_profit_usd"]).sum()
    assert found.p_value == pytest.approx((1 + better) / 52)


def test_random_traders_without_a_trade_are_refused(engine):
    result = scripted(engine, [Action.HOLD])
    with pytest.raises(DataError, match="made no trade"):
        random_traders(engine, result, 50, generator(0))


def test_random_traders_of_several_instruments_are_refused(engine):
    result = engine.run_with_policy(RandomTarget(5))
    both = replace(result, positions_by_symbol={"MNQ": result.positions, "MES": result.positions})
    with pytest.raises(DataError, match="trades several instruments"):
        random_traders(engine, both, 50, generator(0))


def test_random_traders_p_values_of_traders_without_skill_are_spread_evenly(engine):
    p_values = np.array(
        [
            random_traders(
                engine, engine.run_with_policy(RandomTarget(seed)), 50, generator(seed)
            ).p_value
            for seed in range(20)
        ]
    )
    # uniform on 0..1: the mean of 20 has a standard error of .065
    assert 0.3 < p_values.mean() < 0.7
    assert (p_values <= 0.05).mean() < 0.2
