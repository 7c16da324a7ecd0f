"""A seeded market that looks like index futures: the project's own data, and its proving ground.

Bars lie on the exchange's sessions, holidays and half days included, and on the tick grid. How
volatile each bar is, data/synthetic_volatility.py says; how prices move in it, data/
synthetic_path.py: inside a bar the path is Brownian, a few Gaussian steps and between them the
extremes that a Brownian bridge would reach, so that ranges have their true size. Moves are
fractions of the price, not of its logarithm: without a drift the price itself is a martingale, up
to rounding.

Overreaction, where a preset has it: a share of every shock is a mispricing x, which then fades,

    move_t = sigma_t z_t - (1 - phi) x_(t-1)
    x_t = phi x_(t-1) + overshoot sigma_t z_t,      phi = 0.5 ** (1 / overshoot_half_life_bars)

The price less the mispricing is a martingale, so that only fading short moves earns; chasing them,
as moving-average crosses do, loses. Both lines together give

    x_t = (phi + overshoot (1 - phi)) x_(t-1) + overshoot move_t

an exponentially weighted sum of past moves, which anybody can know who watches the closes: it is
much like their distance from a moving average. Gaps between sessions are news, and leave x alone.
The default market has a trace of it that fades within a bar: closes bounce a little.

Prices run through without rolls; contracts that expire are made by data/synthetic_contracts.py.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import get_instrument
from data.bars import PRICE_COLUMNS, check_bars
from data.planted_edge import latent_drift
from data.synthetic_clock import Clock, clock_of
from data.synthetic_parameters import BARS_PER_SESSION, BARS_PER_YEAR, MarketParameters, persistence
from data.synthetic_path import MICRO_STEPS, autoregression, price_path
from data.synthetic_presets import PRESETS
from data.synthetic_volatility import Volatility, volatility_of
from utils.registry import lookup
from utils.seeding import generator

__all__ = [
    "PRESETS",
    "MarketPath",
    "market_bars",
    "market_path",
    "price_columns",
    "synthetic_bars",
    "volume_level",
]

VOLUME_SHAPE_POWER = 2.9
VOLUME_VOLATILITY_POWER = 0.9
VOLUME_PERSISTENCE = 0.85
VOLUME_NOISE_SD = 0.35
"""How volume follows the day's shape and a bar's volatility, and its own noise in logarithms."""

VOLUME_LEVELS = {"NQ": 0.4}
"""What of the volume of MNQ others have; 1 where nothing is said."""

_Floats = NDArray[np.float64]


class MarketPath(NamedTuple):
    """A market before its prices are put on a grid."""

    clock: Clock
    ticks: _Floats
    """Open, high, low and close, in ticks and fractions of them, shape (n, 4)."""
    volume: _Floats
    """Contracts, not rounded, shape (n,)."""
    signals: dict[str, _Floats]
    """What shows a planted edge, shape (n,) each; empty where none is planted."""


def synthetic_bars(
    n_bars: int, preset: str = "default", seed: int = 0, symbol: str = "MNQ"
) -> pd.DataFrame:
    """Return `n_bars` five-minute bars of a synthetic market, as `check_bars` returns them.

    Equal arguments give bit-identical bars, and a longer market begins with the shorter one. The
    hours are those of the CME's equity index futures, whatever the symbol.

    Args:
        n_bars: Rows, up to 5 million; the first opens the session of 2024-01-02.
        preset: Key of PRESETS.
        seed: Seeds all randomness; presets of one seed share their shocks.
        symbol: Instrument whose tick grid the prices lie on.

    Returns:
        OHLCV, and for presets with a planted edge the columns `signal_1` and so on: what is known
        of the next bar's drift at the close of each.

    Raises:
        ConfigError: If the preset, the symbol, the seed or the count is not one there can be.
    """
    market = lookup(PRESETS, preset, "preset")
    return market_bars(n_bars, market, seed, symbol)


def market_bars(
    n_bars: int, market: MarketParameters, seed: int = 0, symbol: str = "MNQ"
) -> pd.DataFrame:
    """Return what `synthetic_bars` does for parameters of one's own, e.g. a changed preset.

    Raises:
        ConfigError: As for `synthetic_bars`.
    """
    instrument = get_instrument(symbol)
    path = market_path(n_bars, market, seed)
    bars = pd.DataFrame(index=path.clock.stamps)
    bars[list(PRICE_COLUMNS)] = instrument.to_prices(price_columns(path.ticks))
    bars["volume"] = np.maximum(np.rint(volume_level(instrument.symbol) * path.volume), 1.0)
    return check_bars(bars.assign(**path.signals), instrument, where="synthetic market")


def volume_level(symbol: str) -> float:
    """Return how much volume an instrument has, MNQ having 1."""
    return VOLUME_LEVELS.get(symbol, 1.0)


def price_columns(ticks: _Floats) -> _Floats:
    """Return prices of any shape as whole ticks, never below one."""
    return np.maximum(np.rint(ticks), 1.0)


def market_path(n_bars: int, market: MarketParameters, seed: int) -> MarketPath:
    """Return the market before it is rounded.

    Raises:
        ConfigError: If the seed or the count is not one there can be.
    """
    clock = clock_of(n_bars)
    volatility_rng, path_rng, gap_rng, volume_rng, drift_rng = generator(seed).spawn(5)
    normal_rng, up_rng, down_rng = path_rng.spawn(3)
    normals = normal_rng.standard_normal((n_bars, MICRO_STEPS))
    shocks = normals.sum(axis=1) / np.sqrt(MICRO_STEPS)
    volatility = volatility_of(market, clock, shocks, volatility_rng)
    edge_rng, regime_rng = drift_rng.spawn(2)
    drift_ticks, signals = _planted(market, n_bars, edge_rng)
    ticks = price_path(
        _gaps(market, clock, volatility, gap_rng),
        volatility.sigma,
        _drift(market, n_bars, regime_rng),
        drift_ticks,
        (
            normals,
            up_rng.standard_exponential(normals.shape),
            down_rng.standard_exponential(normals.shape),
        ),
        (
            float(market.start_ticks),
            market.overshoot,
            persistence(market.overshoot_half_life_bars),
        ),
    )
    return MarketPath(clock, ticks, _volumes(market, volatility, volume_rng), signals)


def _gaps(
    market: MarketParameters, clock: Clock, volatility: Volatility, rng: np.random.Generator
) -> _Floats:
    """Return the step from the last close to each open, shape (n,): noise, or a session's gap."""
    noise_rng, gap_rng = rng.spawn(2)
    noise = noise_rng.standard_normal(len(clock.session))
    gaps = market.open_noise_sigmas * volatility.sigma * noise
    sigmas = np.where(clock.is_after_weekend, market.weekend_gap_sigmas, market.gap_sigmas)
    first = clock.is_first
    gap_sigma = market.bar_sigma * sigmas * volatility.level[first]
    gaps[first] = gap_sigma * gap_rng.standard_normal(len(sigmas))
    gaps[0] = 0.0
    return gaps


