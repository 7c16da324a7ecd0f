"""The family `ensemble`: weighted means of what several families say of each quantile.

Quantiles are averaged, not probabilities, so that members that agree on the shape give that shape
(Vincentisation: Ratcliff, Psychological Bulletin 86, 1979; Lichtendahl, Grushka-Cockayne and
Winkler, Management Science 59, 2013). Weights are fitted on held-out sessions by members that have
learnt from the others; then all learn from all.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from data.forecast_names import LEVELS
from models.forecast.ensemble_weights import best_weights
from models.forecast.family import (
    SCALE,
    Arrays,
    FamilyTask,
    Floats,
    Integers,
    OnProgress,
    QuantileModel,
)
from models.forecast.learning_rows import learning_rows, split_rows
from models.forecast.nested_models import load_part
from models.forecast.stored_arrays import floats_of
from models.prefixed import with_prefix
from utils.errors import ArtifactError

Makers = Mapping[str, Callable[[FamilyTask], QuantileModel]]
"""From a member's name to what makes one that has learnt nothing yet."""

WEIGHTS = "weights"
SUM_TOLERANCE = 1e-9

LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
"""Between which quantiles the spread is measured that disagreement is compared with."""

LEAST_SPREAD = 1e-6
"""In scales."""


class Ensemble:
    """A mean of other models' quantiles; see `models.forecast.family`."""

    def __init__(self, task: FamilyTask, makers: Makers):
        """Create a model that has learnt nothing yet.

        Args:
            task: What to forecast.
            makers: The members, two or more; their names hold no full stop.
        """
        self._task = task
        self._makers = makers
        self._members = self._fresh(task)
        self._weights = np.full(len(makers), 1.0 / len(makers))

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Fit the weights on held-out sessions, then the members on all."""
        labels = learning_rows(self._task, X, y, sessions).labels
        learnt, held_out = split_rows(sessions)
        self._members = self._fresh(replace(self._task, tensorboard=None, on_progress=None))
        self._teach(X[learnt], y[learnt], realised[learnt], sessions[learnt])
        said = self._said(X[held_out]) / X[held_out, SCALE][None, :, None]
        self._weights = best_weights(said, labels[held_out])
        self._members = self._fresh(self._task)
        self._teach(X, y, realised, sessions)

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the weighted mean of the members' quantiles."""
        return self._mean(self._said(X))

    def confidence(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return how much members agree, (n,): 1 if they say the same, near 0 if they do not.

        It is spread / (spread + disagreement), where spread is that of the central nine tenths and
        disagreement the members' mean distance from their mean, over members and levels.

        Args:
            X: (n, k) as for `fit`.
        """
        said = self._said(X)
        mean = self._mean(said)
        apart = np.abs(said - mean).mean(axis=2)
        disagreement = sum(weight * each for weight, each in zip(self._weights, apart, strict=True))
        spread = np.maximum(mean[:, HIGH] - mean[:, LOW], LEAST_SPREAD * X[:, SCALE])
        return np.asarray(spread / (spread + disagreement))

    def update(self, y_delayed: float) -> None:
        """Let all members take note."""
        for member in self._members.values():
            member.update(y_delayed)

    def arrays(self) -> Arrays:
        """Return the weights, and the members' arrays by `name.array`."""
        found = {WEIGHTS: self._weights}
        for name, member in self._members.items():
            found |= with_prefix(member.arrays(), f"{name}.")
        return found

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over another model's arrays."""
        members = self._fresh(self._task)
        weights = floats_of(arrays, WEIGHTS, (len(members),), where)
        if weights.min() < 0.0 or abs(weights.sum() - 1.0) > SUM_TOLERANCE:
            raise ArtifactError(f"`{where}`: array `{WEIGHTS}` must be >= 0 and add up to 1")
        odd = sorted(name for name in arrays if name.split(".")[0] not in {WEIGHTS, *members})
        if odd:
            raise ArtifactError(f"`{where}`: array `{odd[0]}` is not part of this forecast")
        for name, member in members.items():
            load_part(member, arrays, f"{name}.", where)
        self._members, self._weights = members, weights

    def _fresh(self, task: FamilyTask) -> dict[str, QuantileModel]:
        made = {}
        for place, (name, make) in enumerate(self._makers.items()):
            folder = None if task.tensorboard is None else task.tensorboard / name
            tell = _part_of_progress(task.on_progress, name, (place, len(self._makers)))
            made[name] = make(replace(task, tensorboard=folder, on_progress=tell))
        return made

    def _teach(self, X: Floats, y: Floats, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - as above
        for member in self._members.values():
            member.fit(X, y, realised=realised, sessions=sessions)

    def _said(self, X: Floats) -> Floats:  # noqa: N803 - as above
        """Return the members' quantiles (n_members, n, N_LEVELS)."""
        return np.stack([member.predict_quantiles(X) for member in self._members.values()])

    def _mean(self, said: Floats) -> Floats:
        """Return the weighted mean, summed member after member: the same for a row by itself."""
        mean = np.zeros(said.shape[1:])
        for weight, quantiles in zip(self._weights, said, strict=True):
            mean += weight * quantiles
        return np.maximum.accumulate(mean, axis=1)


def _part_of_progress(
    tell: OnProgress | None, name: str, place: tuple[int, int]
) -> OnProgress | None:
    """Return what tells of one member's fit as of a part of all; `place` is its number of them."""
    if tell is None:
        return None
    number, count = place
    return lambda what, share: tell(f"{name}: {what}", (number + share) / count)
