"""Rewards over many bars: what they add up to, and that none is ever without a bound."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.bars import PRICE_COLUMNS
from env.rewards import REWARDS
from env.simulation import Simulation
from tests.helpers.accounts import Terms, new_account
from tests.helpers.feature_kit import walking_frame
from tests.helpers.markets import plain_market

INITIAL_USD = 10_000.0
N_ROWS = 60
MARKET = plain_market(walking_frame(N_ROWS)[list(PRICE_COLUMNS)].to_numpy().tolist())


def _moments(symbol, changes_usd, reward, decay=0.5):
    """Return the rewards of an account whose equity changes so, and the account."""
    account = new_account(Terms(instrument=get_instrument(symbol)))[0]
    account.rewarding.decay = decay
    rewards = []
    for change in changes_usd:
        before = (0.0, float(account.equity_usd), float(account.peak_usd))
        account.equity_usd += change
        rewards.append(REWARDS[reward](account, before))
    return rewards, account


@pytest.mark.parametrize("reward", ["sharpe", "sortino"])
def test_risk_adjusted_reward_is_zero_while_the_deviation_is_below_a_tick(reward):
    # -8, then -8: the deviations before the second are 4 (sharpe) and 5.66 (sortino), USD
    rewards, _ = _moments("ES", (-8.0, -8.0), reward)  # a tick is 12.50
    assert rewards == [0.0, 0.0]
    rewards, _ = _moments("MNQ", (-8.0, -8.0), reward)  # a tick is 0.50
    assert rewards[0] == 0.0
    assert rewards[1] < 0.0


@pytest.mark.parametrize("reward", ["sharpe", "sortino"])
@pytest.mark.parametrize(
    "changes",
    [
        (0.0,) * 5,
        (50.0, *(0.0,) * 3_000, 1e6, -1e6),  # moments that have faded away, then a shock
        (-50.0, *(0.0,) * 3_000, -1e6, 1e6),
        (1e-7, -1e-7, 1e9, -1e9),
        (10.0,) * 300,  # no deviation in the end
        (-10.0,) * 300,
    ],
)
def test_risk_adjusted_reward_is_always_finite(reward, changes):
    rewards, _ = _moments("MNQ", changes, reward)
    assert np.isfinite(rewards).all()


@pytest.mark.parametrize("reward", ["sharpe", "sortino"])
def test_risk_adjusted_reward_after_a_long_rest_has_a_bound(reward):
    # 60 half-lives at rest leave a billionth of the deviation, which would count a tick as millions
    rewards, _ = _moments("MNQ", (-50.0, 30.0, *(0.0,) * 60, 25.0), reward)
    assert rewards[-1] == 0.0


def _ratio(reward, mean, square):
    variance = square - mean * mean if reward == "sharpe" else square
    return mean / math.sqrt(variance)


@pytest.mark.property
@pytest.mark.parametrize("reward", ["sharpe", "sortino"])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(changes=st.lists(st.integers(-400, 400), min_size=4, max_size=30))
def test_risk_adjusted_reward_is_the_slope_of_the_ratio_in_the_weight_of_the_bar(reward, changes):
    usd = (-150.0, 100.0, *(float(change) for change in changes))
    rewards, account = _moments("MNQ", usd[:-1], reward, decay=0.1)
    mean, square = float(account.reward_mean), float(account.reward_square)
    (*_, last), _ = _moments("MNQ", usd, reward, decay=0.1)
    change = usd[-1] / INITIAL_USD
    counted = change if reward == "sharpe" else min(change, 0.0)
    weight = 1e-6
    ratios = [
        _ratio(reward, mean + w * (change - mean), square + w * (counted**2 - square))
        for w in (weight, -weight)
    ]
    assert last == pytest.approx((ratios[0] - ratios[1]) / (2 * weight), rel=1e-4, abs=1e-4)
    assert len(rewards) == len(usd) - 1


def _lived(actions, **changes):
    """Return the rewards of an episode over the random walk, and its net PnL."""
    terms = EnvSettings(lookback_window=1, stop_loss_ticks=20, margin="none", **changes)
    simulation = Simulation(MARKET, terms)
    simulation.reset(0, N_ROWS)
    rewards = []
    while not simulation.is_done:
        rewards.append(simulation.step(actions[simulation.bar]))
    assert simulation.position == 0
    net_usd = simulation.equity_usd - INITIAL_USD
    assert net_usd == pytest.approx(float(simulation.trades.net_usd.sum()), abs=0.005)
    return np.array(rewards), net_usd, simulation.equity


EPISODES = st.lists(st.integers(0, 3), min_size=N_ROWS - 1, max_size=N_ROWS - 1)


@pytest.mark.property
@pytest.mark.parametrize("name", ["sparse", "pnl", "shaped"])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(actions=EPISODES, ruin=st.sampled_from([0.0, 9_900.0]), max_position=st.integers(1, 3))
def test_rewards_of_an_episode_add_up_to_net_pnl_per_balance(name, actions, ruin, max_position):
    rewards, net_usd, _ = _lived(actions, reward=name, ruin_equity=ruin, max_position=max_position)
    assert rewards.sum() == pytest.approx(net_usd / INITIAL_USD, abs=1e-9)


@pytest.mark.property
@settings(max_examples=30, deadline=None, derandomize=True)
@given(actions=EPISODES, gamma=st.sampled_from([0.5, 0.9, 0.99]))
def test_shaped_rewards_discounted_are_those_of_sparse(actions, gamma):
    shaped, _, _ = _lived(actions, reward="shaped", reward_gamma=gamma)
    sparse, _, _ = _lived(actions, reward="sparse")
    discounts = gamma ** np.arange(len(sparse))
    assert (discounts * shaped).sum() == pytest.approx((discounts * sparse).sum(), abs=1e-9)


@pytest.mark.property
@settings(max_examples=30, deadline=None, derandomize=True)
@given(actions=EPISODES, penalty=st.sampled_from([0.0, 0.5, 3.0]))
def test_drawdown_rewards_are_pnl_less_the_largest_drawdown(actions, penalty):
    rewards, net_usd, equity = _lived(actions, reward="drawdown", drawdown_penalty=penalty)
    deepest_usd = (np.maximum.accumulate(equity) - equity).max()
    assert rewards.sum() * INITIAL_USD == pytest.approx(net_usd - penalty * deepest_usd, abs=1e-6)


@pytest.mark.property
@pytest.mark.parametrize("name", ["sharpe", "sortino"])
@settings(max_examples=30, deadline=None, derandomize=True)
@given(actions=EPISODES, half_life=st.sampled_from([1.0, 20.0, 500.0]))
def test_risk_adjusted_rewards_of_any_episode_are_finite(name, actions, half_life):
    rewards, _, _ = _lived(actions, reward=name, reward_half_life=half_life)
    assert np.isfinite(rewards).all()
