"""A seeded market that looks like index futures: the project's own data, and its proving ground.

Bars lie on the exchange's sessions and on the tick grid. The standard deviation of a bar's shock is

    sigma_t = bar_sigma * shape(minute of session) * exp(sum_k h_k,t - var(h_k)) * activity_t

with Ornstein-Uhlenbeck log-volatilities h_k and a heavy-tailed activity. Inside a bar the path is
Brownian: a few Gaussian steps, and between them the extremes that a Brownian bridge would reach, so
that ranges have their true size. Moves are fractions of the price, not of its logarithm: without a
drift the price itself is a martingale, up to rounding.

The planted edge is overreaction: a share of every shock is a mispricing x, which then fades,

    move_t = sigma_t z_t - (1 - phi) x_(t-1)
    x_t = phi x_(t-1) + overshoot sigma_t z_t,      phi = 0.5 ** (1 / overshoot_half_life_bars)

The price less the mispricing is a martingale, so that only fading short moves earns; chasing them,
as moving-average crosses do, loses. Both lines together give

    x_t = (phi + overshoot (1 - phi)) x_(t-1) + overshoot move_t

an exponentially weighted sum of past moves, which anybody can know who watches the closes: it is
much like their distance from a moving average. Gaps between sessions are news, and leave x alone.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import get_instrument
from data.bars import PRICE_COLUMNS, check_bars
from data.calendar import session_opens
from data.synthetic_parameters import BAR_MINUTES, BARS_PER_SESSION, DAY_SHAPE, MarketParameters
from utils.errors import ConfigError
from utils.jit import jit
from utils.registry import lookup
from utils.seeding import generator

FIRST_TRADE_DATE = np.datetime64("2024-01-02")
MICRO_STEPS = 5
"""Gaussian steps per bar; the extremes between them are exact, so more steps change little."""

LARGEST_MOVE = 0.2
"""No bar and no gap moves further, as a share of the price: the exchange's own daily limit."""

VOLUME_SHAPE_POWER = 2.2
VOLUME_VOLATILITY_POWER = 0.9
VOLUME_PERSISTENCE = 0.85
VOLUME_NOISE_SD = 0.35
"""How volume follows the day's shape and a bar's volatility, and its own noise in logarithms."""

_Floats = NDArray[np.float64]

PRESETS: dict[str, MarketParameters] = {
    "default": MarketParameters(annual_drift=0.08),
    "martingale": MarketParameters(),
    "planted_edge": MarketParameters(annual_volatility=0.12, overshoot=0.6),
}
"""default: a drift such as equities have. martingale: nothing predicts it, and whatever trades it
loses its costs. planted_edge: 60 % of every shock fades with a half-life of 8 bars; calm enough for
a stop 200 ticks away to lie some five average shocks from the entry.
"""


class _Clock(NamedTuple):
    """When bars open: stamps and bar of the session (n,), and which sessions follow a weekend."""

    stamps: pd.DatetimeIndex
    slot: NDArray[np.int64]
    is_after_weekend: NDArray[np.bool_]


def synthetic_bars(
    n_bars: int, preset: str = "default", seed: int = 0, symbol: str = "MNQ"
) -> pd.DataFrame:
    """Return `n_bars` five-minute bars of a synthetic market, as `check_bars` returns them.

    Equal arguments give bit-identical bars, and a longer market begins with the shorter one.

    Args:
        n_bars: Rows; the first opens the session of 2024-01-02.
        preset: Key of PRESETS.
        seed: Seeds all randomness; presets of one seed share their shocks.
        symbol: Instrument whose tick grid the prices lie on.

    Raises:
        ConfigError: If the preset, the symbol, the seed or the count is not one there can be.
    """
    market = lookup(PRESETS, preset, "preset")
    instrument = get_instrument(symbol)
    if n_bars < 1:
        raise ConfigError(f"`n_bars` must be >= 1, was {n_bars}")
    sigma_rng, path_rng, gap_rng, volume_rng = generator(seed).spawn(4)
    clock = _session_clock(n_bars)
    shape = _day_shape()[clock.slot]
    sigma = market.bar_sigma * shape * _relative_sigma(market, n_bars, sigma_rng)
    moves = _moves(market, sigma, path_rng)
    ticks = _price_ticks(market, moves, _jumps(market, clock, sigma, gap_rng))
    bars = pd.DataFrame(
        instrument.to_prices(ticks), columns=list(PRICE_COLUMNS), index=clock.stamps
    )
    bars["volume"] = _volumes(market, shape, sigma, volume_rng)
    return check_bars(bars, instrument, where=f"synthetic market `{preset}`")


