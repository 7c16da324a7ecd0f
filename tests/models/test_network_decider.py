"""A network that decides over a market begun takes the steps of the plain network, only faster."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from gymnasium import spaces

from config.settings import AgentSettings, EnvSettings
from data.synthetic import synthetic_bars
from env.action_modes import ACTION_MODES
from env.market import build_market
from env.observation import observation_space
from env.simulation import Simulation
from models.actor_critic import build_network, weights_of
from models.determinism import torch_threads
from models.market_encodings import BLOCK_ROWS
from models.network_decider import NetworkDecider
from models.networks import EXTRACTORS
from utils.errors import ConfigError

FEATURES = ("log_return", "rsi", "atr")
MODES = sorted(ACTION_MODES)
MARKET = build_market(synthetic_bars(300, seed=5), FEATURES)
LOOKBACK, LARGEST = 6, 3
FIRST = MARKET.first_decision(LOOKBACK)


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


def account(mode="discrete"):
    return EnvSettings(
        lookback_window=LOOKBACK,
        action_mode=mode,
        max_position=LARGEST,
        initial_balance=1e6,
        stop_loss_ticks=200.0,
    )


def decider(extractor="lstm", mode="discrete", seed=0, head_gain=30.0):
    """Return a network whose decisions depend on market and account alike."""
    torch.manual_seed(seed)
    space = observation_space(LOOKBACK, len(FEATURES))
    settings = AgentSettings(feature_extractor=extractor, hidden_size=8)
    network = build_network(settings, space, ACTION_MODES[mode].space(LARGEST))
    network.action_net.weight.data *= head_gain
    return NetworkDecider(network)


def observations(mode="discrete", market=MARKET, seed=1):
    """Yield bar and observation at each close of an account that trades at random."""
    simulation = Simulation(market, account(mode))
    simulation.reset(FIRST, market.n_bars)
    space = ACTION_MODES[mode].space(LARGEST)
    space.seed(seed)
    while not simulation.is_done:
        yield simulation.bar, simulation.observation()
        simulation.step(space.sample())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("extractor", sorted(EXTRACTORS))
def test_begun_decider_decides_what_predict_does(extractor, mode):
    own = decider(extractor, mode)
    own.begin(MARKET, account(mode))
    decided = []
    for bar, observation in observations(mode):
        plain, _ = own.predict(observation)
        fast = own.decide(bar, observation)
        np.testing.assert_allclose(fast, plain, atol=1e-6)
        assert type(fast) is type(plain)
        decided.append(float(np.asarray(fast).item()))
    assert len(set(decided)) > 1, "a decider of one decision proves nothing"


@pytest.mark.parametrize("mode", MODES)
def test_begun_decider_holds_the_opinion_of_the_plain_network(mode):
    own = decider(mode=mode)
    own.begin(MARKET, account(mode))
    for bar, observation in observations(mode):
        opinion = own.opinion_at(bar, observation)
        np.testing.assert_allclose(opinion, own.opinion(observation)[0], atol=1e-6)
        assert opinion.dtype == np.float64


def test_opinion_of_numbered_actions_sums_to_one_and_its_best_is_decided():
    own = decider()
    own.begin(MARKET, account())
    for bar, observation in observations():
        opinion = own.opinion_at(bar, observation)
        assert opinion.sum() == pytest.approx(1.0, abs=1e-12)
        assert int(opinion.argmax()) == own.decide(bar, observation)


def test_begun_decider_does_not_look_at_later_bars():
    """Rows after `last` are poisoned: what is decided up to it stays, later changes are seen."""
    last = FIRST + 150
    poison = MARKET.features.copy()
    poison[last + 1 :] = 1e3
    poisoned = replace(MARKET, features=poison)
    one, other = decider(), decider()
    one.begin(MARKET, account())
    other.begin(poisoned, account())
    seen = list(observations())
    agree = [one.decide(bar, shown) == other.decide(bar, shown) for bar, shown in seen]
    opinions = [one.opinion_at(b, s).tobytes() == other.opinion_at(b, s).tobytes() for b, s in seen]
    n_before = last + 1 - FIRST
    assert all(agree[:n_before])
    assert all(opinions[:n_before])
    assert not any(opinions[n_before:])


def test_begun_decider_does_not_look_at_the_window_that_it_is_shown():
    own = decider()
    own.begin(MARKET, account())
    bar, observation = next(iter(observations()))
    blind = {**observation, "market_features": np.full((LOOKBACK, len(FEATURES)), np.nan)}
    assert own.decide(bar, blind) == own.predict(observation)[0]


def test_decider_that_has_not_begun_decides_by_what_it_is_shown():
    own = decider()
    for bar, observation in observations():
        assert own.decide(bar, observation) == own.predict(observation)[0]


@pytest.mark.parametrize("change", ["begin", "load_weights"])
def test_decider_forgets_what_other_weights_made_of_the_market(change):
    own, other = decider(seed=0), decider(seed=1)
    own.begin(MARKET, account())
    seen = list(observations())
    before = [own.decide(bar, shown) for bar, shown in seen]
    weights = weights_of(other.network)
    if change == "load_weights":
        own.load_weights(weights, "w")
    else:
        for name, parameter in own.network.named_parameters():
            parameter.data.copy_(weights[name])
        own.begin(MARKET, account())
    after = [own.decide(bar, shown) for bar, shown in seen]
    assert after == [other.predict(shown)[0] for _, shown in seen]
    assert after != before


def test_decider_of_another_market_forgets_the_first():
    other_market = build_market(synthetic_bars(300, seed=6), FEATURES)
    own = decider()
    for market in (MARKET, other_market):
        own.begin(market, account())
        for bar, observation in observations(market=market):
            assert own.decide(bar, observation) == own.predict(observation)[0]


def test_begun_decider_encodes_again_where_it_is_asked_out_of_order():
    """Three blocks and a bit, asked for from both ends: each bar's decision stays the same."""
    market = build_market(synthetic_bars(3 * BLOCK_ROWS + 507, seed=2), FEATURES)
    own = decider()
    own.begin(market, account())
    info = np.array([1.0, 0.01, 0.5, 1.0], dtype=np.float32)
    bars = range(FIRST, market.n_bars, 997)
    shown = {
        bar: {
            "market_features": market.features[bar + 1 - LOOKBACK : bar + 1],
            "position_info": info,
        }
        for bar in bars
    }
    forward = [own.decide(bar, shown[bar]) for bar in bars]
    backward = [own.decide(bar, shown[bar]) for bar in reversed(bars)]
    assert forward == backward[::-1]
    assert forward == [own.predict(shown[bar])[0] for bar in bars]


