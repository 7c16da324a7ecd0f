"""What the torch families have in common: learning in torch, forecasting in compiled float64.

A network is given by its design. What it has learnt is kept by the names that torch gives its
weights, and rows are forecast one by one by compiled code, so that a row by itself gives the same
bits as among others, whatever torch would make of a batch.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from torch import nn

from models.determinism import RandomStreams, torch_threads
from models.forecast.family import Arrays, FamilyTask, Floats, Integers
from models.forecast.learning_rows import LearningRows, learning_rows, unscaled
from models.forecast.standardiser import DEVIATION, MEAN, Standardiser
from models.forecast.stored_arrays import check_names, floats_of
from models.forecast.torch_training import Loss, TorchRows, train_network

Forecast = Callable[[Floats], Floats]
"""From standardised rows (n, k) to quantiles (n, N_LEVELS) in units of scale."""

Weights = Mapping[str, Floats]
"""By torch's names, and by those of what a design adds to them."""

MOST_ROWS = 20_000


class NetworkDesign(Protocol):
    """One kind of network."""

    def network(self, n_inputs: int, labels: Floats) -> nn.Module:
        """Return a network that says of every row what `labels` (n,) are like; draws weights."""
        ...

    def loss(self) -> Loss:
        """Return what the network makes small."""
        ...

    def added(self, weights: Weights, inputs: Floats, labels: Floats) -> Weights:
        """Return what is fitted once the network has learnt.

        Args:
            weights: Of the network.
            inputs: (n, k) standardised rows that were learnt from.
            labels: (n,) in units of scale.
        """
        ...

    def shapes(self, n_inputs: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of all weights by name."""
        ...

    def forecast(self, weights: Weights) -> Forecast:
        """Return what forecasts by the weights."""
        ...


class NeuralModel:
    """A network on labels in units of scale; see `models.forecast.family`."""

    def __init__(self, task: FamilyTask, design: NetworkDesign):
        """Create a model that has learnt nothing yet.

        Args:
            task: What to forecast.
            design: By which kind of network.
        """
        self._task = task
        self._design = design
        self._standardiser: Standardiser
        self._weights: Weights
        self._forecast: Forecast

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Learn in epochs; see `models.forecast.torch_training`."""
        rows = learning_rows(self._task, X, y, sessions).thinned(self._task.horizon, MOST_ROWS)
        self._standardiser = Standardiser.fit(rows.inputs)
        streams = RandomStreams(self._task.settings.seed)
        with streams.installed(), torch_threads(self._task.settings.threads):
            learnt, held_out = rows.split()
            network = self._design.network(rows.inputs.shape[1], learnt.labels)
            parts = self._torch_rows(learnt), self._torch_rows(held_out)
            train_network(network, self._design.loss(), parts, self._task)
        weights = {
            name: weight.detach().numpy().astype(np.float64)
            for name, weight in network.state_dict().items()
        }
        added = self._design.added(weights, self._standardiser.of(rows.inputs), rows.labels)
        self._take({**weights, **added})

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the quantiles that the network says."""
        return unscaled(self._forecast(self._standardiser.of(X)), X, self._task.head)

    def update(self, y_delayed: float) -> None:
        """Take no note: all is learnt in `fit`."""

    def arrays(self) -> Arrays:
        """Return weights and the inputs' statistics."""
        return {**self._standardiser.arrays(), **self._weights}

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over another model's arrays."""
        n_inputs = len(self._task.columns)
        shapes = self._design.shapes(n_inputs)
        check_names(arrays, {MEAN, DEVIATION, *shapes}, where)
        standardiser = Standardiser.load(arrays, n_inputs, where)
        self._take({name: floats_of(arrays, name, shape, where) for name, shape in shapes.items()})
        self._standardiser = standardiser

    def standardised(self, inputs: Floats) -> Floats:
        """Return rows (n, k) as the network sees them."""
        return self._standardiser.of(inputs)

    @property
    def weights(self) -> Weights:
        """The weights by name."""
        return self._weights

    def _take(self, weights: Weights) -> None:
        self._weights, self._forecast = weights, self._design.forecast(weights)

    def _torch_rows(self, rows: LearningRows) -> TorchRows:
        return TorchRows.of(self._standardiser.of(rows.inputs), rows.labels)
