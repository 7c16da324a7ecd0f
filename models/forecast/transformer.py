"""The family `transformer`: gated residuals and interpretable attention over the inputs.

Rows hold all that is known of the past, in averages of many lengths, so that tokens are inputs, not
bars: a row by itself says all that its forecast needs. The network is that of `attention_net.py`.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from data.forecast_names import LEVELS, N_LEVELS
from models.compiled.dense_layers import GatedResidual
from models.compiled.token_attention import AttentionNet, attention_rows, work_rows
from models.forecast.attention_net import WIDTH, AttentionNetwork
from models.forecast.family import Arrays, FamilyTask, Floats, Integers
from models.forecast.neural_model import Forecast, NeuralModel, Weights
from models.forecast.quantile_net import begin_with, gaps_of, layer_of, pinball_of_gaps
from models.forecast.torch_training import Loss


class AttentionDesign:
    """A network that attends to its inputs; see `models.forecast.neural_model`."""

    def network(self, n_inputs: int, labels: Floats) -> nn.Module:
        """Return a network that begins with the labels' quantiles."""
        network = AttentionNetwork(n_inputs)
        begin_with(network.output, gaps_of(np.quantile(labels, LEVELS)))
        return network

    def loss(self) -> Loss:
        """Return the mean pinball loss."""
        return pinball_of_gaps

    def added(self, weights: Weights, inputs: Floats, labels: Floats) -> Weights:
        """Return nothing: quantiles are what the network says."""
        return {}

    def shapes(self, n_inputs: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of the network's weights."""
        with torch.device("meta"):  # draws nothing
            weights = AttentionNetwork(n_inputs).state_dict()
        return {name: tuple(weight.shape) for name, weight in weights.items()}

    def forecast(self, weights: Weights) -> Forecast:
        """Return the compiled network."""
        net = _compiled(weights)
        return lambda inputs: _run(net, inputs)[0]


class Transformer:
    """A network that attends to its inputs; see `models.forecast.family`."""

    def __init__(self, task: FamilyTask):
        """Create a model that has learnt nothing yet."""
        self._model = NeuralModel(task, AttentionDesign())

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Learn in epochs; see `models.forecast.torch_training`."""
        self._model.fit(X, y, realised=realised, sessions=sessions)

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the quantiles that the network says."""
        return self._model.predict_quantiles(X)

    def attention(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return how much of its attention each row gives to each input.

        Args:
            X: (n, k) as for `fit`.

        Returns:
            (n, k), >= 0; the sum of each row is 1.
        """
        return _run(_compiled(self._model.weights), self._model.standardised(X))[1]

    def update(self, y_delayed: float) -> None:
        """Take no note: all is learnt in `fit`."""

    def arrays(self) -> Arrays:
        """Return weights and the inputs' statistics."""
        return self._model.arrays()

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over another model's arrays."""
        self._model.load_arrays(arrays, where)


def _run(net: AttentionNet, inputs: Floats) -> tuple[Floats, Floats]:
    """Return quantiles (n, N_LEVELS) and attention (n, k) of standardised rows (n, k)."""
    n_rows, n_inputs = inputs.shape
    quantiles, shares = np.empty((n_rows, N_LEVELS)), np.empty((n_rows, n_inputs))
    work = np.empty((work_rows(n_inputs), max(n_inputs, 3 * WIDTH)))
    attention_rows(inputs, net, work, shares, quantiles)
    return quantiles, shares


def _compiled(weights: Weights) -> AttentionNet:
    """Return weights as compiled code takes them."""
    return AttentionNet(
        tokens=weights["tokens"],
        places=weights["places"],
        token_net=_gated(weights, "token_net"),
        start=layer_of(weights, "start"),
        context_net=_gated(weights, "context_net"),
        query=layer_of(weights, "query"),
        key=layer_of(weights, "key"),
        value=layer_of(weights, "value"),
        last_net=_gated(weights, "last_net"),
        output=layer_of(weights, "output"),
    )


def _gated(weights: Weights, name: str) -> GatedResidual:
    return GatedResidual(
        inner=layer_of(weights, f"{name}.inner"),
        gates=layer_of(weights, f"{name}.gates"),
        gain=weights[f"{name}.norm.weight"],
        shift=weights[f"{name}.norm.bias"],
    )
