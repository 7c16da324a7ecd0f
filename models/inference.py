"""One observation in, one action out; where the network comes from is not asked here."""

from typing import Any, cast

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.distributions import Distribution
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from env.action_modes import Decision
from env.observation import Observation
from utils.errors import ConfigError, DataError

Allowed = NDArray[np.bool_] | None
"""(3, n_actions) what a short, a flat and a long account may choose; None: anything."""


def most_probable_action(
    network: ActorCriticPolicy, observation: Observation, allowed: Allowed = None
) -> Decision:
    """Return the network's most probable action for one observation.

    Args:
        network: An actor-critic over a Dict of arrays.
        observation: `market_features` (lookback, n_features) and `position_info` (4,), float32.
        allowed: What else is not chosen; needs a network of sb3_contrib's maskable kind.

    Raises:
        ConfigError: If keys or shapes are not those of the windows that the network was made for.
        DataError: If a value is NaN or infinite.
    """
    return _act(network, observation, allowed, deterministic=True)


def sampled_action(
    network: ActorCriticPolicy, observation: Observation, allowed: Allowed = None
) -> Decision:
    """Return an action drawn with the network's probabilities from torch's generator."""
    return _act(network, observation, allowed, deterministic=False)


def opinion_of(
    network: ActorCriticPolicy, observation: Observation, allowed: Allowed = None
) -> NDArray[np.float64]:
    """Return the probability of each action, (n_actions,), or the mean share, (1,)."""
    with torch.inference_mode():
        return opinion_in(_distribution(network, observation, allowed), network.action_space)


def opinion_in(distribution: Distribution, actions: spaces.Space[Any]) -> NDArray[np.float64]:
    """Return what a distribution of one observation says; as `opinion_of`."""
    if isinstance(actions, spaces.Box):
        return opinion_of_outputs(distribution.mode()[0].cpu().numpy(), actions)
    chances: Tensor = cast(Any, distribution).distribution.probs[0]
    return chances.cpu().numpy().astype(np.float64)


def action_in(
    distribution: Distribution, actions: spaces.Space[Any], deterministic: bool
) -> Decision:
    """Return the best action of a distribution, or a draw from torch's generator."""
    chosen = distribution.get_actions(deterministic=deterministic)
    if isinstance(actions, spaces.Box):
        return decision_of(chosen[0].cpu().numpy(), actions)
    return int(chosen.item())


def decision_of(outputs: NDArray[np.float32], actions: spaces.Space[Any]) -> Decision:
    """Return the best action of the outputs (n_actions,) of a network, or the share in (1,)."""
    if isinstance(actions, spaces.Box):
        shares: NDArray[np.float32] = np.clip(outputs, actions.low, actions.high)
        return shares
    return int(outputs.argmax())


def opinion_of_outputs(
    outputs: NDArray[np.float32], actions: spaces.Space[Any]
) -> NDArray[np.float64]:
    """Return what such outputs say; as `opinion_of`. Minus infinity is never chosen."""
    exact = outputs.astype(np.float64)
    if isinstance(actions, spaces.Box):
        return np.clip(exact, actions.low, actions.high)
    odds = np.exp(exact - exact.max())
    return np.asarray(odds / odds.sum())


def as_batch(network: ActorCriticPolicy, observation: Observation) -> dict[str, Tensor]:
    """Return the observation as a batch of one on the network's device; errors as above."""
    expected = cast(spaces.Dict, network.window_space)
    arrays = cast(dict[str, np.ndarray], observation)
    if set(observation) != set(expected.spaces):
        raise ConfigError(
            f"the observation must have the keys {sorted(expected.spaces)}, "
            f"had {sorted(observation)}"
        )
    return {
        key: torch.as_tensor(
            checked_array(key, arrays[key], space.shape)[None], device=network.device
        )
        for key, space in expected.spaces.items()
    }


def _act(
    network: ActorCriticPolicy, observation: Observation, allowed: Allowed, deterministic: bool
) -> Decision:
    with torch.inference_mode():
        distribution = _distribution(network, observation, allowed)
        return action_in(distribution, network.action_space, deterministic)


def _distribution(
    network: ActorCriticPolicy, observation: Observation, allowed: Allowed
) -> Distribution:
    tensors = as_batch(network, observation)
    network.set_training_mode(False)
    distribution = network.get_distribution(tensors)
    if allowed is not None:
        side = int(np.sign(observation["position_info"][0]))
        cast(Any, distribution).apply_masking(allowed[1 + side])
    return distribution


def checked_array(key: str, values: np.ndarray, shape: tuple[int, ...] | None) -> np.ndarray:
    """Return one array of an observation as float32.

    Raises:
        ConfigError: If it has another shape.
        DataError: If it holds NaN or infinity.
    """
    array = np.asarray(values, dtype=np.float32)
    if array.shape != shape:
        raise ConfigError(
            f"`{key}` of the observation must have shape {shape}, had {array.shape}; "
            f"was the model trained with another lookback or other features?"
        )
    if not np.isfinite(array).all():
        raise DataError(f"`{key}` of the observation holds NaN or infinity")
    return array