def test_begun_decider_leaves_the_network_in_the_mode_it_was_in():
    own = decider()
    own.begin(MARKET, account())
    own.network.set_training_mode(True)
    bar, observation = next(iter(observations()))
    own.decide(bar, observation)
    assert own.network.features_extractor.training


def test_begun_decider_with_a_network_in_training_mode_drops_nothing_out():
    own = decider()
    own.network.features_extractor.tower = torch.nn.LSTM(
        len(FEATURES), 8, num_layers=2, dropout=0.9, batch_first=True
    )
    own.begin(MARKET, account())
    seen = list(observations())
    plain = [own.predict(shown)[0] for _, shown in seen]
    own.network.set_training_mode(True)
    assert [own.decide(bar, shown) for bar, shown in seen] == plain


def test_decider_with_an_unusual_head_sees_each_window_itself():
    own = decider()
    policy_net = own.network.mlp_extractor.policy_net
    own.network.mlp_extractor.policy_net = torch.nn.Sequential(*policy_net[:3], torch.nn.ReLU())
    own.begin(MARKET, account())
    seen = list(observations())
    assert [own.decide(b, shown) for b, shown in seen] == [own.predict(o)[0] for _, o in seen]
    with pytest.raises(ConfigError, match="`market_features` of the observation must have shape"):
        own.decide(seen[0][0], {**seen[0][1], "market_features": np.zeros((1, 3), np.float32)})


def test_begun_decider_asked_for_a_bar_without_a_window_sees_what_it_is_shown():
    own = decider()
    own.begin(MARKET, account())
    _, observation = next(iter(observations()))
    assert own.decide(FIRST - 1, observation) == own.predict(observation)[0]


def test_box_decider_is_clipped_to_the_shares_there_are():
    own = decider(mode="continuous")
    own.network.action_net.bias.data[:] = -40.0
    own.begin(MARKET, account("continuous"))
    bar, observation = next(iter(observations("continuous")))
    assert own.decide(bar, observation).tolist() == [-1.0]
    assert own.opinion_at(bar, observation).tolist() == [-1.0]
    assert isinstance(own.network.action_space, spaces.Box)
