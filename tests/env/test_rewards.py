"""Rewards, by hand and by their identity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import EnvSettings
from data.bars import PRICE_COLUMNS
from env.rewards import REWARD_CODES, REWARDS, reward_of
from env.simulation import Simulation
from tests.helpers.accounts import Terms, new_account
from tests.helpers.feature_kit import walking_frame
from tests.helpers.markets import B0, B1, plain_market, plain_simulation
from utils.errors import ConfigError

N_ROWS = 60
WALK = walking_frame(N_ROWS)[list(PRICE_COLUMNS)].to_numpy().tolist()

# buy at b0's close: 20001.25; close 20008.00; sell at b1's close: 20008.75
ROUND_TRIP = (B0, B1, (20009, 20012, 20005, 20006), (20006, 20007, 20005, 20006))


def test_sparse_reward_comes_when_the_trade_closes():
    simulation = plain_simulation(ROUND_TRIP, reward="sparse")
    rewards = [simulation.step(action) for action in (1, 3, 0)]
    assert rewards == pytest.approx([0.0, 13.76 / 10_000, 0.0])


def test_pnl_reward_is_marked_to_every_close():
    simulation = plain_simulation(ROUND_TRIP, reward="pnl", initial_balance=5_000)
    rewards = [simulation.step(action) for action in (1, 3, 0)]
    # 6.75 points x 2 - 0.62, then 0.75 x 2 - 0.62
    assert rewards == pytest.approx([12.88 / 5_000, 0.88 / 5_000, 0.0])


@pytest.mark.conformance
@pytest.mark.parametrize("name", REWARDS)
def test_reward_of_calls_the_reward_with_that_name(name):
    account = new_account(Terms())[0]
    account.realised_usd, account.equity_usd = 30.0, 10_050.0
    expected = {"sparse": 0.001, "pnl": 0.007}[name]
    assert REWARDS[name](account, 20.0, 9_980.0) == expected
    assert reward_of(REWARD_CODES[name], account, 20.0, 9_980.0) == expected


def test_reward_without_a_branch_in_compiled_code_is_found_out():
    with pytest.raises(AssertionError):
        reward_of(len(REWARDS), new_account(Terms())[0], 0.0, 0.0)


@pytest.mark.property
@pytest.mark.parametrize("name", REWARDS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    actions=st.lists(st.integers(0, 3), min_size=N_ROWS - 1, max_size=N_ROWS - 1),
    ruin=st.sampled_from([0.0, 9_900.0]),
    max_position=st.integers(1, 3),
)
def test_rewards_of_an_episode_add_up_to_net_pnl_per_balance(name, actions, ruin, max_position):
    terms = EnvSettings(
        lookback_window=1,
        reward=name,
        ruin_equity=ruin,
        max_position=max_position,
        stop_loss_ticks=20,
    )
    simulation = Simulation(MARKET, terms)
    simulation.reset(0, N_ROWS)
    total = 0.0
    while not simulation.is_done:
        total += simulation.step(actions[simulation.bar])
    assert simulation.position == 0
    net_usd = simulation.equity_usd - 10_000
    assert net_usd == pytest.approx(float(simulation.trades.net_usd.sum()), abs=0.005)
    assert total == pytest.approx(net_usd / 10_000, abs=1e-9)


MARKET = plain_market(WALK)


def test_reward_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="unknown reward `sparsee`: did you mean `sparse`"):
        plain_simulation(ROUND_TRIP, reward="sparsee")


def test_rewards_are_plain_finite_floats():
    reward = plain_simulation(ROUND_TRIP).step(1)
    assert type(reward) is float
    assert np.isfinite(reward)
