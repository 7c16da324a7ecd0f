"""How prices move inside a synthetic bar and from bar to bar; compiled, one bar after the other."""

import math

import numpy as np
from numpy.typing import NDArray

from utils.jit import jit

MICRO_STEPS = 5
"""Gaussian steps per bar; the extremes between them are exact, so more steps change little."""

LARGEST_MOVE = 0.2
"""No bar and no gap moves further, as a share of the price: the exchange's own daily limit."""

_Floats = NDArray[np.float64]


@jit
def price_path(
    gaps: _Floats,
    sigma: _Floats,
    drift: _Floats,
    drift_price: _Floats,
    draws: tuple[_Floats, _Floats, _Floats],
    market: tuple[float, float, float],
) -> _Floats:
    """Return open, high, low and close of every bar, shape (n, 4), in units of the first price.

    Args:
        gaps: Step from the last close to each open, as a share of the price, shape (n,).
        sigma: Standard deviation of each bar's shock, as a share of the open, shape (n,).
        drift: Expected move of each bar, as a share of the open, shape (n,).
        drift_price: A further expected move, in units of the first price, shape (n,).
        draws: Standard normal steps, and standard exponentials for the way up and down, each
            (n, MICRO_STEPS).
        market: First price; overshoot; share phi of a mispricing that is left after a bar.
    """
    start, overshoot, phi = market
    ohlc = np.empty((len(sigma), 4))
    price, mispricing = start, 0.0
    for bar in range(len(sigma)):
        open_ = price * (1.0 + _limited(gaps[bar]))
        pull = drift[bar] + drift_price[bar] / open_ + (phi - 1.0) * mispricing
        high, low, close, shock = _bar(
            sigma[bar], pull, draws[0][bar], draws[1][bar], draws[2][bar]
        )
        mispricing = phi * mispricing + overshoot * shock
        price = open_ * (1.0 + _limited(close))
        ohlc[bar, 0] = open_
        ohlc[bar, 1] = open_ * (1.0 + _limited(high))
        ohlc[bar, 2] = open_ * (1.0 + _limited(low))
        ohlc[bar, 3] = price
    return ohlc


@jit
def _bar(
    sigma: float, pull: float, normals: _Floats, ups: _Floats, downs: _Floats
) -> tuple[float, float, float, float]:
    """Return how far high, low and close lie from the open, and the close's part that is shock."""
    n_steps = len(normals)
    step_sigma = sigma / np.sqrt(n_steps)
    level, high, low, shock = 0.0, 0.0, 0.0, 0.0
    for i in range(n_steps):
        random = step_sigma * normals[i]
        step = random + pull / n_steps
        high = max(high, level + _bridge_reach(step, step_sigma, ups[i]))
        low = min(low, level - _bridge_reach(-step, step_sigma, downs[i]))
        level += step
        shock += random
    return high, low, level, shock


@jit
def _bridge_reach(step: float, sigma: float, exponential: float) -> float:
    """Return how far above its start a Brownian path got that ended `step` above it."""
    return 0.5 * (step + math.sqrt(step * step + 2.0 * sigma * sigma * exponential))


@jit
def _limited(move: float) -> float:
    return min(max(move, -LARGEST_MOVE), LARGEST_MOVE)


@jit
def autoregression(shocks: _Floats, phi: float) -> _Floats:
    """Return an autoregression of order one and unit variance, made of unit shocks, shape (n,)."""
    path = np.empty(len(shocks))
    value = shocks[0]
    path[0] = value
    scale = np.sqrt(1.0 - phi * phi)
    for bar in range(1, len(shocks)):
        value = phi * value + scale * shocks[bar]
        path[bar] = value
    return path
