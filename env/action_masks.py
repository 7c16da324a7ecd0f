"""Which actions would not be wholly denied now: for agents that choose among those only.

A mask says True for what may be chosen. It looks at the account and the bar that has closed, as the
decision itself does, and leaves both as they are.
"""

import numpy as np
from numpy.typing import NDArray

from env.actions import DECISIONS, Action, would_place
from env.kernel.types import Records
from env.step import Codes
from utils.jit import jit

Mask = NDArray[np.bool_]


def masks_of(accounts: Records, bars: Records, codes: Codes, n_actions: int) -> Mask:
    """Return which actions each account may choose at the close of its own bar, (n, n_actions).

    HOLD, and the position that is there, may always be chosen.

    Args:
        accounts: (n,) account records.
        bars: BAR_TICKS records, all of them.
        codes: Which reward, sizer and kind of action.
        n_actions: As `env.action_modes.n_actions` says.
    """
    masks = np.zeros((len(accounts), n_actions), dtype=np.bool_)
    _write_masks(accounts, bars, codes, masks)
    return masks


@jit
def _write_masks(accounts: Records, bars: Records, codes: Codes, masks: Mask) -> None:
    _, sizer, mode = codes
    largest = masks.shape[1] // 2
    for i in range(len(accounts)):
        account = accounts[i]
        bar = bars[account.bar]
        for action in range(masks.shape[1]):
            if mode == DECISIONS:
                choice, is_kept = action, action == Action.HOLD
            else:
                choice, is_kept = action - largest, action - largest == account.position
            masks[i, action] = is_kept or would_place(account, bar, sizer, mode, choice)
