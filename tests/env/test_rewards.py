"""Rewards, by hand: to the cent, and to the seventh digit where they are ratios."""

import math

import numpy as np
import pytest

from config.settings import EnvSettings
from env.rewards import REWARD_CODES, REWARDS, reward_of
from env.simulation import Simulation
from tests.helpers.accounts import Terms, new_account
from tests.helpers.markets import B0, B1, plain_market, plain_simulation
from utils.errors import ConfigError

HOLD, BUY, SELL, CLOSE = range(4)
INITIAL_USD = 10_000.0


# buy at b0's close: 20001.25; close 20008.00; closed at b1's close: 20008.75.
# MNQ: 6.75 points x 2 - 0.62, then 0.75 x 2 - 0.62. ES: 6.75 x 50 - 2.25, then 0.75 x 50 - 2.25
ROUND_TRIP = (B0, B1, (20009, 20012, 20005, 20006), (20006, 20007, 20005, 20006))
ROUND_TRIP_USD = {"MNQ": (12.88, 0.88, 0.0), "ES": (335.25, 35.25, 0.0)}

# bought likewise, marked at 20008, 20003, 20006, and sold at 19989.75, a tick below the last open
DECLINE = (
    B0,
    B1,
    (20007, 20009, 20001, 20003),
    (20003, 20007, 20002, 20006),
    (19990, 19995, 19985, 19988),
)
DECLINE_USD = {"MNQ": (12.88, -10.0, 6.0, -33.12), "ES": (335.25, -250.0, 150.0, -814.75)}

BOTH = ("MNQ", "ES")


def _simulation(symbol, rows, **changes):
    """Return a simulation at its first decision; the risk-adjusted forget half in each bar."""
    terms = {"initial_balance": INITIAL_USD, "stop_loss_ticks": None, "margin": "none"}
    chosen = EnvSettings(
        symbol=symbol, lookback_window=1, reward_half_life=1, **{**terms, **changes}
    )
    simulation = Simulation(plain_market(rows, symbol), chosen)
    simulation.reset(0, len(rows))
    return simulation


def _round_trip(symbol, **changes):
    simulation = _simulation(symbol, ROUND_TRIP, **changes)
    return [simulation.step(action) for action in (BUY, CLOSE, HOLD)]


def _decline(symbol, **changes):
    simulation = _simulation(symbol, DECLINE, **changes)
    return [simulation.step(action) for action in (BUY, HOLD, HOLD, CLOSE)]


def _in_usd(rewards):
    """Return rewards times the balance, rounded to a hundredth of a cent."""
    return [round(reward * INITIAL_USD, 4) for reward in rewards]


def test_sparse_reward_comes_when_the_trade_closes():
    assert _in_usd(_round_trip("MNQ", reward="sparse")) == [0.0, 13.76, 0.0]
    assert _in_usd(_round_trip("ES", reward="sparse")) == [0.0, 370.5, 0.0]


@pytest.mark.parametrize("symbol", BOTH)
def test_pnl_reward_is_marked_to_every_close(symbol):
    assert _in_usd(_round_trip(symbol, reward="pnl")) == list(ROUND_TRIP_USD[symbol])
    assert _in_usd(_decline(symbol, reward="pnl")) == list(DECLINE_USD[symbol])


def test_pnl_reward_is_per_initial_balance():
    rewards = _round_trip("MNQ", reward="pnl", initial_balance=5_000)
    assert rewards == pytest.approx([12.88 / 5_000, 0.88 / 5_000, 0.0])


def test_shaped_reward_adds_what_the_open_trade_gained_at_a_discount():
    # half of 12.88 is held after the first bar; the second realises 13.76, and gives 12.88 back
    rewards = _round_trip("MNQ", reward="shaped", reward_gamma=0.5)
    assert _in_usd(rewards) == [6.44, 0.88, 0.0]
    # 335.25 / 2; 370.50 - 335.25
    rewards = _round_trip("ES", reward="shaped", reward_gamma=0.5)
    assert _in_usd(rewards) == [167.625, 35.25, 0.0]


def test_shaped_reward_of_a_trade_that_stays_open_is_the_discounted_change():
    # open net PnL 12.88, 2.88, 8.88, then -24.24 realised: 6.44; 1.44 - 12.88; 4.44 - 2.88; -33.12
    rewards = _decline("MNQ", reward="shaped", reward_gamma=0.5)
    assert _in_usd(rewards) == [6.44, -11.44, 1.56, -33.12]


def test_shaped_reward_is_exactly_zero_while_flat():
    simulation = _simulation("MNQ", (*ROUND_TRIP, *ROUND_TRIP), reward="shaped", reward_gamma=0.9)
    rewards = [simulation.step(action) for action in (BUY, CLOSE, HOLD, HOLD, HOLD)]
    assert rewards[2:] == [0.0, 0.0, 0.0]


