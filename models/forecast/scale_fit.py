"""How the volatility layer is fitted: to training bars alone, which are all that it is shown."""

from dataclasses import replace

import numpy as np
import pandas as pd

from config.forecast_settings import ForecastSettings
from config.instruments import get_instrument
from data.indicators.bar import feature_bars
from models.compiled.seasonal_volatility import bar_returns, bar_variances
from models.forecast.clock import Places, SessionClock
from models.forecast.family import Floats, Integers
from models.forecast.garch import NO_GARCH, fit_garch
from models.forecast.scale import VolatilityLayer
from models.forecast.seasonality import seasonal_variances
from models.forecast.targets import forecast_targets
from utils.errors import DataError
from utils.wording import counted

LEAST_HALF_LIFE = 6
"""Bars; shorter averages are too restless to be a scale themselves."""

LEAST_SESSIONS = 5
"""Training sessions that the time of day can be told from, at least."""


def fit_layer(
    bars: pd.DataFrame, settings: ForecastSettings, first: int, clock: SessionClock, has_garch: bool
) -> VolatilityLayer:
    """Return the layer that training bars give.

    Args:
        bars: Up to the last training bar, oldest first; earlier ones than `first` only warm up.
        settings: Symbol and horizons are used.
        first: Row of the first training bar.
        clock: Of the bars.
        has_garch: Whether it is to forecast by GARCH too.

    Raises:
        DataError: If there are too few sessions, or prices stand still.
    """
    places = clock.places(pd.DatetimeIndex(bars.index))
    own = slice(first, len(bars))
    _check_training_bars(bars.iloc[own], places.sessions[own])
    records, tick = feature_bars(bars), get_instrument(settings.symbol).tick_size
    variances = np.empty(len(bars))
    bar_variances(records, tick, variances)
    seasonal = seasonal_variances(
        variances[own], places.slots[own], places.sessions[own], clock.n_slots
    )
    layer = VolatilityLayer(
        clock=clock,
        tick=tick,
        horizons=settings.horizons,
        seasonal=seasonal,
        choices=np.zeros(len(settings.horizons), dtype=np.int64),
        garch=_garch(records, places, seasonal, own) if has_garch else NO_GARCH,
    )
    realised = forecast_targets(bars, settings.symbol, settings.horizons).realised
    realised[:first] = np.nan
    return replace(layer, choices=_choices(layer, records, places, realised))


def _check_training_bars(bars: pd.DataFrame, sessions: Integers) -> None:
    """Refuse bars that no volatility can be learnt from."""
    n_sessions = len(np.unique(sessions))
    if n_sessions < LEAST_SESSIONS:
        raise DataError(
            f"a forecast learns from at least {LEAST_SESSIONS} sessions, the training rows have "
            f"{n_sessions}: {counted(LEAST_SESSIONS - n_sessions, 'session')} missing; give more "
            "bars"
        )
    if bars["high"].max() == bars["low"].min():
        raise DataError(
            f"all prices of the {len(bars):,} training bars are {bars['close'].iloc[0]:g}: there "
            "is nothing to forecast; give bars of a market that trades"
        )


def _garch(records: np.recarray, places: Places, seasonal: Floats, own: slice) -> Floats:
    """Return the parameters that the returns have once the time of day is taken out."""
    returns = np.empty(len(records))
    bar_returns(records, returns)
    return fit_garch((returns / np.sqrt(seasonal[places.slots]))[own])


def _choices(
    layer: VolatilityLayer, records: np.recarray, places: Places, realised: Floats
) -> Integers:
    """Return which average foretells the variance of each horizon best, (n_horizons,).

    By the mean of ln f + realised / f, which is least where f is the expected variance (Patton,
    2011).

    Args:
        layer: Without choices.
        records: Of all bars.
        places: Of all bars.
        realised: (n, n_horizons), NaN where a row is not to be judged by.
    """
    out = layer.run(records, places.slots, layer.birth())
    usual = layer.outlook(places.is_open).usual[places.patterns, places.slots]
    candidates = [i for i, life in enumerate(layer.half_lives) if life >= LEAST_HALF_LIFE]
    losses = [
        [_loss(out[:, 1 + i] * usual[:, place], realised[:, place]) for i in candidates]
        for place in range(len(layer.horizons))
    ]
    best = [candidates[int(np.argmin(own))] for own in losses]
    return np.array(best, dtype=np.int64)


def _loss(forecast: Floats, realised: Floats) -> float:
    """Return the mean loss of a variance forecast where the variance is known."""
    known = np.isfinite(realised) & np.isfinite(forecast)
    if not known.any():
        raise DataError(
            "no training bar has both its volatility and its label: give more sessions, or shorter "
            "horizons"
        )
    own = forecast[known]
    return float(np.mean(np.log(own) + realised[known] / own))
