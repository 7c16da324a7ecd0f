"""The learning algorithms, each made from settings alone.

PPO takes every setting. A2C learns once from each rollout, so `n_epochs` and `clip_range` have no
meaning there, and its rollout is one batch: `batch_size // n_envs` steps of each copy, whatever
`n_steps` says. Both use Adam with gradient accumulation, and normalised advantages. They learn on
the indices of the market's rows, whose features their network looks up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from sb3_contrib import MaskablePPO, RecurrentPPO
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv

from config.settings import AgentSettings, EnvSettings
from env.action_modes import ACTION_MODES, n_actions
from env.observation import observation_space
from env.terms import terms_of
from env.trading_env import TradingEnv
from models.actor_critic import build_network, policy_arguments
from models.decider import Decider
from models.exact_gradient import ExactPolicyGradient
from models.exact_setup import make_epg
from models.grouped_buffer import GroupedRolloutBuffer
from models.learner import Learner, NetworkLearner
from models.market_extractor import MarketExtractor
from models.market_policy import MarketPolicy
from models.masked_policy import MaskedMarketPolicy, masked_decider
from models.network_decider import NetworkDecider
from models.recurrent_decider import RecurrentDecider
from models.recurrent_policy import RecurrentMarketPolicy, index_sequences
from models.signal_learner import SignalLearner, fresh_signal_decider
from models.training_env import make_vec_env, window_space
from utils.errors import ConfigError
from utils.registry import lookup


def make_ppo(venv: VecEnv, settings: AgentSettings, device: torch.device) -> OnPolicyAlgorithm:
    """Return PPO (Schulman et al. 2017).

    Raises:
        ConfigError: If `batch_size` does not divide the rollout of `n_envs * n_steps` samples, or
            is no multiple of `shared_paths`.
    """
    if settings.batch_size % settings.shared_paths:
        raise ConfigError(
            f"`batch_size` must be a multiple of `shared_paths` ({settings.shared_paths}), was "
            f"{settings.batch_size}: all that walk one path learn from a bar together"
        )
    return PPO(
        MarketPolicy,
        venv,
        rollout_buffer_class=GroupedRolloutBuffer,
        rollout_buffer_kwargs={"shared_paths": settings.shared_paths},
        **_ppo_arguments(venv, settings, device),
    )


def make_maskable_ppo(
    venv: VecEnv, settings: AgentSettings, device: torch.device
) -> OnPolicyAlgorithm:
    """Return PPO that is offered only the actions that would not be denied (Huang, Ontanon 2020).

    Raises:
        ConfigError: If actions are not numbered, or as for PPO.
    """
    account = venv.get_attr("settings")[0]
    n_actions(account.action_mode, terms_of(account).max_position)  # refuses shares
    return MaskablePPO(MaskedMarketPolicy, venv, **_ppo_arguments(venv, settings, device))


def make_recurrent_ppo(
    venv: VecEnv, settings: AgentSettings, device: torch.device
) -> OnPolicyAlgorithm:
    """Return PPO whose network has an LSTM behind the tower, which remembers the episode.

    Raises:
        ConfigError: As for PPO.
    """
    algorithm = RecurrentPPO(RecurrentMarketPolicy, venv, **_ppo_arguments(venv, settings, device))
    algorithm.rollout_buffer = index_sequences(algorithm)
    return algorithm


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
        MarketPolicy,
        venv,
        n_steps=n_steps,
        use_rms_prop=False,
        normalize_advantage=True,
        **common_arguments(venv, settings, device),
    )


def _ppo_arguments(venv: VecEnv, settings: AgentSettings, device: torch.device) -> dict[str, Any]:
    """Return what every kind of PPO is given.

    Raises:
        ConfigError: If `batch_size` does not divide the rollout of `n_envs * n_steps` samples.
    """
    rollout = settings.n_envs * settings.n_steps
    if rollout % settings.batch_size:
        raise ConfigError(
            f"`batch_size` must divide n_envs * n_steps ({rollout}), was {settings.batch_size}; "
            f"try {_divisor_below(rollout, settings.batch_size)}"
        )
    return {
        "n_steps": settings.n_steps,
        "batch_size": settings.batch_size,
        "n_epochs": settings.n_epochs,
        "clip_range": settings.clip_range,
        **common_arguments(venv, settings, device),
    }


def common_arguments(venv: VecEnv, settings: AgentSettings, device: torch.device) -> dict[str, Any]:
    """Return what every algorithm on the environments of `make_vec_env` is given."""
    return {
        "learning_rate": settings.learning_rate,
        "gamma": settings.gamma,
        "gae_lambda": settings.gae_lambda,
        "ent_coef": settings.ent_coef,
        "policy_kwargs": policy_arguments(settings, window_space(venv)),
        "seed": settings.seed,
        "device": device,
        "verbose": 0,
    }


def attach_market(network: ActorCriticPolicy, venv: VecEnv) -> None:
    """Let the network look up the rows that the observations of `venv` count."""
    features = venv.get_attr("market")[0].features
    for module in network.modules():
        if isinstance(module, MarketExtractor):
            module.attach(features)


def _divisor_below(number: int, bound: int) -> int:
    """Return the largest divisor of `number` that is <= `bound`."""
    return next(
        candidate for candidate in range(min(bound, number), 0, -1) if number % candidate == 0
    )


class MakeDecider(Protocol):
    """Makes what decides, for so many columns of features and of forecasts."""

    def __call__(
        self,
        settings: AgentSettings,
        env_settings: EnvSettings,
        n_columns: int,
        n_forecasts: int = 0,
        /,
    ) -> Decider:
        """Return what decides, fresh."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """How one algorithm is set up.

    Attributes:
        make_learner: From the user's environment, the settings and the device.
        make_decider: What a learner of these agent's and environment's settings would have learnt:
            fresh, to be given saved weights.
    """

    make_learner: Callable[[TradingEnv, AgentSettings, torch.device], Learner]
    make_decider: MakeDecider


def _deciding(algorithm: OnPolicyAlgorithm) -> ActorCriticPolicy:
    """Return the network that decides: the one that learns, or the mean of its weights."""
    return algorithm.average if isinstance(algorithm, ExactPolicyGradient) else algorithm.policy


def _plain_decider(network: ActorCriticPolicy, settings: EnvSettings) -> Decider:
    return NetworkDecider(network)


def _network_algorithm(
    make: Callable[[VecEnv, AgentSettings, torch.device], OnPolicyAlgorithm],
    policy: type[ActorCriticPolicy] = MarketPolicy,
    decider_of: Callable[[ActorCriticPolicy, EnvSettings], Decider] = _plain_decider,
) -> Algorithm:
    """Return an algorithm that steps through environments and learns a network.

    Args:
        make: Makes it, on the environments of `make_vec_env`.
        policy: The class of its network.
        decider_of: From the network and the account to what decides.
    """

    def make_learner(env: TradingEnv, settings: AgentSettings, device: torch.device) -> Learner:
        venv = make_vec_env(env, settings)
        algorithm = make(venv, settings, device)
        attach_market(algorithm.policy, venv)
        decider = decider_of(_deciding(algorithm), env.settings)
        return NetworkLearner(algorithm, settings, env, decider)

    def make_decider(
        settings: AgentSettings, env_settings: EnvSettings, n_columns: int, n_forecasts: int = 0
    ) -> Decider:
        space = observation_space(env_settings.lookback_window, n_columns, n_forecasts)
        mode = lookup(ACTION_MODES, env_settings.action_mode, "action mode")
        actions = mode.space(terms_of(env_settings).max_position)
        return decider_of(build_network(settings, space, actions, policy), env_settings)

    return Algorithm(make_learner=make_learner, make_decider=make_decider)


def _signal_learner(env: TradingEnv, settings: AgentSettings, device: torch.device) -> Learner:
    return SignalLearner(env, settings)


ALGORITHMS: dict[str, Algorithm] = {
    "PPO": _network_algorithm(make_ppo),
    "A2C": _network_algorithm(make_a2c),
    "MaskablePPO": _network_algorithm(make_maskable_ppo, MaskedMarketPolicy, masked_decider),
    "RecurrentPPO": _network_algorithm(make_recurrent_ppo, RecurrentMarketPolicy, RecurrentDecider),
    "EPG": _network_algorithm(make_epg),
    "DP": Algorithm(make_learner=_signal_learner, make_decider=fresh_signal_decider),
}
