"""Forecasts made by hand, out of fold: a straight line for the mean, past residuals for the rest.

Each block of sessions is forecast from the sessions before it alone, one left out between.
"""

import numpy as np
import pandas as pd

from data.calendar import calendar_of
from data.forecast_names import HEADS, LEVELS, fallback_column, quantile_column

BLOCK_SESSIONS = 10
FIRST_SESSIONS = 20
PENALTY = 100.0


def with_linear_forecasts(bars, inputs, horizon=12, symbol="MNQ"):
    """Return the bars with the columns of one horizon; NaN before the first block.

    Args:
        bars: Checked bars.
        inputs: (n, k), row t from bars <= t; what the mean is a line of.
        horizon: Bars ahead.
        symbol: Whose sessions they have.
    """
    dates = calendar_of(symbol).trade_dates(bars.index)
    sessions = np.unique(dates, return_inverse=True)[1]
    scale = volatility(bars["close"].to_numpy()) * np.sqrt(horizon)
    labels = moves_ahead(bars, sessions, horizon) / scale[:, None]
    forecasts = np.full((len(bars), len(HEADS), len(LEVELS)), np.nan)
    for first in range(FIRST_SESSIONS, sessions[-1] + 1, BLOCK_SESSIONS):
        train = (sessions < first - 1) & np.isfinite(labels[:, 0]) & np.isfinite(scale)
        block = (sessions >= first) & (sessions < first + BLOCK_SESSIONS)
        weights = ridge(inputs[train], labels[train, 0])
        residuals = labels[train] - (inputs[train] @ weights)[:, None] * IS_MOVED
        around = np.quantile(residuals, LEVELS, axis=0).T
        means = (inputs[block] @ weights)[:, None, None] * IS_MOVED[:, None]
        forecasts[block] = (means + around) * scale[block, None, None]
    names = [quantile_column(horizon, level, head) for head in HEADS for level in LEVELS]
    columns = dict(zip(names, forecasts.reshape(len(bars), -1).T, strict=True))
    return bars.assign(**columns, **{fallback_column(horizon): 0.0})


IS_MOVED = np.array([1.0, 0.0, 0.0])
"""The extremes are forecast without a line."""


def ridge(inputs, labels):
    """Return the weights of a line through the origin."""
    products = inputs.T @ inputs + PENALTY * np.eye(inputs.shape[1])
    return np.linalg.solve(products, inputs.T @ labels)


def volatility(close, half_life=100):
    """Return the exponentially weighted deviation of log returns, row t from closes <= t."""
    moves = pd.Series(np.diff(np.log(close), prepend=np.log(close[:1])))
    return np.sqrt((moves**2).ewm(halflife=half_life, min_periods=50).mean()).to_numpy()


def moves_ahead(bars, sessions, horizon):
    """Return last close, lowest low and highest high of the next bars, (n, 3) log ratios.

    NaN where they cross the session's end.
    """
    close = np.log(bars["close"].to_numpy())
    labels = np.full((len(bars), 3), np.nan)
    last = len(bars) - horizon
    within = np.flatnonzero(sessions[horizon:] == sessions[:last])
    low = np.lib.stride_tricks.sliding_window_view(np.log(bars["low"].to_numpy()), horizon)
    high = np.lib.stride_tricks.sliding_window_view(np.log(bars["high"].to_numpy()), horizon)
    labels[within, 0] = close[within + horizon] - close[within]
    labels[within, 1] = low[within + 1].min(axis=1) - close[within]
    labels[within, 2] = high[within + 1].max(axis=1) - close[within]
    return labels


def smoothed(values, half_lives=(4, 8, 16)):
    """Return exponential averages of a column, one per half-life, (n, k), of deviation one."""
    averages = [pd.Series(values).ewm(halflife=each).mean().to_numpy() for each in half_lives]
    stacked = np.stack(averages, axis=1)
    return stacked / stacked[:5_000].std(axis=0)
