"""Layers of a network for one row, in float64: sums in a fixed order, whatever rows stand beside.

A library's matrix product sums in an order that depends on how many rows there are, which would
change the last bit of a forecast made live.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from utils.jit import inner_jit, lean_jit

Floats = NDArray[np.float64]


class Layer(NamedTuple):
    """One linear layer.

    Attributes:
        weights: (n_inputs, n_outputs), C-contiguous.
        bias: (n_outputs,)
    """

    weights: Floats
    bias: Floats


class GatedResidual(NamedTuple):
    """A gated residual network of width d: see `gated_residual`.

    Attributes:
        inner: (n_inputs, d) layer.
        gates: (d, 2 d) layer: gates, then what they let through.
        gain: (d,) of the normalisation.
        shift: (d,) of the normalisation.
    """

    inner: Layer
    gates: Layer
    gain: Floats
    shift: Floats


NORM_EPSILON = 1e-5
"""Added to the variance, as torch does."""


@inner_jit
def dense(inputs: Floats, layer: Layer, outputs: Floats) -> None:
    """Set `outputs` (n_outputs,) to bias + inputs @ weights; the inner loop runs along memory."""
    for j in range(len(outputs)):
        outputs[j] = layer.bias[j]
    for i in range(len(inputs)):
        for j in range(len(outputs)):
            outputs[j] += inputs[i] * layer.weights[i, j]


@inner_jit
def elu(values: Floats) -> None:
    """Let each value below zero be exp(value) - 1, in place."""
    for j in range(len(values)):
        if values[j] < 0.0:
            values[j] = math.expm1(values[j])


@inner_jit
def sigmoid(value: float) -> float:
    """Return 1 / (1 + exp(-value)), which no value overflows."""
    if value < 0.0:
        grown = math.exp(value)
        return grown / (1.0 + grown)
    return 1.0 / (1.0 + math.exp(-value))


@inner_jit
def softplus(value: float) -> float:
    """Return log(1 + exp(value)), which no value overflows."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


@inner_jit
def normalise(values: Floats, gain: Floats, shift: Floats) -> None:
    """Bring values to mean 0 and variance 1, then times gain plus shift, in place."""
    mean = 0.0
    for j in range(len(values)):
        mean += values[j]
    mean /= len(values)
    variance = 0.0
    for j in range(len(values)):
        variance += (values[j] - mean) ** 2
    deviation = math.sqrt(variance / len(values) + NORM_EPSILON)
    for j in range(len(values)):
        values[j] = (values[j] - mean) / deviation * gain[j] + shift[j]


@inner_jit
def gated_residual(inputs: Floats, skip: Floats, net: GatedResidual, work: Floats) -> None:
    """Add to `skip` (d,) what its gates let through of the inputs, and normalise it, in place.

    Source: Lim et al. (2021), Temporal Fusion Transformers, equations 2 to 5; its second linear
    layer is taken into that of the gates, since nothing bends between the two.

    Args:
        inputs: (n_inputs,)
        skip: (d,) the residual; becomes the output.
        net: The layers.
        work: (3 d,) memory to work in.
    """
    width = len(skip)
    hidden, gates = work[:width], work[width : 3 * width]
    dense(inputs, net.inner, hidden)
    elu(hidden)
    dense(hidden, net.gates, gates)
    for j in range(width):
        skip[j] += sigmoid(gates[j]) * gates[width + j]
    normalise(skip, net.gain, net.shift)


@inner_jit
def rising(values: Floats) -> None:
    """Make quantiles of a middle one and the gaps beside it, before softplus, in place."""
    middle = len(values) // 2
    for j in range(middle + 1, len(values)):
        values[j] = values[j - 1] + softplus(values[j])
    for j in range(middle - 1, -1, -1):
        values[j] = values[j + 1] - softplus(values[j])


@lean_jit
def linear_rows(rows: Floats, layer: Layer, outputs: Floats) -> None:
    """Set `outputs` (n, m) to a linear layer of `rows` (n, k)."""
    for row in range(len(rows)):
        dense(rows[row], layer, outputs[row])


@lean_jit
def network_rows(
    rows: Floats,
    layers: tuple[Layer, Layer, Layer],
    work: Floats,
    are_gaps: bool,
    outputs: Floats,
) -> None:
    """Set `outputs` to those of two hidden layers of ELU and a linear one.

    Args:
        rows: (n, k) inputs.
        layers: From inputs to first, first to second, second to outputs.
        work: (first + second,) memory to work in.
        are_gaps: Whether outputs are a middle quantile and gaps, to be made quantiles.
        outputs: (n, m)
    """
    width = len(layers[0].bias)
    first, second = work[:width], work[width:]
    for row in range(len(rows)):
        dense(rows[row], layers[0], first)
        elu(first)
        dense(first, layers[1], second)
        elu(second)
        dense(second, layers[2], outputs[row])
        if are_gaps:
            rising(outputs[row])
