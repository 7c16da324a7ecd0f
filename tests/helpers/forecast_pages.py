"""A forecaster's page of made-up bars, whose quantiles are true, or as wrong as one likes."""

from statistics import NormalDist

import numpy as np

from backtest.forecast_page import ForecastPage
from data.calendar import calendar_of
from data.forecast_names import LEVELS
from data.synthetic import synthetic_bars
from models.forecast.forecast_scores import score_forecasts

NORMAL = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
HORIZONS = (3, 12)


def labels_of(bars, days, horizon):
    """Return the log return over the horizon, NaN where it would cross a trade date's end."""
    closes = np.log(bars["close"].to_numpy())
    y = np.full(len(bars), np.nan)
    is_within = days[horizon:] == days[:-horizon]
    y[:-horizon][is_within] = (closes[horizon:] - closes[:-horizon])[is_within]
    return y


def forecasts_of(bars, horizon, width=1.0):
    """Return normal quantiles of a volatility smoothed over the bars up to each row."""
    moves = np.diff(np.log(bars["close"]), prepend=np.log(bars["close"].iloc[0]))
    mean_square = np.convolve(moves**2, np.full(60, 1 / 60))[: len(bars)]
    smoothed = np.sqrt(mean_square * horizon)
    quantiles = width * smoothed[:, None] * NORMAL
    quantiles[:60] = np.nan
    return quantiles, smoothed


def forecast_page(n_bars=9_000, **changed):
    """Return a page of 9,000 bars at the horizons 3 and 12, about the latter."""
    bars = synthetic_bars(n_bars, "default", seed=4)
    calendar = calendar_of("MNQ")
    days, scores = calendar.trade_dates(bars.index), {}
    for horizon in HORIZONS:
        quantiles, scale = forecasts_of(bars, horizon)
        reference = forecasts_of(bars, horizon, 1.3)[0]
        y = labels_of(bars, days, horizon)
        is_rth = calendar.is_rth(bars.index)
        scores[horizon] = score_forecasts(y, quantiles, reference, days, horizon, is_rth, scale)
    values = {
        "name": "harx_fhs",
        "symbol": "MNQ",
        "horizon": 12,
        "bars": bars,
        "y": y,
        "quantiles": quantiles,
        "reference": reference,
        "raw": forecasts_of(bars, 12, 0.9)[0],
        "scores": scores,
        "provenance": {"family": "harx_fhs", "data": {"sha256": "b" * 90}},
    }
    return ForecastPage(**{**values, **changed})
