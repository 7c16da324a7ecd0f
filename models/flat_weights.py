"""Weights by which a network stays flat, or goes flat, whatever it sees.

Nothing can be learnt from there on: who trains further goes back to the weights of before.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from config.settings import EnvSettings
from env.actions import Action

HEAD = ("action_net.weight", "action_net.bias")
SPREAD = "log_std"

FLAT, NEXT = 30.0, 15.0
"""Logits of being flat, and of HOLD, for where CLOSE is not offered; the others' are zero.

So large that of thousands of others none has a share worth speaking of, in draws and in ensembles.
"""

NARROW = -12.0
"""Logarithm of the deviation of a share wanted, around zero."""


def flat_weights(weights: Mapping[str, Tensor], settings: EnvSettings) -> dict[str, Tensor]:
    """Return weights with another action head: one that wants no position.

    Args:
        weights: Of an actor-critic network, by name.
        settings: The account, whose actions these are.

    Returns:
        The same, but for the action head.
    """
    matrix, bias = (torch.zeros_like(weights[name]) for name in HEAD)
    if settings.action_mode == "discrete":
        bias[Action.CLOSE], bias[Action.HOLD] = FLAT, NEXT
    elif settings.action_mode == "contracts":
        bias[len(bias) // 2] = FLAT  # as many positions short of it as long
    spread = {SPREAD: torch.full_like(weights[SPREAD], NARROW)} if SPREAD in weights else {}
    return {**weights, HEAD[0]: matrix, HEAD[1]: bias, **spread}
