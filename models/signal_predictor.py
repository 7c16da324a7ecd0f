"""What forecasts the next move from a window of features, and what comes of learning one."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]


class Predictor(Protocol):
    """Forecasts moves by weights that can be taken out and put in by name."""

    def signals(self, features: NDArray[np.float32]) -> Floats:
        """Return the forecast at the last row of every complete window, ticks per contract.

        At row t uses rows <= t; a window by itself gives what it gives among all others, up to
        rounding.

        Args:
            features: (n, n_columns) float32, scaled, all finite, oldest first, n >= lookback; its
                last columns are forecasts, if the predictor was made for some, and only those of a
                window's last row count.

        Returns:
            (n - lookback + 1,)
        """
        ...

    def weights(self) -> dict[str, Tensor]:
        """Return CPU copies of the weights by name, contiguous."""
        ...

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Take over `weights`.

        Raises:
            ArtifactError: Naming the file `where` and the first weight that does not fit.
        """
        ...


class FittedPredictor(NamedTuple):
    """A predictor that has learnt from all windows of a task.

    Attributes:
        predictor: The predictor.
        held_out: (n_windows,) forecasts of its like that have learnt neither from a window nor from
            its neighbours: what its forecasts of unseen rows are like. NaN where there is none.
    """

    predictor: Predictor
    held_out: Floats