def test_sharpe_reward_is_the_differential_ratio():
    # in USD, means of decay 1/2. Bar 2: A 6.44, B 82.9472, deviation 6.44, R 0.88:
    # (82.9472 x (0.88 - 6.44) - 6.44 x (0.7744 - 82.9472) / 2) / 6.44^3 = -196.590016 / 267.089984
    # Bar 3: A 3.66, B 41.8608, R 0: -3.66 x 41.8608 / 2 / (41.8608 - 3.66^2)^1.5
    rewards = _round_trip("MNQ", reward="sharpe")
    assert rewards == pytest.approx([0.0, -0.7360441, -0.5044141], abs=1e-7)
    # the same of 335.25, 35.25, 0
    rewards = _round_trip("ES", reward="sharpe")
    assert rewards == pytest.approx([0.0, -0.6015295, -0.5821854], abs=1e-7)


def test_sortino_reward_is_the_differential_downside_ratio():
    # in USD, means of decay 1/2. No loss before bar 2, which is one of 10: A -1.78, D^2 50.
    # Bar 3 gains: (6 + 0.89) / sqrt(50). A 2.11, D^2 25.
    # Bar 4 loses: (25 x (-33.12 - 1.055) - 2.11 x 33.12^2 / 2) / 125
    rewards = _decline("MNQ", reward="sortino")
    assert rewards == pytest.approx([0.0, 0.0, 0.9743931, -16.0931263], abs=1e-7)
    # the same of 335.25, -250, 150, -814.75
    rewards = _decline("ES", reward="sortino")
    assert rewards == pytest.approx([0.0, 0.0, 0.9650240, -15.9812760], abs=1e-7)


def test_drawdown_reward_charges_what_the_largest_drawdown_grows_by():
    # 12.88 is a peak; 10 below it costs 10 and twice 10; a rise costs nothing; then 37.12 below it
    # costs 33.12 and twice 27.12
    rewards = _decline("MNQ", reward="drawdown", drawdown_penalty=2)
    assert _in_usd(rewards) == [12.88, -30.0, 6.0, -87.36]
    # 250 below, then 914.75: 664.75 more
    rewards = _decline("ES", reward="drawdown", drawdown_penalty=2)
    assert _in_usd(rewards) == [335.25, -750.0, 150.0, -2144.25]


def test_drawdown_reward_charges_no_fall_that_is_not_the_deepest():
    account = new_account(Terms())[0]
    account.rewarding.drawdown_penalty = 1.0
    account.equity_usd, account.max_drawdown_usd = 9_970.0, 50.0
    assert REWARDS["drawdown"](account, (0.0, 10_000.0, 50.0)) == pytest.approx(-0.0030)


@pytest.mark.conformance
@pytest.mark.parametrize("name", REWARDS)
def test_reward_of_calls_the_reward_with_that_name(name):
    def prepared():
        account = new_account(Terms())[0]
        account.realised_usd, account.equity_usd, account.peak_usd = 30.0, 10_050.0, 10_090.0
        account.max_drawdown_usd = 110.0
        account.reward_mean, account.reward_square = 0.001, 0.000002
        account.rewarding.gamma, account.rewarding.drawdown_penalty = 0.5, 2.0
        account.rewarding.decay = 0.5
        return account

    # 10 realised of 70 gained; 20 open now, -40 before; once 110 below the peak, 100 before
    expected = {
        "sparse": 0.001,
        "pnl": 0.007,
        "shaped": (10 + 0.5 * 20 + 40) / 10_000,
        # in USD: A 10, B 200, R 70, so that the deviation is 10
        "sharpe": (200 * 60 - 5 * 4_700) / 1_000,
        "sortino": (70 - 5) / math.sqrt(200),
        "drawdown": (70 - 2 * 10) / 10_000,
    }[name]
    before = (20.0, 9_980.0, 100.0)
    direct, coded = prepared(), prepared()
    assert REWARDS[name](direct, before) == pytest.approx(expected)
    assert reward_of(REWARD_CODES[name], coded, before) == REWARDS[name](prepared(), before)
    assert direct.tobytes() == coded.tobytes()


def test_reward_without_a_branch_in_compiled_code_is_found_out():
    with pytest.raises(AssertionError):
        reward_of(len(REWARDS), new_account(Terms())[0], (0.0, 0.0, 0.0))


@pytest.mark.parametrize("name", ["sharpe", "sortino"])
def test_stateful_reward_moves_its_moments_once_per_step(name):
    simulation = _simulation("MNQ", ROUND_TRIP, reward=name)
    simulation.step(BUY)
    square = 0.5 * 0.001288**2 if name == "sharpe" else 0.0
    assert simulation.account.reward_mean == pytest.approx(0.5 * 0.001288)
    assert simulation.account.reward_square == pytest.approx(square)


@pytest.mark.parametrize("name", ["sparse", "pnl", "shaped", "drawdown"])
def test_reward_without_moments_changes_nothing_in_the_account(name):
    account = new_account(Terms())[0]
    account.equity_usd = 9_900.0
    before = account.tobytes()
    REWARDS[name](account, (0.0, 10_000.0, 10_000.0))
    assert account.tobytes() == before


def test_reward_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="unknown reward `sparsee`: did you mean `sparse`"):
        plain_simulation(ROUND_TRIP, reward="sparsee")


@pytest.mark.parametrize("name", REWARDS)
def test_rewards_are_plain_finite_floats(name):
    reward = plain_simulation(ROUND_TRIP, reward=name).step(BUY)
    assert type(reward) is float
    assert np.isfinite(reward)
