"""The family `mixture_density`: a network that says the weights, centres and spreads of three t's.

Learnt by likelihood (Bishop, "Mixture density networks", 1994). What the parts' shape cannot say is
mended afterwards: each level is read where that share of the training labels lay below.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from data.forecast_names import LEVELS, N_LEVELS
from models.compiled.mixture_quantiles import mixture_quantiles, mixture_ranks
from models.forecast.family import FamilyTask, Floats
from models.forecast.neural_model import Forecast, NeuralModel, Weights
from models.forecast.quantile_net import (
    begin_with,
    layer_shapes,
    layered_forecast,
    layered_network,
)
from models.forecast.torch_training import Loss

N_PARTS = 3
START_SPREADS = (0.4, 0.8, 1.6)
"""In deviations of the labels."""

LEAST_SPREAD = 0.02
"""Of a part, in scales: likelihood must not be had by a spike."""

START_STEPS, START_RATE, START_ROWS = 300, 0.05, 4_000
"""How the mixture of all labels together is found, with which the network begins."""

READ_LEVELS = "read_levels"
LEAST_LEVEL = 1e-6


class MixtureDesign:
    """A network of mixtures; see `models.forecast.neural_model`."""

    def network(self, n_inputs: int, labels: Floats) -> nn.Module:
        """Return a network that begins with the mixture of all labels."""
        network, last = layered_network(n_inputs, 3 * N_PARTS)
        begin_with(last, _start(labels))
        return network

    def loss(self) -> Loss:
        """Return the mean negative log likelihood."""
        return mixture_loss

    def added(self, weights: Weights, inputs: Floats, labels: Floats) -> Weights:
        """Return at which of the mixture's own levels each of LEVELS is read."""
        outputs = layered_forecast(weights, are_gaps=False)(inputs)
        ranks = np.empty(len(labels))
        mixture_ranks(outputs, LEAST_SPREAD, labels, np.empty((3, N_PARTS)), ranks)
        found = np.clip(np.quantile(ranks, LEVELS), LEAST_LEVEL, 1.0 - LEAST_LEVEL)
        return {READ_LEVELS: found}

    def shapes(self, n_inputs: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of the layers and of the levels."""
        return {**layer_shapes(n_inputs, 3 * N_PARTS), READ_LEVELS: (N_LEVELS,)}

    def forecast(self, weights: Weights) -> Forecast:
        """Return the compiled network and its mixtures' quantiles."""
        outputs_of = layered_forecast(weights, are_gaps=False)
        read = np.clip(weights[READ_LEVELS], LEAST_LEVEL, 1.0 - LEAST_LEVEL)
        levels = np.stack([read, t4_quantiles(read)])

        def quantiles_of(inputs: Floats) -> Floats:
            found = np.empty((len(inputs), N_LEVELS))
            work = np.empty((3, N_PARTS))
            mixture_quantiles(outputs_of(inputs), LEAST_SPREAD, levels, work, found)
            return found

        return quantiles_of


def mixture_density(task: FamilyTask) -> NeuralModel:
    """Return a model that has learnt nothing yet."""
    return NeuralModel(task, MixtureDesign())


def mixture_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the mean negative log likelihood of mixtures of t's of four degrees of freedom.

    Args:
        outputs: (n, 3 N_PARTS) log weights, centres, log spreads.
        labels: (n,)
    """
    weights, centres, spreads = outputs.split(N_PARTS, dim=1)
    width = LEAST_SPREAD + spreads.exp()
    standard = (labels[:, None] - centres) / width
    # The density of t with 4 degrees of freedom is 12 / (4 + x^2)^2.5.
    logs = np.log(12.0) - 2.5 * torch.log(4.0 + standard**2) - torch.log(width)
    return -torch.logsumexp(torch.log_softmax(weights, dim=1) + logs, dim=1).mean()


def t4_quantiles(levels: Floats) -> Floats:
    """Return the quantiles of a standard t of four degrees of freedom.

    Source: Shaw, "Sampling Student's T distribution", Journal of Computational Finance 9 (2006).

    Args:
        levels: In (0, 1), of any shape.
    """
    product = np.sqrt(4.0 * levels * (1.0 - levels))
    squared = 4.0 * (np.cos(np.arccos(product) / 3.0) / product - 1.0)
    return np.asarray(np.sign(levels - 0.5) * np.sqrt(np.maximum(squared, 0.0)))


def _start(labels: Floats) -> Floats:
    """Return the outputs (3 N_PARTS,) of one mixture for all labels."""
    deviation = float(np.std(labels))
    logs = np.log(np.array(START_SPREADS) * deviation)
    centres = np.median(labels) + 0.1 * deviation * np.linspace(-1.0, 1.0, N_PARTS)
    start = np.concatenate([np.zeros(N_PARTS), centres, logs])
    found = torch.tensor(start, dtype=torch.float32, requires_grad=True)
    some = torch.tensor(labels[:: max(1, len(labels) // START_ROWS)], dtype=torch.float32)
    optimizer = torch.optim.Adam([found], lr=START_RATE)
    for _ in range(START_STEPS):
        optimizer.zero_grad()
        mixture_loss(found.expand(len(some), -1), some).backward()
        optimizer.step()
    return np.asarray(found.detach().numpy(), dtype=np.float64)