def _drift(market: MarketParameters, n_bars: int, rng: np.random.Generator) -> _Floats:
    """Return the expected move of each bar, shape (n,): the long run's, and a slow regime's."""
    phi = persistence(market.drift_regime_half_life_sessions * BARS_PER_SESSION)
    regime = market.drift_regime_sd * autoregression(rng.standard_normal(n_bars), phi)
    return (market.annual_drift + regime) / BARS_PER_YEAR


def _planted(
    market: MarketParameters, n_bars: int, rng: np.random.Generator
) -> tuple[_Floats, dict[str, _Floats]]:
    """Return the planted drift of each bar, ticks, shape (n,), and the columns that show it."""
    if market.edge is None:
        return np.zeros(n_bars), {}
    drift_ticks, signals = latent_drift(n_bars, market.edge, rng)
    names = market.edge.signal_columns
    return drift_ticks, dict(zip(names, signals.T, strict=True))


def _volumes(market: MarketParameters, volatility: Volatility, rng: np.random.Generator) -> _Floats:
    """Return contracts per bar, shape (n,): more when the market moves, and in spells."""
    noise = autoregression(rng.standard_normal(len(volatility.sigma)), VOLUME_PERSISTENCE)
    usual = (volatility.usual / market.bar_sigma) ** VOLUME_SHAPE_POWER
    extra = (volatility.sigma / volatility.usual) ** VOLUME_VOLATILITY_POWER
    return market.mean_volume * usual * extra * np.exp(VOLUME_NOISE_SD * noise)
