"""Filtered historical simulation: quantiles of what was left of labels once divided by a scale.

Barone-Adesi, Giannopoulos and Vosper (1999). Which scale is left to each family.
"""

import numpy as np

from data.forecast_names import LEVELS, N_LEVELS
from models.forecast.family import Arrays, FamilyTask, Floats, Integers
from models.forecast.stored_arrays import check_names, rising_of
from utils.errors import DataError

LEAST_ROWS = 200
"""Training rows, at least: two beyond each outer quantile."""

QUANTILES = "quantiles"


def check_training(task: FamilyTask, y: Floats) -> None:
    """Refuse labels that no distribution can be learnt from.

    Raises:
        DataError: If there are too few rows or they do not vary.
    """
    what = f"`{task.settings.family}` at horizon {task.horizon}, head {task.head}"
    if len(y) < LEAST_ROWS:
        raise DataError(
            f"{what} needs at least {LEAST_ROWS} training rows with a label, had {len(y)}: give "
            "more sessions, or a shorter horizon"
        )
    if y.min() == y.max():
        raise DataError(
            f"{what}: all {len(y):,} labels are {y[0]:g}, there is nothing to forecast: give bars "
            "that move"
        )


class ResidualQuantiles:
    """Quantiles of label / scale over training rows."""

    def __init__(self) -> None:
        self._quantiles = np.zeros(N_LEVELS)

    def fit(self, y: Floats, scale: Floats) -> None:
        """Learn from labels (n,) and their scales (n,), > 0."""
        # interpolation may leave the order by the last bit
        self._quantiles = np.maximum.accumulate(np.quantile(y / scale, LEVELS))

    def times(self, scale: Floats) -> Floats:
        """Return the quantiles of rows of these scales (n,), (n, N_LEVELS), log returns."""
        return scale[:, None] * self._quantiles

    def arrays(self) -> Arrays:
        """Return the quantiles, by name."""
        return {QUANTILES: self._quantiles}

    def load(self, arrays: Arrays, where: str) -> None:
        """Take over the quantiles; an ArtifactError names `where` and what is wrong."""
        self._quantiles = rising_of(arrays, QUANTILES, (N_LEVELS,), where)


class ColumnFhs:
    """The family whose scale is one column of X as it is; None: the same for all rows."""

    def __init__(self, task: FamilyTask, column: str | None) -> None:
        """Make an unfitted model.

        Args:
            task: What to forecast.
            column: Name of the column.
        """
        self._task = task
        self._place = None if column is None else task.columns.index(column)
        self._residuals = ResidualQuantiles()

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Learn the quantiles of y / scale; the other two are not used."""
        check_training(self._task, y)
        self._residuals.fit(y, self._scale(X))

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the quantiles times each row's scale."""
        return self._residuals.times(self._scale(X))

    def update(self, y_delayed: float) -> None:
        """Take none: it learns in `fit` alone."""

    def arrays(self) -> Arrays:
        """Return the quantiles."""
        return self._residuals.arrays()

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over the quantiles."""
        check_names(arrays, (QUANTILES,), where)
        self._residuals.load(arrays, where)

    def _scale(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        return np.ones(len(X)) if self._place is None else X[:, self._place]
