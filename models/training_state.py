"""All that a training needs to go on as if it had never stopped: taken out between two rollouts.

Network, optimiser, environments, what was last seen, and the random generators, which are those of
the agent while it learns. How it lies on disk is left to `models.checkpoint`.
"""

import random
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from torch import Tensor

from models.actor_critic import load_weights, weights_of
from models.checkpoint import OwnState
from models.optimizers import AccumulatingAdam
from models.prefixed import part_of, with_prefix
from utils.errors import ArtifactError

Arrays = dict[str, NDArray[Any]]
Values = dict[str, Any]

WEIGHT, ADAM, SUM, ENV = "weight.", "optimizer.", "gradient_sum.", "env."
OBSERVATION, MEMORY, OWN = "observation.", "memory.", "own."
STARTS, TORCH, NUMPY, CUDA = "episode_starts", "random.torch", "random.numpy", "random.cuda"
"""What the names of the arrays begin with, or are."""


@runtime_checkable
class Restorable(Protocol):
    """Environments whose whole state can be taken out and put back."""

    def snapshot(self) -> tuple[Arrays, Values]:
        """Return arrays by name, and JSON values."""
        ...

    def restore(self, arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any]) -> None:
        """Go on from what `snapshot` returned."""
        ...


def state_of(algorithm: OnPolicyAlgorithm) -> tuple[Arrays, Values]:
    """Return the state of an algorithm between two rollouts: arrays by name, and JSON values."""
    arrays, values = _random_state()
    arrays |= arrays_named(WEIGHT, weights_of(algorithm.policy))
    arrays |= _optimizer_arrays(algorithm.policy.optimizer, values)
    arrays |= _memory_arrays(algorithm)
    if isinstance(algorithm, OwnState):
        arrays |= arrays_named(OWN, algorithm.own_arrays())
    if isinstance(algorithm.env, Restorable):
        env_arrays, values["env"] = algorithm.env.snapshot()
        arrays |= with_prefix(env_arrays, ENV)
    values["num_timesteps"] = algorithm.num_timesteps
    values["n_updates"] = algorithm._n_updates
    values["progress_remaining"] = algorithm._current_progress_remaining
    episodes = algorithm.ep_info_buffer or ()
    values["episodes"] = [{"r": float(each["r"]), "l": int(each["l"])} for each in episodes]
    return arrays, values


def put_state(
    algorithm: OnPolicyAlgorithm, arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any]
) -> None:
    """Let an algorithm, made of the same settings, go on from what `state_of` returned.

    Raises:
        ArtifactError: If the state is not that of such an algorithm.
    """
    try:
        _put(algorithm, arrays, values)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ArtifactError(
            f"the checkpoint does not hold the state of {type(algorithm).__name__} ({error}); "
            f"train anew"
        ) from error


def _put(
    algorithm: OnPolicyAlgorithm, arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any]
) -> None:
    load_weights(algorithm.policy, tensors_named(WEIGHT, arrays), "the checkpoint")
    _put_optimizer(algorithm.policy.optimizer, arrays, values)
    _put_memory(algorithm, arrays)
    if isinstance(algorithm, OwnState):
        algorithm.set_own_arrays(tensors_named(OWN, arrays))
    if isinstance(algorithm.env, Restorable):
        algorithm.env.restore(part_of(arrays, ENV), values["env"])
    algorithm.num_timesteps = values["num_timesteps"]
    algorithm._n_updates = values["n_updates"]
    algorithm._current_progress_remaining = values["progress_remaining"]
    algorithm.ep_info_buffer = deque(values["episodes"], maxlen=algorithm._stats_window_size)
    algorithm.ep_success_buffer = deque(maxlen=algorithm._stats_window_size)
    _put_random_state(arrays, values)


