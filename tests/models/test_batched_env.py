"""BatchedEnv: to Stable-Baselines3 the same as DummyVecEnv over clones, bit for bit."""

import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import is_wrapped
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from config.settings import EnvSettings
from env.trading_env import TradingEnv
from env.vector_env import TradingVectorEnv
from models import batched_env
from models.batched_env import BatchedEnv
from models.determinism import torch_threads
from models.training_env import RewardUnit
from tests.helpers.batches import COLUMNS, restless_frame, restless_market
from utils.errors import ConfigError

N_ENVS = 3


class Clones(DummyVecEnv):
    """Environments one after the other, seeded as a BatchedEnv seeds its own."""

    def seed(self, seed=None):
        drawn = np.random.SeedSequence(seed).generate_state(self.num_envs)
        self._seeds = [int(each) for each in drawn]
        return self._seeds


SETTINGS = EnvSettings(lookback_window=4, episode_bars=11, stop_loss_ticks=30.0, reward="pnl")


def batch(observations="windows", **changes):
    settings = SETTINGS.model_copy(update=changes)
    return BatchedEnv(TradingVectorEnv.over(restless_market(), settings, N_ENVS, observations))


def clones(**changes):
    one = TradingEnv(restless_frame(), COLUMNS, SETTINGS.model_copy(update=changes))
    return Clones([one.clone] * N_ENVS)


def assert_same(mine, theirs):
    assert mine.keys() == theirs.keys()
    for key in mine:
        assert mine[key].dtype == theirs[key].dtype
        assert mine[key].tobytes() == theirs[key].tobytes()


@pytest.mark.parity
@pytest.mark.parametrize("mode", ["discrete", "continuous"])
def test_batched_env_is_a_dummy_vec_env_of_clones(mode):
    mine, theirs = batch(action_mode=mode), clones(action_mode=mode)
    assert mine.observation_space == theirs.observation_space
    assert mine.action_space == theirs.action_space
    assert list(mine.seed(3)) == list(theirs.seed(3))
    assert_same(mine.reset(), theirs.reset())
    mine.action_space.seed(0)
    n_ended = 0
    for _ in range(40):
        actions = np.array([mine.action_space.sample() for _ in range(N_ENVS)])
        seen, rewards, dones, infos = mine.step(actions)
        expected, told_rewards, told_dones, told_infos = theirs.step(actions)
        assert_same(seen, expected)
        assert rewards.dtype == told_rewards.dtype
        assert rewards.tobytes() == told_rewards.tobytes()
        assert dones.tolist() == told_dones.tolist()
        for info, told, is_done in zip(infos, told_infos, dones, strict=True):
            assert bool(info) == is_done
            if is_done:
                n_ended += 1
                assert_same(info.pop("terminal_observation"), told.pop("terminal_observation"))
                assert {key: info[key] for key in told} == told
    assert n_ended > 6


def test_batched_env_tells_ruin_from_the_end_of_time():
    envs = batch(initial_balance=150.0, ruin_equity=135.0, margin="none", stop_loss_ticks=None)
    envs.seed(0)
    envs.reset()
    lengths = {True: set(), False: set()}
    for _ in range(60):
        for info in envs.step(np.array([1, 2, 0]))[3]:
            if info:
                lengths[info["TimeLimit.truncated"]].add(info["length"])
    assert lengths[True] == {11}
    assert min(lengths[False]) < 11


def test_batched_env_sums_rewards_up_and_counts_decisions():
    envs = batch()
    envs.seed(1)
    envs.reset()
    total = 0.0
    for _ in range(11):
        _, rewards, dones, infos = envs.step(np.array([1, 2, 0]))
        total += float(rewards[0])
    assert dones.tolist() == [True] * 3
    assert infos[0]["episode"]["r"] == pytest.approx(total, rel=1e-5)
    assert infos[0]["episode"]["r"] == pytest.approx(infos[0]["net_pnl_usd"] / 10_000)
    assert [info["episode"]["l"] for info in infos] == [11, 11, 11]
    for _ in range(11):
        infos = envs.step(np.array([0, 0, 0]))[3]
    assert infos[0]["episode"] == {"r": 0.0, "l": 11}


def test_batched_env_agrees_with_a_monitor_around_it():
    envs = VecMonitor(batch())
    envs.seed(1)
    envs.reset()
    for _ in range(11):
        infos = envs.step(np.array([1, 2, 1]))[3]
    for info in infos:
        assert info["episode"]["l"] == info["length"]
        assert info["episode"]["r"] == pytest.approx(info["net_pnl_usd"] / 10_000, abs=1e-7)


