"""What the signals of a planted edge tell about its drift: the steady-state Kalman filter.

The mean of the signals, put back into ticks, is a view z_t of the drift of bar t + 1 under noise of
variance (noise sd_ticks)^2 / n_signals. The filter keeps the drift's mean given all signals so far,

    m_t = phi m_(t-1) + gain (z_t - phi m_(t-1)),     m_t = E[drift_(t+1) | signals <= t]

which is itself an autoregression with the drift's own phi, and of variance sd_ticks^2 less that of
the error. So m_t and the position are all that an optimal policy needs to know.

Moves of the price are one more view, of the drift of the bar that has just closed. Its noise is the
price shock, many times larger than the drift, so it adds next to nothing: `steady_filter` says how
little when it is told the size of the shocks. The filter here leaves it out.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.planted_edge import PlantedEdge
from utils.errors import ConfigError
from utils.jit import jit

MAX_SIGNAL_NOISE = 1e8
"""Noise of a signal, in deviations of the drift, beyond which the filter is not asked for."""

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyFilter:
    """The filter once it has forgotten how it began.

    Attributes:
        persistence: Share phi of the filtered mean that is left after one bar.
        gain: Weight of the newest view's surprise, in (0, 1].
        sd_ticks: Standard deviation of the filtered mean, ticks per bar.
        error_sd_ticks: Standard deviation of the drift around it, ticks per bar.
    """

    persistence: float
    gain: float
    sd_ticks: float
    error_sd_ticks: float


def steady_filter(edge: PlantedEdge, shock_sd_ticks: float = math.inf) -> SteadyFilter:
    """Return the steady-state filter of an edge's drift.

    Args:
        edge: The edge.
        shock_sd_ticks: Standard deviation of a bar's shock, ticks, > 0: moves are then a view of
            the drift too. Infinity: signals only.

    Raises:
        ConfigError: If `shock_sd_ticks` is not positive, or the signals are too noisy to show
            anything.
    """
    _check_bounds(edge, shock_sd_ticks)
    noise = edge.signal_noise**2 / edge.n_signals  # this and all below in variances of the drift
    shock = shock_sd_ticks / edge.sd_ticks
    # Between two closes the signals and the move add up: one view of all their information.
    both = noise / (1.0 + noise / shock**2)
    phi, fresh = edge.persistence, -math.expm1(-2.0 * math.log(2.0) / edge.half_life_bars)
    # The error's variance before the signals, p = phi^2 p both / (p + both) + fresh, solved for p
    # in the form that subtracts no nearly equal numbers.
    half = 0.5 * fresh * (1.0 - both)
    root = math.sqrt(half**2 + fresh * both)
    before = half + root if half > 0 else fresh * both / (root - half)
    gain = before / (before + noise)
    # What was known before the signals, 1 - p = phi^2 / fresh p^2 / (p + both), and what they add.
    known = phi**2 / fresh * before**2 / (before + both) + gain * before
    return SteadyFilter(
        persistence=phi,
        gain=gain,
        sd_ticks=edge.sd_ticks * math.sqrt(min(known, 1.0)),
        error_sd_ticks=edge.sd_ticks * math.sqrt(noise * gain),
    )


def _check_bounds(edge: PlantedEdge, shock_sd_ticks: float) -> None:
    if not shock_sd_ticks > 0:
        raise ConfigError(f"`shock_sd_ticks` must be > 0, was {shock_sd_ticks}")
    if edge.signal_noise > MAX_SIGNAL_NOISE:
        raise ConfigError(
            f"`signal_noise` must be <= {MAX_SIGNAL_NOISE:g} for a drift to be seen in its "
            f"signals, was {edge.signal_noise:g}"
        )


def filtered_drift(signals: _Floats, edge: PlantedEdge) -> NDArray[np.float64]:
    """Return what is expected of the next bar's drift at each close, shape (n,), ticks.

    Row t uses signals <= t. The filter begins at 0, so that the first rows (some 20 at a half-life
    of 8 bars) are a little too near to it.

    Args:
        signals: As `latent_drift` returns them, shape (n, n_signals).
        edge: The edge they belong to.

    Raises:
        ConfigError: If there are not as many signals as the edge has.
    """
    if signals.ndim != 2 or signals.shape[1] != edge.n_signals:
        raise ConfigError(
            f"`signals` must have the shape (n, {edge.n_signals}) of this edge, was {signals.shape}"
        )
    views = edge.sd_ticks / edge.signal_loading * signals.mean(axis=1)
    steady = steady_filter(edge)
    return _smoothed(views, steady.persistence, steady.gain)


@jit
def _smoothed(views: _Floats, phi: float, gain: float) -> _Floats:
    """Return the filtered mean after each view, shape (n,)."""
    means = np.empty(len(views))
    mean = 0.0
    for bar in range(len(views)):
        carried = phi * mean
        mean = carried + gain * (views[bar] - carried)
        means[bar] = mean
    return means
