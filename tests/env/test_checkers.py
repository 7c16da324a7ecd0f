"""Gymnasium's and Stable-Baselines3's own checkers, on every combination that is offered."""

import itertools

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env as check_by_gymnasium
from stable_baselines3.common.env_checker import check_env as check_by_sb3

import env as registers_the_environment
from env.action_modes import ACTION_MODES
from env.position_sizer import SIZERS
from env.rewards import REWARDS
from env.trading_env import TradingEnv
from tests.helpers.feature_kit import walking_frame

pytestmark = pytest.mark.conformance

ACCOUNT = {
    "initial_balance": 1_000_000.0,
    "max_position": 2,
    "episode_bars": 12,
    "kelly_win_rate": 0.5,
    "kelly_payoff": 1.5,
}
OBSERVATIONS = {
    "one feature": (["log_return"], 1),
    "one bar": (["log_return", "rsi", "atr"], 1),
    "windows": (["log_return", "rsi", "atr"], 5),
}
"""Features and lookback: each shape that an observation can have."""


@pytest.fixture(scope="module")
def worlds():
    """Return an environment for each kind of observation, on one small frame."""
    frame = walking_frame(80)
    return {
        name: TradingEnv(frame, columns, lookback_window=lookback, **ACCOUNT)
        for name, (columns, lookback) in OBSERVATIONS.items()
    }


@pytest.mark.parametrize("mode", ACTION_MODES)
@pytest.mark.parametrize("reward", REWARDS)
def test_env_passes_both_checkers(worlds, mode, reward):
    sizers = SIZERS if mode == "discrete" else ["fixed"]
    for name, sizer in itertools.product(OBSERVATIONS, sizers):
        env = worlds[name].clone(action_mode=mode, reward=reward, position_sizer=sizer)
        check_by_gymnasium(env, skip_render_check=True)
        check_by_sb3(env)


@pytest.mark.parametrize("episode", [{"episode_mode": "full"}, {"episode_mode": "session"}])
def test_env_passes_both_checkers_in_every_episode_mode(episode):
    frame = walking_frame(400)  # two sessions
    env = TradingEnv(frame, ["log_return"], lookback_window=2, **episode)
    check_by_gymnasium(env, skip_render_check=True)
    check_by_sb3(env)


def test_env_made_by_name_passes_with_its_rendering():
    assert registers_the_environment.__name__ == "env"
    made = gymnasium.make(
        "FuturesGym/MNQ-v0", df=walking_frame(80), feature_columns=["rsi"], lookback_window=5
    )
    check_by_gymnasium(made.unwrapped)  # each of render_modes is tried


def test_name_stands_for_one_environment_and_for_many():
    spec = gymnasium.spec("FuturesGym/MNQ-v0")
    assert spec.entry_point == "env.trading_env:TradingEnv"
    assert spec.vector_entry_point == "env.vector_env:TradingVectorEnv"
