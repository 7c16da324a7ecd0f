"""An agent that is told the next bar's direction learns to follow it, with either algorithm."""

import pytest

from env.trading_env import TradingEnv
from models.agent import TradingAgent
from tests.helpers.agents import told_bars

STEPS = 6_000
EVALUATED_BARS = 500
LEARNT_SHARE = 0.6
PERFECT_USD_PER_BAR = 20.0 - 2 * (0.62 + 0.5) / 2
"""10 points at $2, less two contracts' costs (commission and one tick) at every other bar."""


def _net_pnl_on_unseen_bars(agent: TradingAgent, settings: dict) -> float:
    env = TradingEnv(told_bars(EVALUATED_BARS, seed=1), ["hint"], **settings)
    observation, info = env.reset(seed=0)
    is_over = False
    while not is_over:
        action, _ = agent.predict(observation)
        observation, _, terminated, truncated, info = env.step(action)
        is_over = terminated or truncated
    return info["net_pnl_usd"]


@pytest.mark.learns
@pytest.mark.parametrize(
    ("algorithm", "reward"), [("PPO", "pnl"), ("PPO", "sparse"), ("A2C", "pnl")]
)
def test_agent_learns_to_follow_a_told_direction(algorithm, reward):
    settings = {"lookback_window": 2, "stop_loss_ticks": None, "reward": reward}
    env = TradingEnv(told_bars(1_000), ["hint"], **settings)
    agent = TradingAgent(
        env,
        algorithm=algorithm,
        n_envs=4,
        n_steps=64,
        batch_size=64,
        hidden_size=8,
        learning_rate=3e-3,
        gamma=0.5,
        threads=1,
        seed=1,
    )
    agent.train(STEPS)
    perfect = PERFECT_USD_PER_BAR * EVALUATED_BARS
    assert _net_pnl_on_unseen_bars(agent, settings) > LEARNT_SHARE * perfect