def test_batched_env_offers_masks_to_maskable_algorithms():
    envs = batch()
    envs.seed(0)
    envs.reset()
    # as sb3-contrib asks for them
    assert envs.has_attr("action_masks")
    assert np.stack(envs.env_method("action_masks")).tolist() == [[True, True, True, False]] * 3
    envs.step(np.array([1, 0, 2]))
    assert len(envs.env_method("action_masks", indices=[2])) == 1
    assert envs.env_method("action_masks", indices=2)[0].tolist() == [True, True, False, True]


def test_batched_env_attributes_are_those_of_the_batch():
    envs = batch()
    assert envs.get_attr("market", indices=[0, 2]) == [restless_market()] * 2
    assert not envs.has_attr("simulation")
    assert envs.render_mode is None
    assert envs.env_is_wrapped(Monitor) == [False] * 3
    assert not is_wrapped(envs.envs, Monitor)
    with pytest.raises(
        ConfigError, match="`settings` cannot be set in the environments of a batch"
    ):
        envs.set_attr("settings", None)


def test_batched_env_scales_costs_of_all_or_of_none():
    envs = batch(slippage_ticks=0)
    envs.env_method("set_cost_scale", 0.0)
    envs.seed(0)
    envs.reset()
    envs.step(np.array([1, 1, 1]))
    assert envs.envs.accounts["fees_usd"].tolist() == [0.0] * 3
    with pytest.raises(ConfigError, match="the scale of the costs must be the same for all"):
        envs.env_method("set_cost_scale", 1.0, indices=[0])
    with pytest.raises(ConfigError, match="unknown method of a batch `render`"):
        envs.env_method("render")


def test_batched_env_options_of_reset_are_the_same_for_all():
    envs = batch("indices")
    envs.set_options({"start": 300})
    assert envs.reset()["bar_index"].tolist() == [[300]] * 3
    assert envs.reset()["bar_index"].tolist() != [[300]] * 3
    envs.set_options([{"start": 300}, {"start": 301}, {}])
    with pytest.raises(ConfigError, match="options of reset must be the same for all"):
        envs.reset()


def test_batched_env_refuses_indices_that_float32_cannot_count(monkeypatch):
    monkeypatch.setattr(batched_env, "MAX_INDEX", restless_market().n_bars)
    batch("indices")
    monkeypatch.setattr(batched_env, "MAX_INDEX", restless_market().n_bars - 1)
    batch("windows")
    with pytest.raises(ConfigError, match="index observations must be of at most .*, had"):
        batch("indices")


def trained(observations, seed, envs=None):
    """Return the weights of a small PPO after a few hundred steps."""
    learner = PPO(
        "MultiInputPolicy",
        envs or batch(observations),
        n_steps=32,
        batch_size=48,
        n_epochs=2,
        policy_kwargs={"net_arch": [8]},
        seed=seed,
        device="cpu",
    )
    with torch_threads(1):
        learner.learn(192)
    return b"".join(weights.numpy().tobytes() for weights in learner.policy.state_dict().values())


@pytest.mark.parametrize("observations", ["windows", "indices"])
def test_ppo_learns_on_a_batch_and_repeats_itself(observations):
    first = trained(observations, 0)
    assert first == trained(observations, 0)
    assert first != trained(observations, 1)


@pytest.mark.parity
def test_ppo_learns_on_a_batch_what_it_learns_on_clones():
    assert trained("windows", 5) == trained("windows", 5, clones())


def test_batched_env_of_a_single_environment_says_what_it_takes():
    with pytest.raises(ConfigError, match="must be a TradingVectorEnv, was a str"):
        BatchedEnv("env")


@pytest.mark.parity
def test_batched_env_restored_goes_on_alike_its_sums_of_rewards_too():
    envs, fresh = RewardUnit(batch("indices"), 0.5), RewardUnit(batch("indices"), 0.5)
    envs.seed(2)
    envs.reset()
    random = np.random.default_rng(0)
    for _ in range(15):  # four decisions into the second episode
        envs.step(random.integers(0, 4, N_ENVS))
    fresh.restore(*envs.snapshot())
    n_ended = 0
    for _ in range(60):
        actions = random.integers(0, 4, N_ENVS)
        seen, rewards, dones, infos = envs.step(actions)
        expected, told_rewards, told_dones, told_infos = fresh.step(actions)
        assert_same(seen, expected)
        assert rewards.tobytes() == told_rewards.tobytes()
        assert dones.tolist() == told_dones.tolist()
        for info, told in zip(infos, told_infos, strict=True):
            assert info.get("episode") == told.get("episode")
            n_ended += bool(info)
    assert n_ended >= 15
