"""An agent acts in the mode of its account: in training, after loading, and in the back-test."""

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from data.synthetic import synthetic_bars
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from tests.helpers.agents import SMALL
from utils.errors import ArtifactError

MODES = ("discrete", "contracts", "continuous")
BARS = synthetic_bars(2_000, seed=4)


def account(mode: str) -> TradingEnv:
    return TradingEnv(
        df=BARS.iloc[:1_500],
        feature_columns=["rsi", "macd"],
        lookback_window=10,
        action_mode=mode,
        max_position=3,
        position_sizer="fixed",
        initial_balance=10_000.0,
        stop_loss_ticks=None,
        margin="none" if mode == "discrete" else "overnight",
        episode_bars=50,
    )


def trained(mode: str) -> TradingAgent:
    agent = TradingAgent(account(mode), settings=SMALL)
    agent.train(64)
    return agent


@pytest.mark.parametrize("mode", MODES)
def test_agent_acts_within_the_space_of_its_account_and_the_same_after_loading(mode, tmp_path):
    agent, env = trained(mode), account(mode)
    agent.save(tmp_path / "model")
    loaded = TradingAgent.load(tmp_path / "model")
    observation, _ = env.reset(seed=1)
    for _ in range(20):
        action = agent.predict(observation)[0]
        assert env.action_space.contains(action)
        assert np.array_equal(loaded.predict(observation)[0], action)
        assert env.action_space.contains(agent.predict(observation, deterministic=False)[0])
        observation, *_ = env.step(action)


def test_agent_acts_within_the_bounds_however_sure_it_is():
    agent = trained("continuous")
    agent._decider.network.action_net.bias.data[:] = 40.0
    observation, _ = account("continuous").reset(seed=1)
    assert agent.predict(observation)[0] == 1.0
    assert agent.predict(observation)[0].shape == (1,)


@pytest.mark.parametrize("mode", MODES)
def test_agent_of_any_mode_is_back_tested_beside_baselines_that_its_account_can_pay(mode):
    """10,000 USD cover the overnight margin of three MNQ, 3,330 USD each; 9,000 of two."""
    engine = BacktestEngine(BARS, initial_capital=9_000.0)
    result = engine.run_with_model(trained(mode))
    baselines = {run.name: run for run in engine.run_baselines(result)}
    largest = 3 if mode == "discrete" else 2
    assert baselines["buy_and_hold"].positions.max() == largest
    assert np.abs(result.positions).max() <= 3


def test_weights_of_another_mode_are_refused(tmp_path):
    agent = trained("contracts")
    agent.env_settings = agent.env_settings.model_copy(update={"action_mode": "discrete"})
    agent.save(tmp_path / "model")
    with pytest.raises(ArtifactError, match="weight `action_net"):
        TradingAgent.load(tmp_path / "model")
