"""The environments that an algorithm learns in: windows, shared market, unit of reward."""

import gymnasium
import numpy as np
import pytest

from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.training_env import (
    make_vec_env,
    reward_unit,
    trading_env,
    training_episode_bars,
    training_stop,
)
from tests.helpers.agents import SMALL, small_env, told_bars
from utils.errors import ConfigError


def test_training_episode_bars_follow_the_settings():
    assert training_episode_bars(small_env(), SMALL) == 12


def test_training_episode_bars_of_the_environment_itself_come_first():
    assert training_episode_bars(small_env(episode_bars=7), SMALL) == 7


def test_training_episode_bars_end_where_the_bars_end():
    long = SMALL.model_copy(update={"training_episode_bars": 5_000})
    # 60 bars, lookback 2: decisions at rows 1 to 58
    assert training_episode_bars(small_env(), long) == 58
    assert training_episode_bars(small_env(lookback_window=10), long) == 50


def test_training_episode_bars_end_where_validation_begins():
    long = SMALL.model_copy(update={"training_episode_bars": 5_000, "validation_fraction": 0.25})
    # a quarter of 58 decisions, 14, is held back: bars 0 to 45, decisions at rows 1 to 44
    assert training_stop(small_env(), long) == 46
    assert training_episode_bars(small_env(), long) == 44


def test_make_vec_env_longest_episode_runs_to_the_last_bar():
    long = SMALL.model_copy(update={"training_episode_bars": 5_000, "n_envs": 1})
    venv = make_vec_env(small_env(), long)
    venv.seed(0)
    venv.reset()
    for step in range(1, 59):
        _, _, dones, infos = venv.step(np.array([0]))
        assert dones[0] == (step == 58)
    assert infos[0]["TimeLimit.truncated"]


def test_make_vec_env_shares_the_market_and_starts_apart():
    env = small_env()
    venv = make_vec_env(env, SMALL.model_copy(update={"n_envs": 4}))
    assert all(market is env.market for market in venv.get_attr("market"))
    venv.seed(0)
    assert len(set(venv.reset()["bar_index"].ravel().tolist())) > 1


def test_make_vec_env_never_touches_the_bars_of_validation():
    held = SMALL.model_copy(update={"validation_fraction": 0.25, "n_envs": 8})
    env = small_env()
    venv = make_vec_env(env, held)
    market = venv.get_attr("market")[0]
    assert market.n_bars == 46
    assert np.shares_memory(market.features, env.market.features)
    venv.seed(0)
    rows = [venv.reset()["bar_index"]]
    rows += [venv.step(np.zeros(8, dtype=np.int64))[0]["bar_index"] for _ in range(60)]
    assert np.max(rows) == 44  # where an episode ends, the next one is seen instead


def test_make_vec_env_without_room_says_what_is_held_back():
    held = SMALL.model_copy(update={"validation_fraction": 0.25})
    with pytest.raises(
        ConfigError,
        match="needs at least 52 bars .* `validation_fraction` of 0.25 holds the last 14",
    ):
        make_vec_env(small_env(episode_bars=50), held)
    with pytest.raises(ConfigError, match="needs at least 62 bars .* shorter lookback or episode$"):
        make_vec_env(small_env(episode_bars=60), SMALL)


def test_make_vec_env_reward_is_the_environments_in_units():
    env = small_env(episode_bars=58)
    venv = make_vec_env(env, SMALL.model_copy(update={"n_envs": 1}))
    venv.seed(0)
    venv.reset()
    env.reset(seed=0)
    for action in (1, 0, 2, 3):
        _, rewards, _, _ = venv.step(np.array([action]))
        _, reward, *_ = env.step(action)
        assert rewards[0] == pytest.approx(reward / reward_unit(env, 60), rel=1e-6)


def test_reward_unit_is_the_spread_of_one_bars_pnl_over_the_balance():
    bars = told_bars(5)
    bars[["open", "high", "low", "close"]] = [[p] * 4 for p in (100.0, 101.0, 103.0, 102.0, 106.0)]
    env = TradingEnv(
        bars, ["hint"], lookback_window=1, max_position=2, initial_balance=1_000.0, margin="none"
    )
    # changes 1, 2, -1, 4 points: mean 1.5, deviation sqrt(3.25) points, at $2, two contracts
    assert reward_unit(env, 5) == pytest.approx(1.802776 * 2.0 * 2 / 1_000.0, rel=1e-6)
    # changes 1, 2: deviation half a point
    assert reward_unit(env, 3) == pytest.approx(0.5 * 2.0 * 2 / 1_000.0, rel=1e-6)


def test_reward_unit_of_a_market_that_never_moves_is_one():
    bars = told_bars(5)
    bars[["open", "high", "low", "close"]] = 100.0
    assert reward_unit(TradingEnv(bars, ["hint"], lookback_window=1), 5) == 1.0


def _start_rows(seed: int) -> set[int]:
    """Return where the eight accounts of an agent of this seed begin their first three episodes."""
    env = TradingEnv(told_bars(50_000), ["hint"], lookback_window=2, episode_bars=3)
    learner = TradingAgent(env, settings=SMALL, n_envs=8, seed=seed)._learner.algorithm
    rows = set()
    for _ in range(3):
        rows |= set(learner.env.reset()["bar_index"].ravel().tolist())
    return rows


def test_accounts_of_neighbouring_seeds_share_no_start():
    first, second = _start_rows(0), _start_rows(1)
    assert len(first) == len(second) == 24
    assert first.isdisjoint(second)


def test_accounts_of_one_seed_repeat_their_starts():
    assert _start_rows(4) == _start_rows(4)


def test_trading_env_is_found_inside_what_gymnasium_make_adds():
    env = small_env()
    assert trading_env(env) is env
    assert trading_env(gymnasium.wrappers.OrderEnforcing(env)) is env
    made = gymnasium.make(
        "FuturesGym/MNQ-v0", df=told_bars(), feature_columns=["hint"], lookback_window=2
    )
    assert trading_env(made) is made.unwrapped


def test_trading_env_in_a_wrapper_that_training_would_not_meet_is_refused():
    wrapped = gymnasium.wrappers.TimeLimit(small_env(), max_episode_steps=5)
    with pytest.raises(ConfigError, match="was TimeLimit; pass the TradingEnv itself"):
        TradingAgent(wrapped, settings=SMALL)


@pytest.mark.parametrize("thing", [None, gymnasium.make("CartPole-v1")])
def test_trading_env_of_anything_else_is_refused(thing):
    with pytest.raises(ConfigError, match="`env` must be a TradingEnv, was"):
        trading_env(thing)
