"""Small forecasters for tests: a synthetic market of a fortnight, short horizons."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from config.forecast_settings import ForecastSettings
from data.forecast_names import HEADS, Head
from data.indicators.bar import feature_bars
from data.synthetic import synthetic_bars
from models.forecast.family import Floats
from models.forecast.forecast_stream import ForecastStream
from models.forecast.forecaster import Forecaster
from models.forecast.forecaster_training import TrainingGround

SESSION = 276
TRAINED = 8 * SESSION
"""Bars that are learnt from."""

HISTORY = TRAINED - 2 * SESSION
"""Row that live streams begin at: two sessions warm them up."""

PLAIN_FAMILIES = ("unconditional", "ewma_fhs", "harx_fhs", "garch_fhs")
"""Families that take next to no time to fit: these are fitted with all heads and two horizons."""


@lru_cache(maxsize=1)
def small_market() -> pd.DataFrame:
    """Return eleven sessions of synthetic bars."""
    return synthetic_bars(11 * SESSION, seed=4)


def small_settings(family: str = "harx_fhs", **changes: object) -> ForecastSettings:
    """Return settings with few features and short horizons; one horizon where fits are slow."""
    horizons = (2, 5) if family in PLAIN_FAMILIES else (3,)
    own = {"family": family, "horizons": horizons, "features": ("rsi", "atr", "time_sin")}
    return ForecastSettings(**{**own, **changes})


@lru_cache(maxsize=16)
def small_forecaster(family: str = "harx_fhs") -> Forecaster:
    """Return a forecaster that has learnt from the first eight sessions of `small_market`."""
    settings = small_settings(family)
    ground = TrainingGround.of(small_market(), settings, slice(0, TRAINED))
    heads = HEADS if family in PLAIN_FAMILIES else (Head.RETURN,)
    return Forecaster.fit_on(ground, settings, heads)


class Narrowed:
    """A model whose quantiles lie a fifth as far from zero as they should: the alarm's case."""

    def __init__(self, model: object) -> None:
        self._model = model

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the model's quantiles times .2."""
        return 0.2 * self._model.predict_quantiles(X)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the model's arrays."""
        return self._model.arrays()


def narrowed(forecaster: Forecaster) -> Forecaster:
    """Return a forecaster whose family is wrong and whose fallback is not."""
    base, fallback = forecaster.sources
    wrong = tuple(tuple(Narrowed(model) for model in models) for models in base)
    return replace(forecaster, sources=(wrong, fallback))


def streamed(stream: ForecastStream, bars: pd.DataFrame, rows: slice) -> Floats:
    """Return what a stream says of some rows of bars, one by one, (n, H, k, 9)."""
    records = feature_bars(bars)[rows]
    stamps = bars.index[rows]
    return np.array([stream.update(b, s) for b, s in zip(records, stamps, strict=True)])


def joined_forecasts(forecaster: Forecaster, bars: pd.DataFrame) -> pd.DataFrame:
    """Return bars with forecasts beside them, as from a store: none too near to the training."""
    made = forecaster.predict(bars).frame()
    size = bars.index[1] - bars.index[0]
    nearest = forecaster.trained_until + forecaster.settings.horizons[-1] * size
    return bars.join(made[made.index > nearest])
