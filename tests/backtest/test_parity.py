"""Environment and back-test are one simulation: trade for trade, bit for bit."""

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from backtest.frames import fills_frame, trades_frame
from config.instruments import get_instrument
from data.store import load_bars
from data.synthetic import synthetic_bars
from env.actions import N_ACTIONS
from env.trading_env import TradingEnv
from tests.helpers.bars import real_data
from tests.helpers.policies import ScriptedPolicy
from utils.seeding import generator

pytestmark = pytest.mark.parity

N_DECISIONS = 5_000
FEATURES = ("log_return", "rsi", "atr")


def bars_of(source, n_bars):
    if source == "synthetic":
        return synthetic_bars(n_bars, seed=11)
    return load_bars(real_data("NQ_5min_backadj.parquet"), get_instrument("MNQ")).iloc[:n_bars]


def run_in_env(bars, actions, account):
    """Step the environment through the actions until its episode is over."""
    env = TradingEnv(bars, FEATURES, **account)
    env.reset(seed=0)
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            break
    return env.simulation


@pytest.mark.parametrize("source", ["synthetic", "real"])
@pytest.mark.parametrize(
    ("initial_capital", "stop_loss_ticks", "is_ruined"), [(1e6, 200.0, False), (300.0, 40.0, True)]
)
def test_env_and_backtest_random_actions_agree_bit_for_bit(
    source, initial_capital, stop_loss_ticks, is_ruined
):
    bars = bars_of(source, N_DECISIONS + 200)
    actions = generator(7).integers(N_ACTIONS, size=N_DECISIONS + 200)
    engine = BacktestEngine(
        bars, initial_capital, commission=0.62, slippage_ticks=1, stop_loss_ticks=stop_loss_ticks
    )
    result = engine.run_with_policy(ScriptedPolicy(actions), FEATURES)
    account = {"initial_balance": initial_capital, "stop_loss_ticks": stop_loss_ticks}
    simulation = run_in_env(bars, actions, {**account, "commission": 0.62, "slippage_ticks": 1})

    assert result.was_liquidated == simulation.is_ruined == is_ruined
    assert is_ruined or len(simulation.equity) > N_DECISIONS
    assert {"signal", "stop"} <= set(result.fills["reason"])
    n_rows = len(simulation.equity)
    assert result.equity[:n_rows].tobytes() == simulation.equity.tobytes()
    assert (result.equity[n_rows:] == simulation.equity[-1]).all()
    assert np.array_equal(result.positions[:n_rows], simulation.positions)
    assert result.fills.equals(fills_frame(simulation.fills, simulation.market))
    assert result.trades.equals(trades_frame(simulation.trades, simulation.market))
