"""The family `neural_network`: two hidden layers, a median and the gaps beside it, which are > 0.

Quantiles never cross, whatever the weights.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from data.forecast_names import LEVELS, N_LEVELS
from models.compiled.dense_layers import Layer, network_rows
from models.forecast.family import FamilyTask, Floats
from models.forecast.neural_model import Forecast, NeuralModel, Weights
from models.forecast.torch_training import Loss

FIRST, SECOND = 48, 24
"""Widths of the hidden layers."""

DROPOUT = 0.1

LEAST_GAP = 1e-3
"""Gap between neighbouring quantiles that a network begins with at least, in scales."""

MIDDLE = N_LEVELS // 2


class QuantileNetDesign:
    """A multilayer network of quantiles; see `models.forecast.neural_model`."""

    def network(self, n_inputs: int, labels: Floats) -> nn.Module:
        """Return a network that begins with the labels' quantiles."""
        network, last = layered_network(n_inputs, N_LEVELS)
        begin_with(last, gaps_of(np.quantile(labels, LEVELS)))
        return network

    def loss(self) -> Loss:
        """Return the mean pinball loss."""
        return pinball_of_gaps

    def added(self, weights: Weights, inputs: Floats, labels: Floats) -> Weights:
        """Return nothing: quantiles are what the network says."""
        return {}

    def shapes(self, n_inputs: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of the layers."""
        return layer_shapes(n_inputs, N_LEVELS)

    def forecast(self, weights: Weights) -> Forecast:
        """Return the compiled network."""
        return layered_forecast(weights, are_gaps=True)


def quantile_net(task: FamilyTask) -> NeuralModel:
    """Return a model that has learnt nothing yet."""
    return NeuralModel(task, QuantileNetDesign())


def layered_network(n_inputs: int, n_outputs: int) -> tuple[nn.Module, nn.Linear]:
    """Return two hidden layers of ELU and a linear one, with fresh weights, and the last of it."""
    last = nn.Linear(SECOND, n_outputs)
    network = nn.Sequential(
        nn.Linear(n_inputs, FIRST),
        nn.ELU(),
        nn.Dropout(DROPOUT),
        nn.Linear(FIRST, SECOND),
        nn.ELU(),
        last,
    )
    return network, last


PLACES = (0, 3, 5)
"""Of the linear layers in a layered network, which torch names them by."""


def layer_shapes(n_inputs: int, n_outputs: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a layered network's weights by name."""
    widths = (n_inputs, FIRST, SECOND, n_outputs)
    shapes: dict[str, tuple[int, ...]] = {}
    for place, before, after in zip(PLACES, widths[:-1], widths[1:], strict=True):
        shapes |= {f"{place}.weight": (after, before), f"{place}.bias": (after,)}
    return shapes


def layered_forecast(weights: Weights, *, are_gaps: bool) -> Forecast:
    """Return what computes a layered network's outputs (n, n_outputs).

    Args:
        weights: Of the network.
        are_gaps: Whether outputs are a middle quantile and gaps, to be made quantiles.
    """
    first, second, last = (layer_of(weights, str(place)) for place in PLACES)

    def outputs_of(inputs: Floats) -> Floats:
        found = np.empty((len(inputs), len(last.bias)))
        network_rows(inputs, (first, second, last), np.empty(FIRST + SECOND), are_gaps, found)
        return found

    return outputs_of


def layer_of(weights: Weights, name: str) -> Layer:
    """Return a linear layer of torch as compiled code takes it."""
    return Layer(
        weights=np.ascontiguousarray(weights[f"{name}.weight"].T), bias=weights[f"{name}.bias"]
    )


def begin_with(layer: nn.Linear, outputs: Floats) -> None:
    """Let a linear layer say `outputs` (m,) whatever its inputs."""
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(torch.tensor(outputs))


def gaps_of(quantiles: Floats) -> Floats:
    """Return the outputs (N_LEVELS,) that are made these quantiles, or ones a little apart."""
    gaps = np.maximum(np.diff(quantiles), LEAST_GAP)
    before = np.log(np.expm1(gaps))
    return np.concatenate([before[:MIDDLE], quantiles[MIDDLE : MIDDLE + 1], before[MIDDLE:]])


def quantiles_of_gaps(outputs: Tensor) -> Tensor:
    """Return quantiles (n, N_LEVELS) of outputs: the median, and gaps before softplus."""
    gaps = nn.functional.softplus(outputs)
    middle = outputs[:, MIDDLE : MIDDLE + 1]
    below = middle - gaps[:, :MIDDLE].flip(1).cumsum(1).flip(1)
    return torch.cat([below, middle, middle + gaps[:, MIDDLE + 1 :].cumsum(1)], dim=1)


def pinball_of_gaps(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the mean pinball loss of the quantiles that outputs are made."""
    above = labels[:, None] - quantiles_of_gaps(outputs)
    levels = torch.tensor(LEVELS)
    return torch.maximum(levels * above, (levels - 1.0) * above).mean()
