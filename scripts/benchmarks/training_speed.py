"""How many timesteps per second PPO makes in this process, ours or Stable-Baselines3's as it comes.

Run as a module it reads one JSON object, the fields of Task, and prints one.
"""

import json
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import DummyVecEnv

from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.determinism import torch_threads
from scripts.benchmarks.env_markets import LOOKBACK, check_traded, random_env
from scripts.benchmarks.stock_network import stock_arguments
from utils.errors import SimulationError

HIDDEN, LEARNING_RATE, N_STEPS = 64, 3e-4, 256
EPISODE_BARS = 1_024
GAMMA, GAE_LAMBDA, ENTROPY = 0.95, 0.9, 0.005
STOCK = "stock"
TOLERANCE = 1e-4
"""Between log-probabilities of the same samples, by rows and by windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be timed.

    Attributes:
        kind: "stock" for Stable-Baselines3 on single environments, else ours.
        n_envs: Accounts.
        shared_paths: Accounts on each path of the market; ours alone.
        batch_size: Samples per optimiser step.
        n_epochs: Passes over each rollout.
        threads: Of torch, in updates.
        n_rollouts: Timed one by one, after one that is not.
        n_bars: Of the market.
        n_features: Columns of a window.
    """

    kind: str
    n_envs: int
    shared_paths: int = 1
    batch_size: int = 256
    n_epochs: int = 10
    threads: int
    n_rollouts: int
    n_bars: int
    n_features: int = 40


def timesteps_per_second(task: Task) -> float:
    """Return the speed of the fastest rollout and its update, both as they are in a training.

    Raises:
        SimulationError: If the accounts did not trade, or rows and windows are not the same to the
            network.
    """
    env = random_env(task.n_bars, task.n_features)
    return _stock_speed(env, task) if task.kind == STOCK else _our_speed(env, task)


def _stock_speed(env: TradingEnv, task: Task) -> float:
    clones = [lambda: env.clone(episode_bars=EPISODE_BARS, episode_mode="window")] * task.n_envs
    learner = PPO(
        "MultiInputPolicy",
        DummyVecEnv(clones),
        learning_rate=LEARNING_RATE,
        n_steps=N_STEPS,
        batch_size=task.batch_size,
        n_epochs=task.n_epochs,
        gamma=GAMMA,
        gae_lambda=GAE_LAMBDA,
        ent_coef=ENTROPY,
        policy_kwargs=stock_arguments(HIDDEN),
        seed=0,
        device="cpu",
    )
    with torch_threads(task.threads):
        speed = _fastest(lambda n: learner.learn(n, reset_num_timesteps=False), task)
    _check_busy(learner)
    return speed


def _our_speed(env: TradingEnv, task: Task) -> float:
    agent = TradingAgent(
        env,
        n_envs=task.n_envs,
        n_steps=N_STEPS,
        shared_paths=task.shared_paths,
        batch_size=task.batch_size,
        n_epochs=task.n_epochs,
        learning_rate=LEARNING_RATE,
        gamma=GAMMA,
        gae_lambda=GAE_LAMBDA,
        ent_coef=ENTROPY,
        hidden_size=HIDDEN,
        training_episode_bars=EPISODE_BARS,
        cost_ramp_steps=0,
        validation_fraction=0.0,
        threads=task.threads,
    )
    speed = _fastest(agent.train, task)
    learner: OnPolicyAlgorithm = agent._learner.algorithm  # type: ignore[union-attr]
    _check_busy(learner)
    check_log_probabilities(learner, env.market.features)
    return speed


def _fastest(learn: Any, task: Task) -> float:
    """Return the timesteps per second of the fastest of some rollouts, each with its update."""
    rollout = task.n_envs * N_STEPS
    learn(rollout)
    seconds = []
    for _ in range(task.n_rollouts):
        started = time.perf_counter()
        learn(rollout)
        seconds.append(time.perf_counter() - started)
    return rollout / min(seconds)


def _check_busy(learner: OnPolicyAlgorithm) -> None:
    """Raise unless positions changed more than a hundred times in the last rollout."""
    shares = learner.rollout_buffer.observations["position_info"][..., 0]
    by_account = shares.reshape(learner.n_envs, -1)
    check_traded(int(np.count_nonzero(np.diff(by_account, axis=1))))


def check_log_probabilities(learner: OnPolicyAlgorithm, features: NDArray[np.float32]) -> None:
    """Raise unless actions of the last rollout are as likely by windows as by their last rows.

    Args:
        learner: Ours, after an update.
        features: (n_bars, n_features) of its market.
    """
    buffer = learner.rollout_buffer
    sample = next(buffer.get(256))
    rows = sample.observations["bar_index"].numpy().ravel().astype(np.int64)
    windows = np.stack([features[row + 1 - LOOKBACK : row + 1] for row in rows])
    shown = {
        "market_features": torch.from_numpy(windows),
        "position_info": sample.observations["position_info"],
    }
    learner.policy.set_training_mode(False)
    actions = sample.actions.long().flatten()
    with torch.no_grad():
        by_rows = learner.policy.evaluate_actions(sample.observations, actions)[1]
        by_windows = learner.policy.evaluate_actions(shown, actions)[1]
    difference = float((by_rows - by_windows).abs().max())
    if not difference <= TOLERANCE:
        raise SimulationError(
            f"rows and windows must give the same log-probabilities, differed by {difference:g}"
        )


if __name__ == "__main__":
    print(json.dumps(timesteps_per_second(Task(**json.loads(sys.argv[1])))))
