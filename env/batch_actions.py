"""The actions of many environments, all checked before any of them moves.

What one action means is left to env.action_modes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from env.action_modes import ACTION_MODES, targets_of_shares
from env.actions import N_ACTIONS
from utils.errors import ConfigError
from utils.jit import lean_jit

ALL_INSIDE = -1


def choices_of(actions: Any, mode: str, max_position: int, n_envs: int) -> NDArray[np.int64]:
    """Return what compiled code takes for the actions: a choice each, (n_envs,).

    Args:
        actions: (n_envs,) whole numbers; in mode "continuous" (n_envs, 1) or (n_envs,) shares.
        mode: Key of ACTION_MODES.
        max_position: Largest position either way, contracts.
        n_envs: How many actions there must be.

    Raises:
        ConfigError: If there are more or fewer, or one is none; it names the first such one.
    """
    given = np.asarray(actions)
    if mode == "continuous":
        shares = _checked(given, "iuf", n_envs, "numbers").astype(np.float64).reshape(n_envs)
        _refuse_outside(shares, (-1.0, 1.0), given, (mode, max_position))
        return targets_of_shares(shares, max_position)
    numbers = _checked(given, "iu", n_envs, "whole numbers").astype(np.int64)
    if mode == "discrete":
        _refuse_outside(numbers, (0, N_ACTIONS - 1), given, (mode, max_position))
        return numbers
    _refuse_outside(numbers, (0, 2 * max_position), given, (mode, max_position))
    return numbers - max_position


def _checked(given: NDArray[Any], kinds: str, n_envs: int, what: str) -> NDArray[Any]:
    """Return the array, if its shape and its kind of numbers are those of actions."""
    is_column = given.shape == (n_envs, 1) and "f" in kinds
    if (given.shape == (n_envs,) or is_column) and given.dtype.kind in kinds:
        return given
    raise ConfigError(
        f"actions must be an array of {n_envs} {what}, one for each environment, was "
        f"{given.dtype} of shape {given.shape}"
    )


def _refuse_outside(
    numbers: NDArray[Any],
    bounds: tuple[float, float],
    given: NDArray[Any],
    mode: tuple[str, int],
) -> None:
    """Refuse the first action that is not in `bounds`, in the words of its mode."""
    place = first_outside(numbers, bounds[0], bounds[1])
    if place == ALL_INSIDE:
        return
    name, max_position = mode
    try:
        ACTION_MODES[name].reader(max_position)(given[place].tolist())
    except ConfigError as error:
        raise ConfigError(f"environment {place}: {error}") from None
    raise AssertionError("an action outside the bounds was read")


@lean_jit
def first_outside(numbers: NDArray[Any], low: float, high: float) -> int:
    """Return the place of the first number not in [low, high], NaN being none, or ALL_INSIDE."""
    for i in range(len(numbers)):
        if not low <= numbers[i] <= high:
            return i
    return ALL_INSIDE
