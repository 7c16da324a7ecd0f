"""What may be chosen by a policy that never asks for what is there already.

In training, masks come from the accounts themselves (env/action_masks.py) and know every limit.
When it decides, a policy sees an observation alone, of which only the side that is held tells
anything: while flat, CLOSE is no action of its own; while long, BUY is none, while short, SELL.
What a limit forbids is still denied by the kernel, so that what is chosen in vain leaves the
account as HOLD would.
"""

import numpy as np
from numpy.typing import NDArray

from env.action_modes import n_actions
from env.actions import Action

SHORT, FLAT, LONG = range(3)

POINTLESS = {SHORT: Action.SELL, FLAT: Action.CLOSE, LONG: Action.BUY}


def allowed_actions(mode: str, max_position: int) -> NDArray[np.bool_]:
    """Return what a short, a flat and a long account may choose, (3, n_actions).

    Args:
        mode: Key of ACTION_MODES; where actions are positions, every one may be chosen.
        max_position: Contracts, > 0.

    Raises:
        ConfigError: If actions are not numbered.
    """
    allowed = np.ones((3, n_actions(mode, max_position)), np.bool_)
    if mode == "discrete":
        for side, action in POINTLESS.items():
            allowed[side, action] = False
    return allowed
