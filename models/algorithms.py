"""The learning algorithms, each made from AgentSettings alone.

PPO takes every setting. A2C learns once from each rollout, so `n_epochs` and `clip_range` have no
meaning there, and its rollout is one batch: `batch_size // n_envs` steps of each copy, whatever
`n_steps` says. Both use Adam with gradient accumulation, and normalised advantages.
"""

from collections.abc import Callable
from typing import Any

import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from config.settings import AgentSettings
from models.actor_critic import policy_arguments
from utils.errors import ConfigError

POLICY = "MultiInputPolicy"


def make_ppo(venv: VecEnv, settings: AgentSettings, device: torch.device) -> OnPolicyAlgorithm:
    """Return PPO (Schulman et al. 2017).

    Raises:
        ConfigError: If `batch_size` does not divide the rollout of `n_envs * n_steps` samples.
    """
    rollout = settings.n_envs * settings.n_steps
    if rollout % settings.batch_size:
        raise ConfigError(
            f"`batch_size` must divide n_envs * n_steps ({rollout}), was {settings.batch_size}; "
            f"try {_divisor_below(rollout, settings.batch_size)}"
        )
    return PPO(
        POLICY,
        venv,
        n_steps=settings.n_steps,
        batch_size=settings.batch_size,
        n_epochs=settings.n_epochs,
        clip_range=settings.clip_range,
        **_common(settings, device),
    )


def make_a2c(venv: VecEnv, settings: AgentSettings, device: torch.device) -> OnPolicyAlgorithm:
    """Return A2C (Mnih et al. 2016, synchronous), with Adam in place of RMSprop.

    Raises:
        ConfigError: If `batch_size` is no multiple of `n_envs`.
    """
    n_steps, rest = divmod(settings.batch_size, settings.n_envs)
    if n_steps < 1 or rest:
        raise ConfigError(
            f"`batch_size` must be a multiple of `n_envs` ({settings.n_envs}) for A2C, "
            f"was {settings.batch_size}"
        )
    return A2C(
        POLICY,
        venv,
        n_steps=n_steps,
        use_rms_prop=False,
        normalize_advantage=True,
        **_common(settings, device),
    )


def batches_per_rollout(learner: OnPolicyAlgorithm) -> int:
    """Return how many batches, all epochs together, the learner takes from each rollout."""
    if isinstance(learner, PPO):
        return learner.n_envs * learner.n_steps // learner.batch_size * learner.n_epochs
    return 1


def _common(settings: AgentSettings, device: torch.device) -> dict[str, Any]:
    return {
        "learning_rate": settings.learning_rate,
        "gamma": settings.gamma,
        "gae_lambda": settings.gae_lambda,
        "ent_coef": settings.ent_coef,
        "policy_kwargs": policy_arguments(settings),
        "seed": settings.seed,
        "device": device,
        "verbose": 0,
    }


def _divisor_below(number: int, bound: int) -> int:
    """Return the largest divisor of `number` that is <= `bound`."""
    return next(
        candidate for candidate in range(min(bound, number), 0, -1) if number % candidate == 0
    )


ALGORITHMS: dict[str, Callable[[VecEnv, AgentSettings, torch.device], OnPolicyAlgorithm]] = {
    "PPO": make_ppo,
    "A2C": make_a2c,
}
