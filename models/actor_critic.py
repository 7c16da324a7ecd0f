"""The network of an agent: built from settings and sizes alone, its weights out and in by name.

Nothing here needs an environment or an optimiser's state, so a saved agent can be rebuilt from text
and arrays.
"""

from collections.abc import Mapping
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from config.settings import AgentSettings
from models.market_policy import MarketPolicy
from models.networks import EXTRACTORS
from models.optimizers import AccumulatingAdam
from utils.errors import ArtifactError, ConfigError
from utils.registry import lookup

HEAD_WIDTHS = (64, 64)
"""Hidden layers of the policy head and of the value head, after the shared market tower."""

ADAM_EPSILON = 1e-5


def policy_arguments(
    settings: AgentSettings, window_space: spaces.Dict | None = None
) -> dict[str, Any]:
    """Return the `policy_kwargs` of Stable-Baselines3 for these settings.

    Args:
        settings: Of the agent.
        window_space: The space of windows, for a network that is trained on indices; None: the
            network's own observation space is it.

    Raises:
        ConfigError: If there is no such feature extractor.
    """
    return {
        "features_extractor_class": lookup(
            EXTRACTORS, settings.feature_extractor, "feature extractor"
        ),
        "features_extractor_kwargs": {
            "hidden_size": settings.hidden_size,
            "window_space": window_space,
            "account_view": settings.account_view,
            "dropout": settings.dropout,
            "bf16": settings.bf16,
        },
        "share_features_extractor": True,
        "net_arch": {"pi": list(HEAD_WIDTHS), "vf": list(HEAD_WIDTHS)},
        "optimizer_class": AccumulatingAdam,
        "optimizer_kwargs": {
            "eps": ADAM_EPSILON,
            "accumulate": settings.grad_accumulation,
            "weight_decay": settings.weight_decay,
            "decoupled_weight_decay": True,
            "fused": True,
        },
    }


def build_network(
    settings: AgentSettings,
    observation_space: spaces.Dict,
    action_space: spaces.Space[Any],
    policy: type[ActorCriticPolicy] = MarketPolicy,
) -> ActorCriticPolicy:
    """Return a network with fresh weights on the CPU, as training would start from.

    Args:
        settings: Of the agent.
        observation_space: Of windows.
        action_space: Of the account's action mode.
        policy: Its class; one of sb3_contrib's kinds too.
    """
    arguments = policy_arguments(settings)
    network = policy(observation_space, action_space, lambda _: settings.learning_rate, **arguments)
    network.set_training_mode(False)
    return network


def resolve_device(name: str) -> torch.device:
    """Return the torch device for "auto", "cpu" or "cuda".

    Raises:
        ConfigError: If "cuda" is asked for and there is no usable GPU.
    """
    has_gpu = torch.cuda.is_available()
    if name == "cuda" and not has_gpu:
        raise ConfigError(
            "`device` is `cuda`, but torch finds no usable GPU here; use `cpu` or `auto`"
        )
    return torch.device("cuda" if has_gpu and name != "cpu" else "cpu")


def weights_of(network: torch.nn.Module) -> dict[str, Tensor]:
    """Return CPU copies of the weights by name; a tower that both heads share appears once."""
    return {
        name: parameter.detach().cpu().clone() for name, parameter in network.named_parameters()
    }


def load_weights(network: torch.nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Copy `weights` into `network`: exactly its names, shapes and types, all values finite.

    Args:
        network: Changed in place, only if everything fits.
        weights: As from `weights_of`.
        where: The file, for messages.

    Raises:
        ArtifactError: Naming the first weight that does not fit.
    """
    own = dict(network.named_parameters())
    odd = sorted(set(own) ^ set(weights))
    if odd:
        problem = "is missing" if odd[0] in own else "is not part of this network"
        raise ArtifactError(f"`{where}`: weight `{odd[0]}` {problem}; re-train or re-point")
    for name, parameter in own.items():
        _check_weight(name, parameter, weights[name], where)
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(weights[name])


def first_broken(weights: Mapping[str, Tensor]) -> str | None:
    """Return the name of the first weight that holds NaN or infinity, or None."""
    broken = (name for name, weight in weights.items() if not torch.isfinite(weight).all())
    return next(broken, None)


def _check_weight(name: str, own: Tensor, found: Tensor, where: str) -> None:
    if found.shape != own.shape or found.dtype != own.dtype:
        raise ArtifactError(
            f"`{where}`: weight `{name}` must be {_kind(own)}, found {_kind(found)}; "
            f"re-train or re-point"
        )
    if not torch.isfinite(found).all():
        raise ArtifactError(
            f"`{where}`: weight `{name}` holds NaN or infinity; the training had diverged, re-train"
        )


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
