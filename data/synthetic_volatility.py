"""How volatile each synthetic bar is: time of day, memory, leverage, news and activity.

    sigma_t = bar_sigma * shape(minute of session) * exp(sum_k h_k,t) * news_t * activity_t

with h_k the components of the log-volatility, which the shock of the bar before moves too, and an
activity that makes a Student-t of the shock. What a bar's own shock will be plays no part in it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.synthetic_clock import Clock
from data.synthetic_parameters import (
    BARS_PER_SESSION,
    MarketParameters,
    Shift,
    VolatilityFactor,
    jump_chances,
    persistence,
    usual_volatility,
)
from data.synthetic_path import autoregression

_Floats = NDArray[np.float64]


class Volatility(NamedTuple):
    """Standard deviations of n bars' shocks, as shares of the price, shape (n,) each."""

    usual: _Floats
    """By time of day alone."""
    level: _Floats
    """What the slow and the fast memory make of that: `usual` times it has no jumps or activity."""
    sigma: _Floats
    """With everything."""


def volatility_of(
    market: MarketParameters, clock: Clock, shocks: _Floats, rng: np.random.Generator
) -> Volatility:
    """Return how volatile each bar is.

    Args:
        market: The preset.
        clock: When the bars open.
        shocks: Standard normal shock of each bar, shape (n,); bar t's moves later bars' volatility.
        rng: Spawned from; each stream is consumed row by row, so that a longer market begins with
            the shorter one.
    """
    activity_rng, jump_rng, *factor_rngs = rng.spawn(2 + len(market.volatility_factors))
    n_bars = len(clock.slot)
    is_jump = jump_rng.random(n_bars) < jump_chances(market)[clock.slot]
    log_level = np.zeros(n_bars)
    kicks = np.where(is_jump, market.jump_kick, 0.0)
    for factor, factor_rng in zip(market.volatility_factors, factor_rngs, strict=True):
        log_level += _log_component(factor, shocks, kicks, factor_rng)
        kicks = np.zeros(n_bars)  # news moves the first factor alone
    level = np.exp(log_level) * _shift_factors(market.shift, clock)
    degrees = _tail_degrees(market, clock)
    activity = np.sqrt((degrees - 2.0) / activity_rng.chisquare(degrees))
    usual = market.bar_sigma * usual_volatility(market)[clock.slot]
    news = np.where(is_jump, market.jump_sigmas, 1.0)
    return Volatility(usual=usual, level=level, sigma=usual * level * news * activity)


def _log_component(
    factor: VolatilityFactor, shocks: _Floats, kicks: _Floats, rng: np.random.Generator
) -> _Floats:
    """Return one component of the log-volatility, shape (n,); exp(2 of it) has a mean of 1.

    Args:
        factor: Its parameters.
        shocks: Standard normal shock of each bar.
        kicks: What each bar's news adds to the bars after it.
        rng: For what the market's shocks do not explain.
    """
    phi = persistence(factor.half_life_sessions * BARS_PER_SESSION)
    own = rng.standard_normal(len(shocks))
    innovations = np.sqrt(1.0 - factor.leverage**2) * own
    innovations[1:] += factor.leverage * shocks[:-1]
    innovations[0] = own[0]
    innovations[1:] += kicks[:-1] / (factor.sd * np.sqrt(1.0 - phi**2))
    return factor.log_volatility(autoregression(innovations, phi))


def _shift_factors(shift: Shift | None, clock: Clock) -> _Floats:
    """Return what a break multiplies each bar's volatility by, shape (n,)."""
    if shift is None:
        return np.ones(len(clock.session))
    return np.where(clock.session < shift.after_sessions, 1.0, shift.volatility_factor)


def _tail_degrees(market: MarketParameters, clock: Clock) -> _Floats:
    """Return the degrees of freedom of each bar's activity, shape (n,)."""
    usual = np.full(len(clock.session), market.tail_degrees)
    if market.shift is None:
        return usual
    is_before = clock.session < market.shift.after_sessions
    return np.where(is_before, usual, market.shift.tail_degrees)
