"""TradingAgent: settings in, reproducible weights out, saved and loaded without a change."""

from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from config.settings import AgentSettings
from env.trading_env import TradingEnv
from models.agent import ALGORITHMS, TradingAgent
from models.networks import EXTRACTORS
from models.optimizers import AccumulatingAdam
from tests.helpers.agents import SMALL, small_env, told_bars
from utils.errors import ArtifactError, ConfigError

ROLLOUT = 16


def _trained(timesteps: int = 2 * ROLLOUT, **overrides) -> TradingAgent:
    agent = TradingAgent(small_env(), settings=SMALL, **overrides)
    agent.train(timesteps)
    return agent


def _weights(agent: TradingAgent) -> list[np.ndarray]:
    return [weight.numpy() for weight in agent._decider.weights().values()]


def _are_equal(one: TradingAgent, other: TradingAgent) -> bool:
    pairs = zip(_weights(one), _weights(other), strict=True)
    return all(np.array_equal(first, second) for first, second in pairs)


def _observations(n: int = 20):
    env = small_env()
    observation, _ = env.reset(seed=0)
    for step in range(n):
        yield observation
        observation, *_ = env.step(step % 4)


class FixedClock:
    """Always the same moment."""

    def now(self) -> datetime:
        """Return it."""
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_agent_defaults_are_ppo_with_the_lstm():
    agent = TradingAgent(small_env())
    assert (agent.settings, agent.name) == (AgentSettings(), "PPO-lstm")


def test_agent_arguments_override_the_settings_and_none_keeps_them():
    settings = SMALL.model_copy(update={"algorithm": "A2C", "feature_extractor": "gru"})
    agent = TradingAgent(small_env(), settings=settings, learning_rate=1e-3)
    assert agent.name == "A2C-gru"
    assert agent.settings.learning_rate == 1e-3
    assert TradingAgent(small_env(), "PPO", "attention", settings).name == "PPO-attention"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"algorithm": "PP0"}, "unknown algorithm `PP0`: did you mean `PPO`"),
        ({"feature_extractor": "lsmt"}, "unknown feature extractor `lsmt`: did you mean `lstm`"),
        ({"learning_rte": 1.0}, "unknown setting `learning_rte`: did you mean `learning_rate`"),
        ({"learning_rate": -1.0}, "`learning_rate` in TradingAgent: .* greater than 0, was -1.0"),
        ({"batch_size": 7}, r"`batch_size` must divide n_envs \* n_steps \(16\), was 7; try 4"),
        ({"batch_size": 32}, r"`batch_size` must divide n_envs \* n_steps \(16\), was 32; try 16"),
        (
            {"algorithm": "A2C", "batch_size": 7},
            r"`batch_size` must be a multiple of `n_envs` \(2\) for A2C, was 7",
        ),
    ],
)
def test_agent_setting_out_of_bounds_is_one_line(overrides, message):
    with pytest.raises(ConfigError, match=message):
        TradingAgent(small_env(), settings=SMALL, **overrides)


def test_agent_cuda_without_a_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="finds no usable GPU"):
        TradingAgent(small_env(), settings=SMALL, device="cuda")


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_train_twice_with_one_seed_gives_bit_identical_weights(algorithm):
    first = _trained(algorithm=algorithm)
    np.random.rand(3)
    torch.rand(3)
    second = TradingAgent(small_env(), settings=SMALL, algorithm=algorithm)
    _trained(algorithm=algorithm, seed=9)
    second.train(2 * ROLLOUT)
    assert _are_equal(first, second)


def test_train_with_another_seed_gives_other_weights():
    assert not _are_equal(_trained(seed=0), _trained(seed=1))


def test_train_leaves_the_callers_randomness_threads_and_environment_alone():
    env = small_env()
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    observation, _ = env.reset(seed=0)
    agent = TradingAgent(env, settings=SMALL)
    agent.train(ROLLOUT)
    agent.predict(observation)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    assert env.simulation.bar == env.market.first_decision(2)


def test_train_rounds_up_to_whole_rollouts_and_adds_to_earlier_training():
    agent = TradingAgent(small_env(), settings=SMALL)
    assert agent.provenance["timesteps"] == 0
    agent.train(1)
    assert agent.provenance["timesteps"] == ROLLOUT
    agent.train(ROLLOUT + 1)
    assert agent.provenance["timesteps"] == 3 * ROLLOUT


def test_train_changes_the_weights():
    untrained = TradingAgent(small_env(), settings=SMALL)
    assert not _are_equal(untrained, _trained(ROLLOUT))


def test_train_zero_timesteps_is_refused():
    with pytest.raises(ConfigError, match="`total_timesteps` must be >= 1, was 0"):
        TradingAgent(small_env(), settings=SMALL).train(0)


def test_agent_grad_accumulation_reaches_the_optimiser():
    agent = TradingAgent(small_env(), settings=SMALL, grad_accumulation=4)
    optimizer = agent._decider.network.optimizer
    assert isinstance(optimizer, AccumulatingAdam)
    assert optimizer.accumulate == 4


