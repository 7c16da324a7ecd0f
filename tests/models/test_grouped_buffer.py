"""Batches of whole blocks: every sample once, few distinct bars, the gradient as ever."""

import numpy as np
import pytest
import torch
from stable_baselines3.common.buffers import DictRolloutBuffer

from models.agent import TradingAgent
from models.grouped_buffer import GroupedRolloutBuffer
from tests.helpers.agents import SMALL, small_env
from utils.errors import ConfigError

SHARED = {"n_envs": 8, "n_steps": 16, "shared_paths": 4, "batch_size": 32, "n_epochs": 1}


def filled(**changes):
    """Return an agent's PPO that has collected its first rollout."""
    agent = TradingAgent(small_env(), settings=SMALL, **{**SHARED, **changes})
    learner = agent._learner.algorithm
    _, callback = learner._setup_learn(128, None)
    learner.collect_rollouts(learner.env, callback, learner.rollout_buffer, learner.n_steps)
    return learner


def test_grouped_buffer_batches_are_whole_bars_of_whole_groups():
    buffer = filled().rollout_buffer
    rows = buffer.observations["bar_index"].copy()
    assert (rows.reshape(16, 2, 4) == rows.reshape(16, 2, 4)[:, :, :1]).all()
    batches = list(buffer.get(32))
    assert [len(batch.actions) for batch in batches] == [32] * 4
    for batch in batches:
        blocks = batch.observations["bar_index"].reshape(8, 4)
        assert (blocks == blocks[:, :1]).all()


def test_grouped_buffer_gives_every_sample_once_with_all_that_belongs_to_it():
    buffer = filled().rollout_buffer
    rows = buffer.observations["bar_index"].ravel().tolist()
    log_probs, returns = buffer.log_probs.ravel().tolist(), buffer.returns.ravel().tolist()
    expected = sorted(zip(rows, log_probs, returns, strict=True))
    found = []
    for batch in buffer.get(32):
        bars = batch.observations["bar_index"].ravel().tolist()
        found += zip(bars, batch.old_log_prob.tolist(), batch.returns.tolist(), strict=True)
    assert sorted(found) == expected
    (whole,) = buffer.get()
    assert len(whole.actions) == 128


def test_grouped_buffer_of_single_paths_draws_what_stable_baselines_draws():
    buffer = filled(shared_paths=1).rollout_buffer
    assert isinstance(buffer, GroupedRolloutBuffer)
    np.random.seed(3)
    mine = [batch.old_log_prob.tolist() for batch in buffer.get(32)]
    np.random.seed(3)
    assert [batch.old_log_prob.tolist() for batch in DictRolloutBuffer.get(buffer, 32)] == mine


def test_grouped_buffer_gradient_is_that_of_the_same_samples_one_by_one():
    learner = filled()
    batch = next(learner.rollout_buffer.get(32))
    policy = learner.policy.train(True)

    def gradient(groups):
        policy.zero_grad()
        for chosen in groups:
            seen = {key: values[chosen] for key, values in batch.observations.items()}
            actions = batch.actions[chosen].long().flatten()
            values, log_probs, entropy = policy.evaluate_actions(seen, actions)
            terms = batch.advantages[chosen] * log_probs + values.flatten() ** 2 + entropy
            terms.sum().backward()
        return [parameter.grad.clone() for parameter in policy.parameters()]

    together = gradient([torch.arange(32)])
    alone = gradient([torch.tensor([i]) for i in range(32)])
    for mine, other in zip(together, alone, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-6)


def test_grouped_buffer_rollout_encodes_each_shared_bar_once(monkeypatch):
    seen = []
    agent = TradingAgent(small_env(), settings=SMALL, **SHARED)
    extractor = agent._learner.algorithm.policy.features_extractor
    true_read = type(extractor).read
    monkeypatch.setattr(
        type(extractor), "read", lambda self, x: seen.append(len(x)) or true_read(self, x)
    )
    agent.train(128)
    n_rollout = len(seen) - 4
    assert sum(seen[:n_rollout]) <= 60  # rows of the market, though 128 samples saw them
    assert all(n <= 8 for n in seen[n_rollout:])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shared_paths": 3}, r"`shared_paths` must be .* divides the number of .* \(8\), was 3"),
        ({"shared_paths": 4, "batch_size": 2}, r"`batch_size` must be a multiple .* \(4\), was 2"),
    ],
)
def test_shared_paths_that_do_not_fit_are_refused_in_one_line(changes, message):
    with pytest.raises(ConfigError, match=message):
        TradingAgent(small_env(), settings=SMALL, **{**SHARED, **changes})
