"""One observation in, one action out; where the network comes from is not asked here."""

from typing import cast

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from env.action_modes import Decision
from env.observation import Observation
from utils.errors import ConfigError, DataError


def most_probable_action(network: ActorCriticPolicy, observation: Observation) -> Decision:
    """Return the network's most probable action for one observation.

    Args:
        network: An actor-critic over a Dict of arrays.
        observation: `market_features` (lookback, n_features) and `position_info` (4,), float32.

    Raises:
        ConfigError: If keys or shapes are not those of the network's own observation space.
        DataError: If a value is NaN or infinite.
    """
    return _act(network, observation, deterministic=True)


def sampled_action(network: ActorCriticPolicy, observation: Observation) -> Decision:
    """Return an action drawn with the network's probabilities from torch's generator."""
    return _act(network, observation, deterministic=False)


def _act(network: ActorCriticPolicy, observation: Observation, deterministic: bool) -> Decision:
    tensors = as_batch(network, observation)
    network.set_training_mode(False)
    with torch.inference_mode():
        actions = network.get_distribution(tensors).get_actions(deterministic=deterministic)
    if isinstance(network.action_space, spaces.Box):
        shares = actions[0].cpu().numpy()
        return np.clip(shares, network.action_space.low, network.action_space.high)
    return int(actions.item())


def as_batch(network: ActorCriticPolicy, observation: Observation) -> dict[str, Tensor]:
    """Return the observation as a batch of one on the network's device; errors as above."""
    expected = cast(spaces.Dict, network.observation_space)
    arrays = cast(dict[str, np.ndarray], observation)
    if set(observation) != set(expected.spaces):
        raise ConfigError(
            f"the observation must have the keys {sorted(expected.spaces)}, "
            f"had {sorted(observation)}"
        )
    return {
        key: torch.as_tensor(_checked(key, arrays[key], space.shape)[None], device=network.device)
        for key, space in expected.spaces.items()
    }


def _checked(key: str, values: np.ndarray, shape: tuple[int, ...] | None) -> np.ndarray:
    array = np.asarray(values, dtype=np.float32)
    if array.shape != shape:
        raise ConfigError(
            f"`{key}` of the observation must have shape {shape}, had {array.shape}; "
            f"was the model trained with another lookback or other features?"
        )
    if not np.isfinite(array).all():
        raise DataError(f"`{key}` of the observation holds NaN or infinity")
    return array
