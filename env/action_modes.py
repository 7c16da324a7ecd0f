"""How an agent says what it wants: one of four decisions, a position, or a share of the largest.

Here an action becomes the whole number that compiled code takes as a choice. What that does is left
to env.actions.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, SupportsIndex

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from env.actions import action_space, checked_action
from utils.errors import ConfigError

Reader = Callable[[Any], int]
"""From an action to the choice; refuses what is none with a ConfigError."""


Decision = int | NDArray[np.float32]
"""An action: numbered, or shape (1,) in the continuous mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionMode:
    """One way to act.

    Attributes:
        space: From the largest position, contracts, to the space of the actions.
        reader: From the largest position to what reads an action of that space.
    """

    space: Callable[[int], spaces.Space[Any]]
    reader: Callable[[int], Reader]


def target_of_number(max_position: int, action: SupportsIndex) -> int:
    """Return the signed target position of a numbered action: 0 is the largest short.

    Raises:
        ConfigError: If it is no whole number in [0, 2 max_position].
    """
    try:
        number = operator.index(action)
    except TypeError:
        number = -1
    if 0 <= number <= 2 * max_position:
        return number - max_position
    raise ConfigError(
        f"an action must be a whole number in [0, {2 * max_position}], the position wanted plus "
        f"{max_position}; was {action!r}"
    )


def target_of_share(max_position: int, action: object) -> int:
    """Return the signed target position of a share of the largest, halves away from zero.

    Args:
        max_position: Contracts, > 0.
        action: One number in [-1, 1], by itself or as an array of one.

    Raises:
        ConfigError: If it is something else, NaN included.
    """
    given = np.asarray(action)
    if given.size == 1 and given.dtype.kind in "fiu":
        share = float(given.item())
        if -1.0 <= share <= 1.0:
            size = math.floor(abs(share) * max_position + 0.5)
            return size if share > 0 else -size
    raise ConfigError(f"an action must be one number in [-1, 1]; was {action!r}")


def targets_of_shares(shares: NDArray[np.floating], max_position: int) -> NDArray[np.int64]:
    """Return what `target_of_share` does for each of many shares in [-1, 1], same shape.

    Float64 throughout, or else 0.7 of 5 contracts would be 4 here, and 3 there.
    """
    exact = shares.astype(np.float64)
    return np.copysign(np.floor(np.abs(exact) * max_position + 0.5), exact).astype(np.int64)


def _decision_space(max_position: int) -> spaces.Space[Any]:
    return action_space()


def _number_space(max_position: int) -> spaces.Space[Any]:
    return spaces.Discrete(2 * max_position + 1)


def _share_space(max_position: int) -> spaces.Space[Any]:
    return spaces.Box(-1.0, 1.0, (1,), np.float32)


def _decision_reader(max_position: int) -> Reader:
    return checked_action


def _number_reader(max_position: int) -> Reader:
    return partial(target_of_number, max_position)


def _share_reader(max_position: int) -> Reader:
    return partial(target_of_share, max_position)


ACTION_MODES = {
    "discrete": ActionMode(space=_decision_space, reader=_decision_reader),
    "contracts": ActionMode(space=_number_space, reader=_number_reader),
    "continuous": ActionMode(space=_share_space, reader=_share_reader),
}
"""Keys as those of env.actions.ACTION_CODES."""


def n_actions(mode: str, max_position: int) -> int:
    """Return how many actions a mode has.

    Raises:
        ConfigError: If they are not numbered.
    """
    space = ACTION_MODES[mode].space(max_position)
    if isinstance(space, spaces.Discrete):
        return int(space.n)
    raise ConfigError(
        f'`action_mode` "{mode}" has no numbered actions, and no masks; choose "discrete" or '
        '"contracts"'
    )
