"""Fitted inputs as arrays by name, and back; strings are left to the manifest beside them."""

import numpy as np

from config.forecast_settings import ForecastSettings
from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from models.forecast.averaged_features import AveragedFeatures
from models.forecast.clock import NS_PER_DAY, NS_PER_SECOND, SessionClock
from models.forecast.families import sees_features
from models.forecast.family import Arrays
from models.forecast.garch import N_PARAMETERS, persistence_of
from models.forecast.input_rows import standardised_columns
from models.forecast.inputs import ForecastInputs
from models.forecast.scale import VolatilityLayer, half_lives
from models.forecast.stored_arrays import (
    check_names,
    floats_of,
    integers_of,
    positive_of,
)
from utils.errors import ArtifactError

BAR_SECONDS, SEASONAL, CHOICES, GARCH = "bar_seconds", "seasonal", "choices", "garch"
DAY_SECONDS = NS_PER_DAY // NS_PER_SECOND


def input_arrays(inputs: ForecastInputs) -> Arrays:
    """Return all that was fitted, by name."""
    layer = inputs.layer
    arrays = {
        BAR_SECONDS: np.array([layer.clock.bar_seconds]),
        SEASONAL: layer.seasonal,
        CHOICES: layer.choices,
        GARCH: layer.garch,
    }
    for horizon, scaler in zip(layer.horizons, inputs.scalers, strict=True):
        centre, spread = _scaler_names(horizon)
        arrays[centre], arrays[spread] = np.array(scaler.centre), np.array(scaler.spread)
    return arrays


def inputs_of_arrays(
    settings: ForecastSettings, features: FeatureSet, arrays: Arrays, where: str
) -> ForecastInputs:
    """Return the inputs that `input_arrays` was taken of.

    Args:
        settings: With which they were fitted.
        features: Likewise, e.g. of `FeatureSet.from_dict`.
        arrays: By name.
        where: What to call their file in an error.

    Raises:
        ArtifactError: Naming the file and the first array that does not fit.
    """
    names = [name for horizon in settings.horizons for name in _scaler_names(horizon)]
    check_names(arrays, (BAR_SECONDS, SEASONAL, CHOICES, GARCH, *names), where)
    layer = _layer(settings, arrays, where)
    is_seen = sees_features(settings.family)
    seen = AveragedFeatures(features, settings.averages, is_seen)
    scalers = tuple(
        _scaler(layer, seen, place, arrays, where) for place in range(len(layer.horizons))
    )
    return ForecastInputs(
        layer=layer,
        features=features,
        scalers=scalers,
        averages=settings.averages,
        sees_features=is_seen,
    )


def _layer(settings: ForecastSettings, arrays: Arrays, where: str) -> VolatilityLayer:
    seconds = int(integers_of(arrays, BAR_SECONDS, (1,), DAY_SECONDS, where)[0])
    if seconds == 0:
        raise ArtifactError(f"`{where}`: array `{BAR_SECONDS}` must be >= 1, was 0; retrain")
    clock = SessionClock.of(settings.symbol, seconds)
    n_averages = len(half_lives(clock.session_bars))
    garch = floats_of(arrays, GARCH, (N_PARAMETERS,), where)
    if not 0.0 <= persistence_of(garch) < 1.0 or (garch[[0, 1, 3]] < 0.0).any():
        raise ArtifactError(f"`{where}`: array `{GARCH}` is of no process that lasts; retrain")
    return VolatilityLayer(
        clock=clock,
        tick=get_instrument(settings.symbol).tick_size,
        horizons=settings.horizons,
        seasonal=positive_of(arrays, SEASONAL, (clock.n_slots,), where),
        choices=integers_of(arrays, CHOICES, (len(settings.horizons),), n_averages, where),
        garch=garch,
    )


def _scaler(
    layer: VolatilityLayer, features: AveragedFeatures, place: int, arrays: Arrays, where: str
) -> Scaler:
    columns = standardised_columns(layer, features.columns, place)
    centre, spread = _scaler_names(layer.horizons[place])
    return Scaler(
        columns=columns,
        centre=tuple(floats_of(arrays, centre, (len(columns),), where).tolist()),
        spread=tuple(positive_of(arrays, spread, (len(columns),), where).tolist()),
        kind="standard",
    )


def _scaler_names(horizon: int) -> tuple[str, str]:
    return f"h{horizon}/centre", f"h{horizon}/spread"
