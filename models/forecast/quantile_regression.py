"""The family `quantile_regression`: every level is a weighted sum of the inputs.

Each level is fitted by itself, so that they may cross; they are put in order afterwards. One
penalty for all levels is chosen on held-out sessions, from nearly none to one that leaves hardly
more than the plain quantiles of labels in units of scale.
"""

import numpy as np

from data.forecast_names import LEVELS, N_LEVELS
from models.compiled.dense_layers import Layer, linear_rows
from models.determinism import torch_threads
from models.forecast.family import Arrays, FamilyTask, Floats, Integers
from models.forecast.learning_rows import LearningRows, learning_rows, mean_pinball, unscaled
from models.forecast.smoothed_quantiles import QuantileProblem, fit_level
from models.forecast.standardiser import DEVIATION, MEAN, Standardiser
from models.forecast.stored_arrays import check_names, floats_of

PENALTIES = (1.0, 0.1, 0.01, 0.001)
"""Tried in this order, each from where the one before has ended."""

MOST_ROWS = 20_000
"""Rows that are learnt from."""

SLOPES, INTERCEPT = "slopes", "intercept"


class QuantileRegression:
    """Linear quantiles of labels in units of scale; see `models.forecast.family`."""

    def __init__(self, task: FamilyTask):
        """Create a model that has learnt nothing yet."""
        self._task = task
        self._standardiser: Standardiser
        self._layer: Layer

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Learn the weights of all levels, and by which penalty."""
        rows = learning_rows(self._task, X, y, sessions).thinned(self._task.horizon, MOST_ROWS)
        self._standardiser = Standardiser.fit(rows.inputs)
        with torch_threads(self._task.settings.threads):
            penalty, start = self._chosen(rows)
            found = _fitted(self._standardiser.of(rows.inputs), rows.labels, penalty, start)
        self._layer = _layer(found)

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the quantiles, put in order."""
        found = np.empty((len(X), N_LEVELS))
        linear_rows(self._standardiser.of(X), self._layer, found)
        return unscaled(found, X, self._task.head)

    def update(self, y_delayed: float) -> None:
        """Take no note: all is learnt in `fit`."""

    def arrays(self) -> Arrays:
        """Return weights and the inputs' statistics."""
        weights = {SLOPES: self._layer.weights, INTERCEPT: self._layer.bias}
        return {**self._standardiser.arrays(), **weights}

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over another model's arrays."""
        n_inputs = len(self._task.columns)
        check_names(arrays, {MEAN, DEVIATION, SLOPES, INTERCEPT}, where)
        standardiser = Standardiser.load(arrays, n_inputs, where)
        self._layer = Layer(
            weights=floats_of(arrays, SLOPES, (n_inputs, N_LEVELS), where),
            bias=floats_of(arrays, INTERCEPT, (N_LEVELS,), where),
        )
        self._standardiser = standardiser

    def _chosen(self, rows: LearningRows) -> tuple[float, Floats]:
        """Return the penalty of least loss on held-out sessions, and the coefficients there."""
        learnt, held_out = rows.split()
        inputs, unseen = (self._standardiser.of(part.inputs) for part in (learnt, held_out))
        found = _plain(learnt.labels, inputs.shape[1])
        losses, tried = [], []
        for penalty in PENALTIES:
            found = _fitted(inputs, learnt.labels, penalty, found)
            forecast = np.empty((len(unseen), N_LEVELS))
            linear_rows(unseen, _layer(found), forecast)
            losses.append(mean_pinball(held_out.labels, np.sort(forecast, axis=1)))
            tried.append(found)
        best = int(np.argmin(losses))
        return PENALTIES[best], tried[best]


def _plain(labels: Floats, n_inputs: int) -> Floats:
    """Return the coefficients (N_LEVELS, 1 + k) that say the same of every row."""
    found = np.zeros((N_LEVELS, 1 + n_inputs))
    found[:, 0] = np.quantile(labels, LEVELS)
    return found


def _fitted(inputs: Floats, labels: Floats, penalty: float, start: Floats) -> Floats:
    """Return the coefficients (N_LEVELS, 1 + k) of all levels, begun from others."""
    problem = QuantileProblem.of(inputs, labels, penalty)
    return np.stack(
        [fit_level(problem, level, begin) for level, begin in zip(LEVELS, start, strict=True)]
    )


def _layer(coefficients: Floats) -> Layer:
    return Layer(
        weights=np.ascontiguousarray(coefficients[:, 1:].T), bias=coefficients[:, 0].copy()
    )
