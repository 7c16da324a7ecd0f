"""The public interface, word for word as users know it."""

import gymnasium
import numpy as np
import pytest

import env as registers_the_environment
from backtest.engine import BacktestEngine
from data.synthetic import synthetic_bars
from env.trading_env import TradingEnv
from models.agent import TradingAgent

COLUMNS = ["rsi", "macd", "atr", "adx"]


@pytest.fixture(scope="module")
def data():
    return synthetic_bars(1_200, "overreaction", seed=11)


def test_trading_env_word_for_word(data):
    env = TradingEnv(df=data, feature_columns=COLUMNS, initial_balance=10000.0, lookback_window=50, stop_loss_ticks=200.0)  # noqa: E501 # fmt: skip
    obs, info = env.reset()
    obs, reward, terminated, truncated, info = env.step(1)
    assert obs["market_features"].shape == (50, 4)
    assert obs["market_features"].dtype == np.float32
    assert obs["position_info"][0] == 1.0  # bought at the open of the next bar
    assert isinstance(reward, float)
    assert not terminated
    assert not truncated
    assert info["position"] == 1


def test_agent_and_engine_word_for_word(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = TradingEnv(df=data, feature_columns=COLUMNS)
    observation, _ = env.reset()

    agent = TradingAgent(env=env, algorithm="PPO", feature_extractor="lstm", learning_rate=3e-4)
    agent.train(total_timesteps=512)
    agent.save("model_path")
    action, _ = agent.predict(observation)
    assert action in (0, 1, 2, 3)

    feature_columns = COLUMNS
    for model in (agent, TradingAgent.load("model_path"), "model_path"):
        engine = BacktestEngine(df=data, initial_capital=10000.0, commission=0.62)
        results = engine.run_with_model(model, feature_columns)
        assert results.equity[0] == 10_000.0


def test_gymnasium_make_finds_the_environment(data):
    assert registers_the_environment.__name__ == "env"
    made = gymnasium.make("FuturesGym/MNQ-v0", df=data, feature_columns=COLUMNS)
    observation, _ = made.reset(seed=1)
    assert made.observation_space.contains(observation)
