"""The learning algorithms, each made from settings alone.

PPO takes every setting. A2C learns once from each rollout, so `n_epochs` and `clip_range` have no
meaning there, and its rollout is one batch: `batch_size // n_envs` steps of each copy, whatever
`n_steps` says. Both use Adam with gradient accumulation, and normalised advantages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from config.settings import AgentSettings, EnvSettings
from env.action_modes import ACTION_MODES
from env.observation import observation_space
from env.terms import terms_of
from env.trading_env import TradingEnv
from models.actor_critic import build_network, policy_arguments
from models.decider import Decider
from models.learner import Learner, NetworkLearner
from models.network_decider import NetworkDecider
from models.training_env import make_vec_env
from utils.errors import ConfigError
from utils.registry import lookup

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


def _network_learner(
    make: Callable[[VecEnv, AgentSettings, torch.device], OnPolicyAlgorithm],
) -> Callable[[TradingEnv, AgentSettings, torch.device], Learner]:
    """Return what makes a learner of an algorithm that steps through environments."""

    def learner(env: TradingEnv, settings: AgentSettings, device: torch.device) -> Learner:
        return NetworkLearner(make(make_vec_env(env, settings), settings, device), settings)

    return learner


def fresh_network_decider(
    settings: AgentSettings, env_settings: EnvSettings, n_columns: int
) -> NetworkDecider:
    """Return a network that fits the settings, with weights still to be loaded."""
    space = observation_space(env_settings.lookback_window, n_columns)
    mode = lookup(ACTION_MODES, env_settings.action_mode, "action mode")
    actions = mode.space(terms_of(env_settings).max_position)
    return NetworkDecider(build_network(settings, space, actions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """How one algorithm is set up.

    Attributes:
        make_learner: From the user's environment, the settings and the device.
        make_decider: What a learner of these agent's and environment's settings, and so many
            feature columns, would have learnt: fresh, to be given saved weights.
    """

    make_learner: Callable[[TradingEnv, AgentSettings, torch.device], Learner]
    make_decider: Callable[[AgentSettings, EnvSettings, int], Decider]


ALGORITHMS: dict[str, Algorithm] = {
    "PPO": Algorithm(make_learner=_network_learner(make_ppo), make_decider=fresh_network_decider),
    "A2C": Algorithm(make_learner=_network_learner(make_a2c), make_decider=fresh_network_decider),
}
