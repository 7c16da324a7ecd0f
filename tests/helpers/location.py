"""Markets of closes and forecast means alone: many sessions, in which moves follow them or not."""

import numpy as np

from config.signal_settings import SIGNALS
from models.forecast.location import LocationEvidence

N_BARS = 48
"""Of a session."""

HORIZON = 6
SPREAD = 0.008


def market(n_sessions, slope, seed, size=0.25):
    """Return sessions, closes, means and spreads, (n,) each.

    Moves have heavy tails and a volatility that comes and goes; each bar's moves on average by
    `slope` times what was forecast of it.

    Args:
        n_sessions: Of N_BARS.
        slope: 0 is a martingale.
        seed: Of all that is drawn.
        size: Deviation of the forecast means, in those of the moves.
    """
    rng = np.random.default_rng(seed)
    n = n_sessions * N_BARS
    volatility = np.exp(0.5 * persistent(rng, n, 200.0))
    bar_sd = SPREAD / 3.3 / np.sqrt(HORIZON)
    view = size * persistent(rng, n, 12.0)
    shocks = rng.standard_t(4, n) / np.sqrt(2.0)
    moves = bar_sd * volatility * shocks
    moves[1:] += slope * bar_sd * view[:-1] / np.sqrt(HORIZON)
    sessions = np.arange(n) // N_BARS
    return sessions, 1e4 * np.exp(np.cumsum(moves)), bar_sd * np.sqrt(HORIZON) * view, spread_of(n)


def spread_of(n):
    """Return the spread of every forecast."""
    return np.full(n, SPREAD)


def persistent(rng, n, length):
    """Return a unit autoregression that remembers about `length` bars."""
    keep = np.exp(-1.0 / length)
    shocks = rng.standard_normal(n) * np.sqrt(1.0 - keep * keep)
    values, value = [], rng.standard_normal()
    for shock in shocks.tolist():
        value = keep * value + shock
        values.append(value)
    return np.array(values)


def shrinks_of(sessions, closes, means, spreads, preset="moderate"):
    """Return what each mean counts for under a preset."""
    steps = LocationEvidence(HORIZON, SIGNALS[preset])
    rows = zip(sessions.tolist(), closes.tolist(), means.tolist(), spreads.tolist(), strict=True)
    return np.array([steps.update(*row) for row in rows])
