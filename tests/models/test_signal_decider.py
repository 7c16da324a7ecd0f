"""From a forecast and a position to an action, in every mode, at the costs of each pass."""

import numpy as np
import pytest
import torch

from env.actions import Action
from env.simulation import Simulation
from models.signal_chain import N_LEVELS
from models.signal_decider import decision_of, opinion_of
from models.signal_learner import fresh_signal_decider, learn_signal
from tests.helpers.signals import ACCOUNT, DP, LOOKBACK, planted_market
from utils.errors import ArtifactError, ConfigError, DataError

pytestmark = pytest.mark.usefixtures("one_thread")

LONG_ALWAYS = np.array([1, 1, 1], dtype=np.int8)
STAY = np.array([-1, 0, 1], dtype=np.int8)
FLAT_ALWAYS = np.array([0, 0, 0], dtype=np.int8)


def position(share):
    return np.array([share, 0.0, 0.0, 1.0], dtype=np.float32)


@pytest.fixture(scope="module")
def market():
    return planted_market()


@pytest.fixture(scope="module")
def decider(market, one_thread):
    made = fresh_signal_decider(DP, ACCOUNT, 2)
    learn_signal(made, market, 2_000, ACCOUNT, DP)
    return made


def run(decider, market, **overrides):
    """Return the simulation of a pass over the rows that were not learnt from."""
    settings = ACCOUNT.model_copy(update=overrides)
    simulation = Simulation(market, settings)
    simulation.reset(2_000, market.n_bars)
    decider.begin(market, settings)
    while not simulation.is_done:
        simulation.step(decider.decide(simulation.bar, simulation.observation()))
    return simulation


@pytest.mark.parametrize(
    ("targets", "share", "expected"),
    [
        (LONG_ALWAYS, -1.0, Action.BUY),
        (LONG_ALWAYS, 0.0, Action.BUY),
        (LONG_ALWAYS, 1.0, Action.HOLD),
        (-LONG_ALWAYS, 0.5, Action.SELL),
        (FLAT_ALWAYS, 1.0, Action.CLOSE),
        (FLAT_ALWAYS, 0.0, Action.HOLD),
        (STAY, -0.2, Action.HOLD),
    ],
)
def test_decision_of_the_discrete_mode(targets, share, expected):
    assert decision_of(targets, position(share), ACCOUNT) == expected


@pytest.mark.parametrize(
    ("targets", "share", "number"),
    [
        (LONG_ALWAYS, 0.0, 6),  # all three long
        (LONG_ALWAYS, 1 / 3, 4),  # one long stays one
        (-LONG_ALWAYS, 1 / 3, 0),
        (FLAT_ALWAYS, 1.0, 3),
    ],
)
def test_decision_of_the_modes_of_sizes(targets, share, number):
    sized = ACCOUNT.model_copy(update={"action_mode": "contracts", "max_position": 3})
    assert decision_of(targets, position(share), sized) == number
    shares = sized.model_copy(update={"action_mode": "continuous"})
    found = decision_of(targets, position(share), shares)
    np.testing.assert_allclose(found, [(number - 3) / 3], rtol=1e-6)


def test_opinion_is_wholly_for_the_decision():
    assert opinion_of(Action.SELL, ACCOUNT).tolist() == [0.0, 0.0, 1.0, 0.0]
    sized = ACCOUNT.model_copy(update={"action_mode": "contracts", "max_position": 1})
    assert opinion_of(0, sized).tolist() == [1.0, 0.0, 0.0]
    shares = sized.model_copy(update={"action_mode": "continuous"})
    assert opinion_of(np.array([-1.0], dtype=np.float32), shares).tolist() == [-1.0]


def test_fresh_decider_stays_flat(market):
    assert run(fresh_signal_decider(DP, ACCOUNT, 2), market).n_trades == 0


def test_decider_earns_on_what_it_has_not_seen(decider, market):
    simulation = run(decider, market)
    assert simulation.n_trades > 20
    assert simulation.equity_usd > 10_200.0


def test_predict_is_what_decide_says_at_every_bar(decider, market):
    simulation = Simulation(market, ACCOUNT)
    simulation.reset(2_000, 2_300)
    decider.begin(market, ACCOUNT)
    while not simulation.is_done:
        observation = simulation.observation()
        action = decider.decide(simulation.bar, observation)
        assert decider.predict(observation) == (action, None)
        assert decider.opinion_at(simulation.bar, observation)[action] == 1.0
        assert decider.opinion(observation)[0][action] == 1.0
        simulation.step(action)
    assert simulation.n_trades > 0


def test_higher_costs_widen_the_band_and_never_add_trades_without_learning_again(decider, market):
    before = decider.weights()
    n_trades, n_sides = [], []
    for slippage in (0, 1, 2, 4, 8, 16, 400):
        simulation = run(decider, market, slippage_ticks=slippage)
        n_trades.append(simulation.n_trades)
        targets = decider.chain.targets((0.62 + 0.5 * slippage) / 0.5)
        n_sides.append(int((targets[:, 0] == 1).sum() + (targets[:, 2] == -1).sum()))
    assert n_trades == sorted(n_trades, reverse=True)
    assert n_sides == sorted(n_sides, reverse=True)
    assert n_trades[0] > n_trades[3] > n_trades[5] > 0
    assert n_trades[-1] == 0
    assert all(torch.equal(weight, before[name]) for name, weight in decider.weights().items())


def test_decider_decides_by_rows_up_to_the_bar(decider, market):
    plain = run(decider, market).positions[:400]
    poisoned = planted_market()
    poisoned.features[2_400:] = 5.0
    np.testing.assert_array_equal(run(decider, poisoned).positions[:400], plain)


def test_decider_weights_come_back_and_decide_the_same(decider, market):
    again = fresh_signal_decider(DP, ACCOUNT, 2)
    again.load_weights(decider.weights(), "file")
    np.testing.assert_array_equal(run(again, market).positions, run(decider, market).positions)
    assert set(decider.weights()) == {
        "predictor.coefficients",
        "predictor.intercept",
        "chain.edges",
        "chain.moves",
        "chain.transition",
    }
    assert decider.weights()["chain.moves"].shape == (N_LEVELS,)


def test_decider_weights_of_another_predictor_are_refused(decider):
    boosted = fresh_signal_decider(DP.model_copy(update={"predictor": "lightgbm"}), ACCOUNT, 2)
    with pytest.raises(ArtifactError, match="`coefficients` is not part of this forecast"):
        boosted.load_weights(decider.weights(), "file")


def test_predict_refuses_an_observation_of_another_shape_or_with_a_hole(decider):
    window = np.zeros((LOOKBACK, 2), dtype=np.float32)
    good = {"market_features": window, "position_info": position(0.0)}
    decider.predict(good)
    with pytest.raises(ConfigError, match=r"must have shape \(12, 2\), had \(11, 2\)"):
        decider.predict(good | {"market_features": window[1:]})
    with pytest.raises(ConfigError, match="must have `position_info`"):
        decider.predict({"market_features": window})
    with pytest.raises(DataError, match="`market_features` of the observation holds NaN"):
        decider.predict(good | {"market_features": window + np.nan})
