"""What an agent may decide at a bar's close, and which order that becomes."""

import operator
from enum import IntEnum
from typing import SupportsIndex

import numpy as np
from gymnasium import spaces

from utils.errors import ConfigError
from utils.jit import jit


class Action(IntEnum):
    """HOLD what is; BUY to be long, SELL to be short, reversing if need be; CLOSE to be flat."""

    HOLD = 0
    BUY = 1
    SELL = 2
    CLOSE = 3


N_ACTIONS = len(Action)


def action_space() -> spaces.Discrete:
    """Return the space of the actions."""
    return spaces.Discrete(N_ACTIONS)


def checked_action(action: SupportsIndex) -> int:
    """Return `action` as a plain integer.

    Raises:
        ConfigError: If it is no whole number in [0, 3].
    """
    try:
        choice = operator.index(action)
    except TypeError:
        choice = -1
    if 0 <= choice < N_ACTIONS:
        return choice
    names = ", ".join(f"{member.value} {member.name}" for member in Action)
    raise ConfigError(f"an action must be a whole number of {names}; was {action!r}")


@jit
def order_quantity(action: int, account: np.record, contracts: int) -> int:
    """Return the signed contracts to trade at the next open, 0 for none.

    BUY while long and SELL while short hold what is there. BUY while short is one order that both
    closes and opens.

    Args:
        action: One of Action.
        account: ACCOUNT record at the close of the decision bar.
        contracts: Size of a new position, unsigned.
    """
    position = int(account.position)
    if action == Action.CLOSE:
        return -position
    if action == Action.BUY and position <= 0:
        return contracts - position
    if action == Action.SELL and position >= 0:
        return -contracts - position
    return 0