@pytest.mark.conformance
@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
@pytest.mark.parametrize("extractor", sorted(EXTRACTORS))
def test_saved_agent_predicts_bit_identically_after_loading(algorithm, extractor, tmp_path):
    agent = _trained(ROLLOUT, algorithm=algorithm, feature_extractor=extractor)
    agent.save(tmp_path / "model")
    loaded = TradingAgent.load(tmp_path / "model")
    assert _are_equal(agent, loaded)
    assert loaded.name == f"{algorithm}-{'ridge' if algorithm == 'DP' else extractor}"
    for observation in _observations():
        assert loaded.predict(observation)[0] == agent.predict(observation)[0]


def test_loaded_agent_knows_all_that_the_saved_one_knew(tmp_path):
    agent = _trained(ROLLOUT)
    agent.provenance["note"] = "from a script"
    agent.save(str(tmp_path / "model"), clock=FixedClock())
    loaded = TradingAgent.load(str(tmp_path / "model"))
    assert loaded.settings == agent.settings
    assert loaded.env_settings == agent.env_settings
    assert loaded.scaler == agent.scaler
    assert loaded.feature_set.hash == agent.feature_set.hash
    assert loaded.provenance == {**agent.provenance, "created_at": "2026-01-02T03:04:05+00:00"}


def test_provenance_names_code_and_bars():
    provenance = TradingAgent(small_env(), settings=SMALL).provenance
    assert provenance["symbol"] == "MNQ"
    assert provenance["training_first"] == "2024-03-04T00:00:00+00:00"
    assert provenance["training_last"] == "2024-03-04T04:55:00+00:00"
    assert provenance["training_bars"] == 60
    assert set(provenance["versions"]) >= {"futuresgym", "torch", "stable_baselines3"}


def test_provenance_fingerprint_follows_prices_and_features():
    def fingerprint(bars) -> str:
        env = TradingEnv(bars, ["hint"], lookback_window=2)
        return TradingAgent(env, settings=SMALL).provenance["market_fingerprint"]

    other_price, other_hint = told_bars(), told_bars()
    other_price.iloc[9, other_price.columns.get_loc("high")] += 0.25
    other_hint.iloc[9, other_hint.columns.get_loc("hint")] *= -1
    prints = [fingerprint(bars) for bars in (told_bars(), told_bars(), other_price, other_hint)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_loaded_agent_draws_its_own_random_actions(tmp_path):
    _trained(ROLLOUT).save(tmp_path / "model")
    first, second = TradingAgent.load(tmp_path / "model"), TradingAgent.load(tmp_path / "model")
    observation = next(iter(_observations()))
    draws = [first.predict(observation, deterministic=False)[0] for _ in range(30)]
    torch.rand(5)
    assert draws == [second.predict(observation, deterministic=False)[0] for _ in range(30)]
    assert len(set(draws)) > 1


def test_loaded_agent_cannot_train_and_says_why(tmp_path):
    _trained(ROLLOUT).save(tmp_path / "model")
    with pytest.raises(ConfigError, match="a loaded agent has no environment to train in"):
        TradingAgent.load(tmp_path / "model").train(10)


def test_load_of_weights_for_another_network_is_refused(tmp_path):
    _trained(ROLLOUT).save(tmp_path / "narrow")
    narrow = TradingAgent.load(tmp_path / "narrow")
    narrow.settings = SMALL.model_copy(update={"hidden_size": 5})
    narrow.save(tmp_path / "mislabelled")
    with pytest.raises(ArtifactError, match="policy.safetensors`: weight `.*` must be float32"):
        TradingAgent.load(tmp_path / "mislabelled")


def test_reset_market_with_other_features_is_refused():
    agent = TradingAgent(small_env(), settings=SMALL)
    agent.reset(small_env().market, agent.env_settings)
    other = TradingEnv(told_bars(), ["log_return"], lookback_window=2)
    with pytest.raises(
        ArtifactError, match=r"model sees \['hint'\], the market has \['log_return'\]"
    ):
        agent.reset(other.market, agent.env_settings)


def test_reset_market_with_other_scaling_is_refused():
    env = small_env()
    agent = TradingAgent(env, settings=SMALL)
    scaled = type(env.scaler)(
        columns=("hint",), centre=(1.0,), spread=(2.0,), clip=5.0, kind="standard"
    )
    other = TradingEnv(told_bars(), ["hint"], scaler=scaled, lookback_window=2)
    with pytest.raises(ArtifactError, match="scaled by another scaler"):
        agent.reset(other.market, agent.env_settings)


def test_train_that_diverges_stops_with_one_line():
    agent = TradingAgent(small_env(), settings=SMALL)
    with torch.no_grad():
        agent._decider.network.action_net.bias[0] = float("nan")
    with pytest.raises(ConfigError, match=r"training diverged .*`action_net.bias` is not finite"):
        agent.train(ROLLOUT)
