"""Environment and back-test are one simulation: trade for trade, bit for bit, under every rule."""

from functools import cache

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from backtest.frames import fills_frame, trades_frame
from config.instruments import get_instrument
from config.settings import EnvSettings
from data.continuous import continuous_series
from data.contract_bars import load_contract_bars
from data.rolls import RollSettings
from data.synthetic import synthetic_bars
from env.action_modes import ACTION_MODES
from env.position_sizer import SIZERS
from env.trading_env import TradingEnv
from tests.helpers.bars import real_data
from tests.helpers.session_markets import with_roll
from utils.seeding import generator

pytestmark = pytest.mark.parity

N_BARS = 3_000
FEATURES = ("log_return", "rsi", "atr")
FREE = {"margin": "none", "initial_balance": 1e6}
FLATTEN = {"flatten_minutes_before_close": 10}

RULES = {
    "stop": ({"stop_loss_ticks": 200.0}, {"stop"}),
    "ruin": ({"stop_loss_ticks": None, "initial_balance": 270.0}, {"liquidation"}),
    "target": ({"stop_loss_ticks": 80.0, "take_profit_ticks": 60.0}, {"stop", "target"}),
    "adaptive path": (
        {"stop_loss_ticks": 30.0, "take_profit_ticks": 30.0, "path_policy": "adaptive"},
        {"stop", "target"},
    ),
    "trailing": ({"stop_loss_ticks": None, "trailing_stop_ticks": 60.0}, {"trailing_stop"}),
    "sessions": ({**FLATTEN, "no_entry_minutes_before_close": 15}, {"session_end"}),
    "rolls charged": ({"roll": "charge", "stop_loss_ticks": None}, {"roll"}),
    "rolls flattened": ({"roll": "flatten", "stop_loss_ticks": None}, {"roll"}),
    "losses": ({"daily_loss_limit": 300.0, "max_trades_per_day": 40}, {"daily_loss"}),
    "margin": (
        {
            "margin": "intraday",
            "flatten_minutes_before_close": 0,
            "initial_balance": 9_200.0,
            "max_position": 10,
            "stop_loss_ticks": None,
        },
        {"margin_call"},
    ),
    "prop firm": (
        {"prop_rules": "intraday_trailing_50k", "initial_balance": 50_000.0, "max_position": 5},
        {"drawdown"},
    ),
    "dear fills": (
        {
            "spread_ticks": 3,
            "volatility_slippage_ticks": 2.0,
            "off_hours_slippage_ticks": 1,
            "commission": 2.5,
        },
        {"stop"},
    ),
}
"""Settings, and reasons of fills without which they prove nothing."""


class Scripted:
    """Take the given actions one after the other."""

    name = "scripted"

    def __init__(self, actions):
        self._actions = actions

    def reset(self, market, settings):
        self._coming = iter(self._actions)

    def decide(self, bar, observation):
        return next(self._coming)


@cache
def bars_of(source):
    """Return bars in whose middle the contract is rolled."""
    if source == "synthetic":
        bars = synthetic_bars(N_BARS, seed=11)
        starts = np.flatnonzero(bars.index.hour * 60 + bars.index.minute == 23 * 60)
        return with_roll(bars, str(bars.index[starts[4]].tz_localize(None)), 150.0)
    nasdaq = get_instrument("NQ")
    contracts = load_contract_bars(real_data("NQ_5min_contracts.parquet"), nasdaq)
    series = continuous_series(contracts, nasdaq, RollSettings()).bars
    row = int(np.flatnonzero(series["is_roll"])[0])
    return series.iloc[row - N_BARS // 2 : row + N_BARS // 2]


def random_actions(settings, seed):
    """Return actions of the settings' mode, at each of which a position lasts some bars."""
    random = generator(seed)
    if settings.action_mode == "continuous":
        return np.repeat(random.uniform(-1.0, 1.0, N_BARS), 3).astype(np.float32)[:N_BARS]
    space = ACTION_MODES[settings.action_mode].space(settings.max_position)
    return np.repeat(random.integers(space.n, size=N_BARS), 3)[:N_BARS]


def run_in_env(bars, actions, settings):
    """Step the environment through the actions until its episode is over."""
    env = TradingEnv(bars, FEATURES, settings=settings)
    env.reset(seed=0)
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            break
    return env.simulation


def assert_same_result(replay, result):
    """Fail unless the replay of a policy's decisions is what the policy itself came to."""
    assert replay.equity.tobytes() == result.equity.tobytes()
    assert np.array_equal(replay.positions, result.positions)
    assert replay.fills.equals(result.fills)
    assert replay.trades.equals(result.trades)
    assert replay.denials == result.denials
    assert np.array_equal(replay.decisions, result.decisions)
    assert (replay.n_ambiguous, replay.was_liquidated) == (
        result.n_ambiguous,
        result.was_liquidated,
    )


def assert_same_run(bars, settings, seed=7):
    """Fail unless both runs are one and the same; return the reasons of its fills."""
    actions = random_actions(settings, seed)
    engine = BacktestEngine(bars, settings.initial_balance, slippage_ticks=None)
    result = engine.run_with_policy(Scripted(actions), FEATURES, settings=settings)
    simulation = run_in_env(bars, actions, settings)

    assert result.settings == settings
    assert result.was_liquidated == simulation.is_ruined
    n_rows = len(simulation.equity)
    assert result.equity[:n_rows].tobytes() == simulation.equity.tobytes()
    assert (result.equity[n_rows:] == simulation.equity[-1]).all()
    assert np.array_equal(result.positions[:n_rows], simulation.positions)
    assert result.fills.equals(fills_frame(simulation.fills, simulation.market))
    own_trades = trades_frame(simulation.trades, simulation.market).drop(columns="r_multiple")
    assert result.trades.drop(columns="r_multiple").equals(own_trades)
    assert result.n_ambiguous == simulation.n_ambiguous
    assert_same_result(engine.run_decisions(result.decisions, result, result.name), result)
    equity = engine.equity_of_decisions(result.decisions, result)
    assert equity.tobytes() == result.equity.tobytes()
    assert simulation.is_ruined or n_rows > N_BARS - 200
    return set(result.fills["reason"])


@pytest.mark.parametrize("source", ["synthetic", "real"])
@pytest.mark.parametrize("rules", RULES)
def test_env_and_backtest_agree_under_every_rule(source, rules):
    changes, reasons = RULES[rules]
    settings = EnvSettings(**{**FREE, **changes})
    bars = bars_of(source)
    seen = assert_same_run(bars, settings) | assert_same_run(bars, settings, seed=3)
    assert reasons | {"signal"} <= seen


SIZED = [(sizer, "discrete") for sizer in SIZERS] + [("fixed", mode) for mode in ACTION_MODES]


@pytest.mark.parametrize(("sizer", "mode"), SIZED)
def test_env_and_backtest_agree_for_every_sizer_and_action_mode(sizer, mode):
    expected = {"kelly_win_rate": 0.5, "kelly_payoff": 1.5, "max_position": 5}
    settings = EnvSettings(**FREE, **FLATTEN, **expected, position_sizer=sizer, action_mode=mode)
    reasons = assert_same_run(bars_of("synthetic"), settings)
    assert {"signal", "session_end"} <= reasons
