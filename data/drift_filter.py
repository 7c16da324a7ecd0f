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
        ConfigError: If `shock_sd_ticks` is not positive.
    """
    if not shock_sd_ticks > 0:
        raise ConfigError(f"`shock_sd_ticks` must be > 0, was {shock_sd_ticks}")
    phi, variance = edge.persistence, edge.sd_ticks**2
    noise = (edge.signal_noise * edge.sd_ticks) ** 2 / edge.n_signals
    # Between two closes the signals and the move add up: one view of all their information.
    both = noise / (1.0 + noise / shock_sd_ticks**2)
    fresh = (1.0 - phi**2) * variance
    # The error's variance before the signals, p = phi^2 p both / (p + both) + fresh, solved for p.
    half = 0.5 * (fresh - (1.0 - phi**2) * both)
    before = half + math.sqrt(half**2 + fresh * both)
    gain = before / (before + noise)
    after = (1.0 - gain) * before
    return SteadyFilter(
        persistence=phi,
        gain=gain,
        sd_ticks=math.sqrt(variance - after),
        error_sd_ticks=math.sqrt(after),
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
