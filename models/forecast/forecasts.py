"""What a forecaster says of rows: quantiles, whose they are, and what they were learnt from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.forecast_columns import all_columns, column_values
from data.forecast_names import TRAINED_UNTIL, Head
from models.forecast.family import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecasts:
    """Forecasts of n rows, oldest first.

    Attributes:
        index: Open of each row's bar, UTC; a forecast is made at its close.
        horizons: (H,) bars ahead, rising.
        heads: (k,) what of them, in the order of HEADS.
        quantiles: (n, H, k, N_LEVELS) log returns, never falling along a row; NaN where there is
            no forecast.
        is_fallback: (n, H) where the fallback's forecast stands; false where there is none.
        trained_until: Stamp of the last bar that they were learnt from, labels included.
        model_id: Names family, settings and training.
        fallback_id: Likewise of the forecasts that stand where `is_fallback` is true.
    """

    index: pd.DatetimeIndex
    horizons: tuple[int, ...]
    heads: tuple[Head, ...]
    quantiles: Floats
    is_fallback: NDArray[np.bool_]
    trained_until: pd.Timestamp
    model_id: str
    fallback_id: str

    @property
    def is_complete(self) -> NDArray[np.bool_]:
        """Whether a row has all its forecasts, (n,)."""
        return np.asarray(np.isfinite(self.quantiles).all(axis=(1, 2, 3)))

    def frame(self) -> pd.DataFrame:
        """Return all columns that a store of these would join to bars, and TRAINED_UNTIL, by bar.

        NaN, and no stamp, in rows without a forecast.
        """
        names = all_columns(self.horizons, self.heads)
        values = column_values(names, self.horizons, self.quantiles, self.is_fallback, self.heads)
        is_there = self.is_complete
        values[~is_there] = np.nan
        stamps = pd.Series(self.trained_until, index=self.index).where(is_there)
        frame = pd.DataFrame(values, index=self.index, columns=list(names))
        return frame.assign(**{TRAINED_UNTIL: stamps})
