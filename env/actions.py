"""What an agent may decide at a bar's close, and which order that becomes."""

import operator
from enum import IntEnum
from typing import SupportsIndex

import numpy as np
from gymnasium import spaces

from env.kernel.limits import permitted_quantity
from env.kernel.names import Denial, Reason
from env.kernel.orders import place_market_order
from env.position_sizer import contracts_of
from utils.errors import ConfigError
from utils.jit import lean_jit


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


ACTION_CODES = {"discrete": 0, "contracts": 1, "continuous": 1}
"""How compiled code reads a choice: as an Action (0), or as a signed target position (1)."""

DECISIONS = 0


@lean_jit
def decide(account: np.record, bar: np.record, sizer: int, mode: int, choice: int) -> None:
    """Place the market order that a choice at the close of `bar` becomes, as far as it may go out.

    Args:
        account: Account record at that close; its `denial` says what was denied, and why.
        bar: BAR_TICKS record.
        sizer: One of SIZER_CODES.
        mode: One of ACTION_CODES.
        choice: One of Action, or a signed target position.
    """
    quantity = allowed_quantity(account, bar, sizer, mode, choice)
    place_market_order(account, quantity, Reason.SIGNAL)


@lean_jit
def allowed_quantity(account: np.record, bar: np.record, sizer: int, mode: int, choice: int) -> int:
    """Return the signed contracts that a choice may send out; arguments as for `decide`.

    `account.denial` says what was denied, if anything, and `account.n_denied` counts it once,
    whether the sizer or a limit denied; nothing else changes.
    """
    n_denied = account.n_denied
    account.denial = Denial.NONE
    if mode == DECISIONS:
        quantity = order_quantity(account, bar, sizer, choice)
    else:
        quantity = choice - account.position
    quantity = permitted_quantity(account, bar.flag_bits, quantity)
    account.n_denied = n_denied + (account.denial != Denial.NONE)
    return int(quantity)


@lean_jit
def would_place(account: np.record, bar: np.record, sizer: int, mode: int, choice: int) -> bool:
    """Return whether `decide` would place anything; the account stays as it is."""
    denial, n_denied = account.denial, account.n_denied
    quantity = allowed_quantity(account, bar, sizer, mode, choice)
    account.denial, account.n_denied = denial, n_denied
    return quantity != 0


@lean_jit
def order_quantity(account: np.record, bar: np.record, sizer: int, action: int) -> int:
    """Return the signed contracts to trade at the next open, 0 for none.

    BUY while long and SELL while short hold what is there. BUY while short is one order that both
    closes and opens; where the sizer opens nothing it closes.

    Args:
        account: Account record at the close of `bar`; a sizer that says 0 writes its `denial`.
        bar: BAR_TICKS record.
        sizer: One of SIZER_CODES; asked only where something would be opened.
        action: One of Action.
    """
    position = int(account.position)
    if action == Action.CLOSE:
        return -position
    if action == Action.BUY and position <= 0:
        return contracts_of(sizer, account, bar) - position
    if action == Action.SELL and position >= 0:
        return -contracts_of(sizer, account, bar) - position
    return 0
