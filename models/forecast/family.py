"""The protocol of all families: one model of one head at one horizon, from rows to quantiles.

Row t of every input is known at the close of bar t. Which bars inputs and labels come from is left
to models/forecast/inputs.py and targets.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from config.forecast_settings import ForecastSettings
from data.forecast_names import Head

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Arrays = Mapping[str, NDArray[np.generic]]
"""What a fitted model is made of, by name: numbers only."""

SCALE = 0
"""Column of X that holds the scale: what the seasonal volatility layer expects of the horizon."""

OnProgress = Callable[[str, float], None]
"""Called now and then with what is being done, and the share of it that is done, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyTask:
    """What one model is to forecast, and from what.

    Attributes:
        horizon: Bars ahead.
        head: What of them.
        columns: Names of the columns of X, in order; that of SCALE is `scale`.
        settings: Seed, threads and sizes are used.
        tensorboard: The model's own folder for curves, if it learns in epochs; None writes none.
        on_progress: Told of the fit; None tells nobody.
    """

    horizon: int
    head: Head
    columns: tuple[str, ...]
    settings: ForecastSettings
    tensorboard: Path | None = None
    on_progress: OnProgress | None = None


class QuantileModel(Protocol):
    """Forecasts the LEVELS of one head at one horizon.

    Every model learns y / scale and multiplies what it forecasts by the row's scale.
    """

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Learn from training rows, oldest first; what chooses among them is fitted here too.

        Args:
            X: (n, k) inputs, all finite; column SCALE is > 0, in log returns.
            y: (n,) labels, all finite; log returns.
            realised: (n,) variance that the bars of the label had by their ranges, in squared log
                returns, > 0: far less noisy than the label's square.
            sessions: (n,) number of each row's session, never falling. No label crosses a session,
                so that rows may be divided between two of them.

        Raises:
            DataError: If there are too few rows or they do not vary.
        """
        ...

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the quantiles (n, N_LEVELS), log returns, never falling along a row.

        A row by itself gives what it gives among others, to the last bit.

        Args:
            X: (n, k) as for `fit`.
        """
        ...

    def update(self, y_delayed: float) -> None:
        """Take note of a label that has become known, `horizon` bars after its forecast.

        Families that learn in `fit` alone take none.
        """
        ...

    def arrays(self) -> Arrays:
        """Return all that `predict_quantiles` needs, by name."""
        ...

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over what another model of the same task returned by `arrays`.

        Raises:
            ArtifactError: Naming the file `where` and the first array that does not fit.
        """
        ...
