"""The last layers of a policy network for one observation, once the market's part is known.

float32 as in torch, but summed input after input, so that the last bits may differ.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from utils.jit import jit

Floats = NDArray[np.float32]


class Head(NamedTuple):
    """Two layers of tanh and one of outputs; weights have a row for each input, C-contiguous.

    Attributes:
        account: (n_account, first) weights of `position_info` in the first layer.
        hidden: (first, second) weights of the second layer.
        hidden_bias: (second,)
        output: (second, n_outputs) weights of the outputs.
        output_bias: (n_outputs,)
    """

    account: Floats
    hidden: Floats
    hidden_bias: Floats
    output: Floats
    output_bias: Floats


@jit
def head_outputs(market_part: Floats, position_info: Floats, head: Head) -> Floats:
    """Return the outputs of the network, (n_outputs,): logits, or the mean share.

    Args:
        market_part: (first,) what the first layer gets from the market, its bias included.
        position_info: (n_account,)
        head: The layers.
    """
    first = _tanh(_dense(market_part, position_info, head.account))
    second = _tanh(_dense(head.hidden_bias, first, head.hidden))
    return _dense(head.output_bias, second, head.output)


@jit
def best_action(
    market_part: Floats, position_info: Floats, head: Head, allowed: NDArray[np.bool_]
) -> int:
    """Return the first of the allowed actions with the largest output.

    Args:
        market_part: As for `head_outputs`.
        position_info: As for `head_outputs`; its first number is the position.
        head: The layers.
        allowed: (3, n_outputs) what a short, a flat and a long account may choose.
    """
    outputs = head_outputs(market_part, position_info, head)
    side = 1 + (position_info[0] > 0) - (position_info[0] < 0)
    best = -1
    for action in range(len(outputs)):
        if allowed[side, action] and (best < 0 or outputs[action] > outputs[best]):
            best = action
    return best


@jit
def _dense(start: Floats, inputs: Floats, weights: Floats) -> Floats:
    """Return `start` + `inputs` @ `weights`; the inner loop runs along memory."""
    sums = start.copy()
    for i in range(len(inputs)):
        for j in range(len(sums)):
            sums[j] += inputs[i] * weights[i, j]
    return sums


@jit
def _tanh(values: Floats) -> Floats:
    """Return the hyperbolic tangent of each, in place; of float64, as uncompiled Python's is."""
    for j in range(len(values)):
        values[j] = math.tanh(np.float64(values[j]))
    return values