def _session_clock(n_bars: int) -> _Clock:
    dates = np.busday_offset(FIRST_TRADE_DATE, np.arange(-(-n_bars // BARS_PER_SESSION)))
    steps = np.arange(BARS_PER_SESSION) * np.timedelta64(BAR_MINUTES, "m")
    opens = session_opens(dates).tz_localize(None).to_numpy()
    stamps = (opens[:, None] + steps).reshape(-1)[:n_bars]
    return _Clock(
        stamps=pd.DatetimeIndex(stamps, name="timestamp").tz_localize("UTC"),
        slot=np.arange(n_bars) % BARS_PER_SESSION,
        is_after_weekend=np.is_busday(dates, weekmask="Mon"),
    )


def _day_shape() -> _Floats:
    """Return the relative volatility of each bar of a session, with a mean square of 1."""
    minutes, values = zip(*DAY_SHAPE, strict=True)
    shape = np.interp(np.arange(BARS_PER_SESSION) * BAR_MINUTES, minutes, values)
    return np.asarray(shape / np.sqrt(np.mean(shape**2)))


def _relative_sigma(market: MarketParameters, n_bars: int, rng: np.random.Generator) -> _Floats:
    """Return the random part of each bar's volatility, shape (n,), with a mean square of 1."""
    activity_rng, *factor_rngs = rng.spawn(1 + len(market.volatility_factors))
    log_sigma = np.zeros(n_bars)
    for factor, factor_rng in zip(market.volatility_factors, factor_rngs, strict=True):
        phi = _phi(factor.half_life_sessions * BARS_PER_SESSION)
        path = _autoregression(factor_rng.standard_normal(n_bars), phi)
        log_sigma += factor.sd * path - factor.sd**2
    chi_square = activity_rng.chisquare(market.tail_degrees, n_bars)
    return np.asarray(np.exp(log_sigma) * np.sqrt((market.tail_degrees - 2.0) / chi_square))


def _moves(market: MarketParameters, sigma: _Floats, rng: np.random.Generator) -> _Floats:
    """Return how far high, low and close lie from the open, as shares of it, shape (n, 3).

    Args:
        market: The preset.
        sigma: Standard deviation of each bar's shock, shape (n,).
        rng: Consumed row by row, so that a longer market begins with the shorter one.
    """
    step_rng, high_rng, low_rng = rng.spawn(3)
    step_sigma = (sigma / np.sqrt(MICRO_STEPS))[:, None]
    steps = step_sigma * step_rng.standard_normal((len(sigma), MICRO_STEPS))
    pull = _pull(steps.sum(axis=1), _phi(market.overshoot_half_life_bars), market.overshoot)
    steps += ((pull + market.bar_drift) / MICRO_STEPS)[:, None]
    ends = np.clip(np.cumsum(steps, axis=1), -LARGEST_MOVE, LARGEST_MOVE)
    starts = np.hstack([np.zeros((len(sigma), 1)), ends[:, :-1]])
    up = _bridge_reach(ends - starts, step_sigma, high_rng)
    down = _bridge_reach(starts - ends, step_sigma, low_rng)
    high, low = (starts + up).max(axis=1), (starts - down).min(axis=1)
    return np.column_stack([high, low, ends[:, -1]])


def _bridge_reach(step: _Floats, step_sigma: _Floats, rng: np.random.Generator) -> _Floats:
    """Return how far above its start a Brownian path got that ended `step` above it."""
    exponential = rng.standard_exponential(step.shape)
    return np.asarray(0.5 * (step + np.sqrt(step**2 + 2.0 * step_sigma**2 * exponential)))


def _jumps(
    market: MarketParameters, clock: _Clock, sigma: _Floats, rng: np.random.Generator
) -> _Floats:
    """Return the step from the last close to each open, shape (n,): noise, or a session's gap."""
    noise_rng, gap_rng = rng.spawn(2)
    jumps = market.open_noise_sigmas * sigma * noise_rng.standard_normal(len(sigma))
    sigmas = np.where(clock.is_after_weekend, market.weekend_gap_sigmas, market.gap_sigmas)
    jumps[clock.slot == 0] = market.bar_sigma * sigmas * gap_rng.standard_normal(len(sigmas))
    jumps[0] = 0.0
    return np.clip(jumps, -LARGEST_MOVE, LARGEST_MOVE)


def _price_ticks(market: MarketParameters, moves: _Floats, jumps: _Floats) -> _Floats:
    """Return open, high, low and close in whole ticks, shape (n, 4), never below one tick."""
    growth = 1.0 + jumps
    growth[1:] *= 1.0 + moves[:-1, 2]
    open_ = market.start_ticks * np.cumprod(growth)
    prices = np.column_stack([open_, open_[:, None] * (1.0 + moves)])
    return np.maximum(np.rint(prices), 1.0)


def _volumes(
    market: MarketParameters, shape: _Floats, sigma: _Floats, rng: np.random.Generator
) -> _Floats:
    """Return contracts per bar, shape (n,), >= 1: more when the market moves, and in spells."""
    noise = VOLUME_NOISE_SD * _autoregression(rng.standard_normal(len(sigma)), VOLUME_PERSISTENCE)
    level = market.mean_volume * shape**VOLUME_SHAPE_POWER
    relative_sigma = sigma / (market.bar_sigma * shape)
    return np.maximum(np.rint(level * relative_sigma**VOLUME_VOLATILITY_POWER * np.exp(noise)), 1.0)


def _phi(half_life: float) -> float:
    """Return the share that is left after one bar of what halves in `half_life` bars."""
    return float(0.5 ** (1.0 / half_life))


@jit
def _autoregression(shocks: _Floats, phi: float) -> _Floats:
    """Return an autoregression of order one and unit variance, made of unit shocks, shape (n,)."""
    path = np.empty(len(shocks))
    value = shocks[0]
    path[0] = value
    scale = np.sqrt(1.0 - phi * phi)
    for bar in range(1, len(shocks)):
        value = phi * value + scale * shocks[bar]
        path[bar] = value
    return path


@jit
def _pull(shocks: _Floats, phi: float, overshoot: float) -> _Floats:
    """Return the move that fading mispricing brings in each bar, shape (n,); known a bar ahead."""
    pull = np.empty(len(shocks))
    mispricing = 0.0
    for bar in range(len(shocks)):
        pull[bar] = (phi - 1.0) * mispricing
        mispricing = phi * mispricing + overshoot * shocks[bar]
    return pull