def _optimizer_arrays(optimizer: torch.optim.Optimizer, values: Values) -> Arrays:
    """Return the moments, by parameter number; add the numbers to `values`."""
    state = optimizer.state_dict()["state"]
    moments = {
        f"{number}.{name}": value
        for number, entries in state.items()
        for name, value in entries.items()
    }
    arrays = arrays_named(ADAM, moments)
    if isinstance(optimizer, AccumulatingAdam):
        values["optimizer_calls"], sums = optimizer.pending()
        arrays |= arrays_named(SUM, {str(number): total for number, total in sums.items()})
    return arrays


def _put_optimizer(
    optimizer: torch.optim.Optimizer,
    arrays: Mapping[str, NDArray[Any]],
    values: Mapping[str, Any],
) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors_named(ADAM, arrays).items():
        number, entry = name.split(".", 1)
        state.setdefault(int(number), {})[entry] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    if isinstance(optimizer, AccumulatingAdam):
        sums = {int(number): total for number, total in tensors_named(SUM, arrays).items()}
        optimizer.restore_pending(values["optimizer_calls"], sums)


def _memory_arrays(algorithm: OnPolicyAlgorithm) -> Arrays:
    """Return what the algorithm last saw, whose episodes begin there, and a recurrent state."""
    arrays: Arrays = {}
    if algorithm._last_obs is not None:
        observation: Any = algorithm._last_obs
        arrays |= {OBSERVATION + name: array for name, array in observation.items()}
    if algorithm._last_episode_starts is not None:
        arrays[STARTS] = np.asarray(algorithm._last_episode_starts)
    if isinstance(algorithm, RecurrentPPO):
        states = algorithm._last_lstm_states
        parts = {"pi.0": states.pi[0], "pi.1": states.pi[1], "vf.0": states.vf[0]}
        arrays |= arrays_named(MEMORY, parts | {"vf.1": states.vf[1]})
    return arrays


def _put_memory(algorithm: OnPolicyAlgorithm, arrays: Mapping[str, NDArray[Any]]) -> None:
    observation = part_of(arrays, OBSERVATION)
    if observation:
        algorithm._last_obs = {name: array.copy() for name, array in observation.items()}
    if STARTS in arrays:
        algorithm._last_episode_starts = arrays[STARTS].copy()
    if isinstance(algorithm, RecurrentPPO):
        own = tensors_named(MEMORY, arrays)
        parts = {name: part.to(algorithm.device) for name, part in own.items()}
        algorithm._last_lstm_states = RNNStates(
            (parts["pi.0"], parts["pi.1"]), (parts["vf.0"], parts["vf.1"])
        )


def _random_state() -> tuple[Arrays, Values]:
    """Return where torch's, numpy's and Python's generators are."""
    _, keys, position, has_gauss, gauss = np.random.get_state()
    version, numbers, last_gauss = random.getstate()
    arrays = {TORCH: torch.get_rng_state().numpy().copy(), NUMPY: np.asarray(keys).copy()}
    if torch.cuda.is_available():
        arrays[CUDA] = torch.cuda.get_rng_state().numpy().copy()
    values = {
        "numpy_random": [int(position), int(has_gauss), float(gauss)],
        "python_random": [version, list(numbers), last_gauss],
    }
    return arrays, values


def _put_random_state(arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any]) -> None:
    position, has_gauss, gauss = values["numpy_random"]
    version, numbers, last_gauss = values["python_random"]
    torch.set_rng_state(torch.from_numpy(arrays[TORCH].copy()))
    np.random.set_state(("MT19937", arrays[NUMPY], position, has_gauss, gauss))
    random.setstate((version, tuple(numbers), last_gauss))
    if CUDA in arrays and torch.cuda.is_available():
        torch.cuda.set_rng_state(torch.from_numpy(arrays[CUDA].copy()))


def arrays_named(prefix: str, tensors: Mapping[str, Tensor]) -> Arrays:
    """Return copies of the tensors' values, with a prefix to their names."""
    return {
        prefix + name: np.array(tensor.detach().cpu().numpy()) for name, tensor in tensors.items()
    }


def tensors_named(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """Return copies of the arrays whose names begin so, by the rest of the name."""
    return {name: torch.from_numpy(array.copy()) for name, array in part_of(arrays, prefix).items()}
