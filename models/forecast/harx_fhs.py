"""HARX with filtered historical simulation: a line foretells by how much the scale is wrong.

The logarithm of the realised variance of the bars ahead, relative to the scale's, is regressed on
averages of past variance over several spans (Corsi, 2009, heterogeneous autoregression) and of
past returns (leverage). Labels divided by the corrected scale give the quantiles, which puts right
what bias the logarithm has.
"""

import numpy as np

from models.compiled.seasonal_volatility import scaled_by_line
from models.forecast.family import SCALE, Arrays, FamilyTask, Floats, Integers
from models.forecast.fhs import QUANTILES, ResidualQuantiles, check_training
from models.forecast.input_names import HAR_PREFIX, SIGN_PREFIX
from models.forecast.stored_arrays import check_names, floats_of, rising_of

RIDGE = 0.03
"""Penalty on slopes of standardised inputs, in their variances."""

LEAST_SHARE = 0.02
"""Realised variance counts as at least so much of the scale's: its logarithm has no lower end."""

OUTER = 0.001
"""Lines of training rows beyond this share on either side are not followed any further."""

SLOPES, BOUNDS = "slopes", "bounds"


class HarxFhs:
    """Scale corrected by a line, then residual quantiles."""

    def __init__(self, task: FamilyTask) -> None:
        """Make an unfitted model that leaves the scale as it is."""
        self._task = task
        own = (HAR_PREFIX, SIGN_PREFIX)
        self._places = [i for i, name in enumerate(task.columns) if name.startswith(own)]
        self._slopes = np.zeros(len(self._places) + 1)
        self._bounds = np.zeros(2)
        self._residuals = ResidualQuantiles()

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Learn the line, then the quantiles of y / corrected scale; sessions are not used."""
        check_training(self._task, y)
        rows, variance = X[:, self._places], X[:, SCALE] ** 2
        label = np.log(np.maximum(realised / variance, LEAST_SHARE))
        self._slopes = _ridge(rows, label)
        lines = rows @ self._slopes[1:] + self._slopes[0]
        self._bounds = np.quantile(lines, (OUTER, 1.0 - OUTER))
        self._residuals.fit(y, self.scales(X))

    def scales(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the corrected scale of each row, (n,), log returns, > 0."""
        scales = np.empty(len(X))
        rows = np.ascontiguousarray(X[:, self._places])
        scale = np.ascontiguousarray(X[:, SCALE])
        scaled_by_line(rows, scale, self._slopes, self._bounds, scales)
        return scales

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the residual quantiles times each row's corrected scale."""
        return self._residuals.times(self.scales(X))

    def update(self, y_delayed: float) -> None:
        """Take none: it learns in `fit` alone."""

    def arrays(self) -> Arrays:
        """Return the line, what it is kept between, and the quantiles."""
        return {SLOPES: self._slopes, BOUNDS: self._bounds, **self._residuals.arrays()}

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over line, bounds and quantiles."""
        check_names(arrays, (SLOPES, BOUNDS, QUANTILES), where)
        slopes = floats_of(arrays, SLOPES, (len(self._places) + 1,), where)
        bounds = rising_of(arrays, BOUNDS, (2,), where)
        self._residuals.load(arrays, where)
        self._slopes, self._bounds = slopes, bounds


def _ridge(rows: Floats, label: Floats) -> Floats:
    """Return intercept and slopes of a ridge regression, (k + 1,); the intercept is free."""
    means, mean = rows.mean(axis=0), label.mean()
    centred = rows - means
    products = centred.T @ centred / len(rows)
    slopes = np.linalg.solve(
        products + RIDGE * np.eye(rows.shape[1]), centred.T @ (label - mean) / len(rows)
    )
    return np.concatenate([[mean - means @ slopes], slopes])
