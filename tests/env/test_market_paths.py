"""Accounts that share paths through the market: always at one bar, never one without an account."""

import numpy as np
import pytest

from config.settings import EnvSettings
from env.vector_env import TradingVectorEnv
from tests.helpers.batches import restless_market
from utils.errors import ConfigError

NEAR_RUIN = EnvSettings(
    lookback_window=5,
    episode_bars=30,
    initial_balance=200.0,
    margin="none",
    ruin_equity=170.0,
    stop_loss_ticks=None,
)


def batch(n_envs=6, shared_paths=3, settings=NEAR_RUIN):
    return TradingVectorEnv.over(restless_market(), settings, n_envs, "indices", shared_paths)


def walked(envs, n_steps=200, seed=0):
    """Yield the rows, terminations, truncations and infos of random steps."""
    random = np.random.default_rng(seed)
    envs.reset(seed=seed)
    for _ in range(n_steps):
        seen, _, terminated, truncated, infos = envs.step(random.integers(0, 4, envs.num_envs))
        yield seen["bar_index"][:, 0], terminated, truncated, infos


def test_paths_shared_keep_a_group_at_one_bar_and_groups_apart():
    apart = 0
    for rows, *_ in walked(batch()):
        first, second = rows.reshape(2, 3)
        assert len(set(first.tolist())) == len(set(second.tolist())) == 1
        apart += first[0] != second[0]
    assert apart > 150


def test_paths_shared_end_together_and_a_ruined_account_begins_anew_at_once():
    envs = batch()
    n_early, n_ended, last = 0, 0, envs.reset(seed=0)[0]["bar_index"][:, 0]
    for rows, terminated, truncated, infos in walked(envs):
        for group in range(2):
            members = slice(3 * group, 3 * group + 3)
            is_over = terminated[members] | truncated[members]
            if truncated[members].any():
                assert is_over.all()
                n_ended += 1
            else:
                assert (rows[members] == last[members] + 1).all()
                n_early += is_over.sum()
        for i in np.flatnonzero(terminated | truncated):
            assert envs.accounts[i]["equity_usd"] == 200.0
            assert envs.accounts[i]["position"] == 0
            assert envs.accounts[i]["last_bar"] == envs._paths.stops[i] - 1
            assert infos["final_info"]["length"][i] <= 30
        last = rows
    assert n_early > 20
    assert n_ended >= 8


def test_paths_shared_say_how_long_a_late_account_lived():
    envs = batch(n_envs=2, shared_paths=2)
    lengths = []
    for _, terminated, truncated, infos in walked(envs, 60):
        if truncated.any():
            for i in np.flatnonzero(terminated | truncated):
                lengths.append(int(infos["final_info"]["length"][i]))
                assert infos["final_obs"][i]["bar_index"][0] == infos["final_info"]["bar"][i]
    assert min(lengths) < max(lengths) == 30


def test_paths_shared_by_one_each_are_those_of_their_own():
    runs = []
    for paths in ({}, {"shared_paths": 1}):
        envs = TradingVectorEnv.over(restless_market(), NEAR_RUIN, 4, "indices", **paths)
        runs.append([rows.tolist() for rows, *_ in walked(envs, 90)])
    assert runs[0] == runs[1]


def test_paths_shared_are_those_that_the_first_of_a_group_would_walk():
    rows = batch(n_envs=4, shared_paths=2).reset(seed=7)[0]["bar_index"].ravel()
    alone = batch(n_envs=1, shared_paths=1)
    expected = [alone.reset(seed=seed)[0]["bar_index"].item() for seed in (7, 9)]
    assert rows.tolist() == [expected[0], expected[0], expected[1], expected[1]]


def test_paths_shared_begin_where_they_are_asked_to():
    envs = batch()
    rows = envs.reset(seed=1, options={"start": 100})[0]["bar_index"]
    assert rows.ravel().tolist() == [100] * 6


@pytest.mark.parametrize("shared", [0, 4, -2, 1.5])
def test_paths_that_do_not_divide_the_environments_are_refused(shared):
    with pytest.raises(ConfigError, match=f"`shared_paths` must be .* \\(6\\), was {shared}"):
        batch(shared_paths=shared)
