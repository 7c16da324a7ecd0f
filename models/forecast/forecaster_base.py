"""What all models of a forecaster say of rows, before anything is corrected."""

from collections.abc import Sequence

import numpy as np

from data.forecast_names import N_LEVELS
from models.forecast.family import SCALE, Floats
from models.forecast.forecaster_training import Models
from models.forecast.online import BaseForecasts


def base_forecasts(sources: Sequence[Models], rows: Sequence[Floats]) -> BaseForecasts:
    """Return the quantiles of every source; a row by itself gives what it gives among others.

    Args:
        sources: Models by horizon and head.
        rows: (n, k) inputs for each horizon; NaN where they are not complete.
    """
    n_rows, n_horizons, n_heads = len(rows[0]), len(rows), len(sources[0][0])
    quantiles = np.full((len(sources), n_rows, n_horizons, n_heads, N_LEVELS), np.nan)
    scales = np.full((n_rows, n_horizons), np.nan)
    for i, values in enumerate(rows):
        is_complete = np.isfinite(values[:, SCALE])
        complete = values[is_complete]
        scales[is_complete, i] = complete[:, SCALE]
        if not len(complete):
            continue
        for s, models in enumerate(sources):
            for k, model in enumerate(models[i]):
                quantiles[s, is_complete, i, k] = model.predict_quantiles(complete)
    return BaseForecasts(sources=quantiles, scales=scales)
