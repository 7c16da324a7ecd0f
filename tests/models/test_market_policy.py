"""One network, by rows and by windows: distributions, values, and what training makes of it."""

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO

from config.settings import AgentSettings, EnvSettings
from env.observation import observation_space
from env.vector_env import TradingVectorEnv
from models.actor_critic import build_network, load_weights, policy_arguments, weights_of
from models.algorithms import ALGORITHMS, attach_market
from models.batched_env import BatchedEnv
from models.determinism import torch_threads
from models.market_policy import MarketPolicy
from models.networks import EXTRACTORS
from tests.helpers.agents import SMALL, small_env
from tests.helpers.batches import restless_market

LOOKBACK = 4
ACCOUNT = EnvSettings(lookback_window=LOOKBACK, episode_bars=50, reward="pnl")
WINDOW_SPACE = observation_space(LOOKBACK, 2)


def batch(observations):
    return BatchedEnv(TradingVectorEnv.over(restless_market(), ACCOUNT, 4, observations))


def learner(observations, **changes):
    """Return a small PPO on either kind of observation."""
    settings = AgentSettings(hidden_size=8, **changes)
    made = PPO(
        MarketPolicy,
        batch(observations),
        n_steps=16,
        batch_size=32,
        n_epochs=2,
        learning_rate=1e-2,
        policy_kwargs=policy_arguments(settings, WINDOW_SPACE),
        seed=1,
        device="cpu",
    )
    attach_market(made.policy, made.env)
    return made


def judged(policy, observations, actions):
    """Return values, log-probabilities and entropies."""
    tensors = {key: torch.as_tensor(value) for key, value in observations.items()}
    with torch.no_grad():
        return policy.evaluate_actions(tensors, actions)


@pytest.mark.parametrize("name", sorted(EXTRACTORS))
def test_market_policy_judges_rows_as_it_judges_windows(name):
    by_rows = learner("indices", feature_extractor=name)
    with torch_threads(1):
        by_rows.learn(64)  # away from the first weights, whose logits are nearly equal
    by_rows.policy.set_training_mode(False)
    indices, windows = batch("indices"), batch("windows")
    indices.seed(2)
    windows.seed(2)
    seen, shown = indices.reset(), windows.reset()
    for step in range(60):
        actions = torch.tensor([1, step % 4, 2, 0])
        mine = judged(by_rows.policy, seen, actions)
        theirs = judged(by_rows.policy, shown, actions)
        for value, other in zip(mine, theirs, strict=True):
            torch.testing.assert_close(value, other, rtol=0, atol=1e-5)
        seen, shown = indices.step(actions.numpy())[0], windows.step(actions.numpy())[0]


@pytest.mark.parametrize("name", sorted(EXTRACTORS))
def test_market_policy_learns_by_rows_what_it_learns_by_windows(name):
    weights = []
    for observations in ("indices", "windows"):
        made = learner(observations, feature_extractor=name)
        with torch_threads(1):
            made.learn(128)
        weights.append(weights_of(made.policy))
    for key, value in weights[0].items():
        torch.testing.assert_close(value, weights[1][key], rtol=0, atol=2e-3)


def test_market_policy_trained_by_rows_fits_a_network_of_windows():
    made = learner("indices")
    with torch_threads(1):
        made.learn(64)
    network = build_network(AgentSettings(hidden_size=8), WINDOW_SPACE, made.action_space)
    load_weights(network, weights_of(made.policy), "w")
    assert network.window_space == made.policy.window_space == WINDOW_SPACE
    made.policy.set_training_mode(False)
    windows = batch("windows")
    windows.seed(0)
    shown = {key: torch.as_tensor(value) for key, value in windows.reset().items()}
    with torch.no_grad():
        mine = made.policy.get_distribution(shown).distribution.logits
        theirs = network.get_distribution(shown).distribution.logits
    assert torch.equal(mine, theirs)


def test_market_policy_loaded_weights_are_seen_by_rows_at_once():
    made, other = learner("indices"), learner("indices")
    with torch_threads(1):
        other.learn(64)
    seen = {key: torch.as_tensor(value) for key, value in made.env.reset().items()}
    made.policy.set_training_mode(False)
    other.policy.set_training_mode(False)
    with torch.no_grad():
        before = made.policy.predict_values(seen)
        load_weights(made.policy, weights_of(other.policy), "w")
        after = made.policy.predict_values(seen)
        expected = other.policy.predict_values(seen)
    assert not torch.equal(before, after)
    torch.testing.assert_close(after, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("algorithm", ["PPO", "A2C"])
def test_market_policy_options_reach_the_network(algorithm):
    settings = SMALL.model_copy(
        update={"algorithm": algorithm, "dropout": 0.25, "bf16": True, "account_view": "position"}
        | {"weight_decay": 0.1}
    )
    made = ALGORITHMS[algorithm].make_learner(small_env(), settings, torch.device("cpu"))
    policy = made.decider.network
    assert policy.features_extractor.seen.tolist() == [1, 0, 0, 0]
    assert policy.features_extractor._dropout.p == 0.25
    assert policy.features_extractor._bf16
    (group,) = policy.optimizer.param_groups
    assert (group["weight_decay"], group["decoupled_weight_decay"]) == (0.1, True)
    assert np.isfinite(policy.features_extractor._market.of(torch.tensor([5])).numpy()).all()
