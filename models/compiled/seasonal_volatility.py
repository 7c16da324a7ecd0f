"""The volatility of one bar after another, the time of day taken out: state in, numbers out.

A bar's variance is the mean of Parkinson's (1980) and of Garman and Klass's (1980), from its range,
which is several times less noisy than a squared return. Divided by what is usual for its slot of
the session it goes into exponential averages; its return, divided by their root, into averages of
the sign. Which slots there are and what is usual is left to models/forecast/seasonality.py.

State: bars seen, last close, next variance of the GARCH recursion, the averages of the variance,
the averages of standardised returns. At bar t it depends on bars <= t.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.indicators.bar import Bar
from data.indicators.price import log_ratio
from utils.jit import jit, lean_jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

N_FIRST = 3
"""Floats of state before the averages."""

BARS, LAST_CLOSE, GARCH = range(N_FIRST)

LONGEST_Z = 4.0
"""Standardised returns beyond are taken as this, so that one jump does not stand for a trend."""

TWICE_LN_2_LESS_1 = 2.0 * math.log(2.0) - 1.0
FOUR_LN_2 = 4.0 * math.log(2.0)
LEAST_TICKS = 12.0
"""A bar that does not move has the variance of a price rounded to ticks: a tick squared / 12."""


class VolatilityConstants(NamedTuple):
    """What was fitted or set.

    Attributes:
        tick: Points.
        seasonal: (n_slots,) variance that is usual for a bar of each slot, > 0.
        weights: (n_averages,) weight of the newest bar in each average of the variance.
        sign_weights: (n_signs,) likewise of standardised returns.
        reference: Which average a return is standardised by, as one element.
        garch: (4,) omega, alpha, gamma, beta of Glosten, Jagannathan and Runkle (1993); all zero
            where none is asked for.
    """

    tick: float
    seasonal: Floats
    weights: Floats
    sign_weights: Floats
    reference: int
    garch: Floats


@lean_jit
def bar_variance(bar: Bar, tick: float) -> float:
    """Return the variance of one bar that its range tells, in squared log returns, > 0.

    Prices that are not positive count as not moving.
    """
    height, body = log_ratio(bar.high, bar.low), log_ratio(bar.close, bar.open)
    square = height * height
    parkinson = square / FOUR_LN_2
    garman_klass = 0.5 * square - TWICE_LN_2_LESS_1 * body * body
    step = tick / max(abs(bar.close), tick)
    return max(0.5 * (parkinson + garman_klass), step * step / LEAST_TICKS)


@lean_jit
def bar_return(bar: Bar, last_close: float, is_first: bool) -> float:
    """Return a bar's log return: a session's first bar is taken from its own open.

    Args:
        bar: Its `roll_gap` is taken out.
        last_close: Of the bar before, points.
        is_first: Whether there is no bar before.
    """
    if is_first or bar.is_session_start:
        return log_ratio(bar.close, bar.open)
    return log_ratio(bar.close, last_close + bar.roll_gap)


@lean_jit
def volatility_step(
    state: Floats, constants: VolatilityConstants, bar: Bar, slot: int, out: Floats
) -> None:
    """Take one bar into `state` and write what is known at its close.

    Args:
        state: (N_FIRST + n_averages + n_signs,), at birth as `VolatilityLayer` makes it.
        constants: What was fitted.
        bar: A FEATURE_BAR record.
        slot: Of the session.
        out: (1 + 2 n_averages + n_signs,): next variance of the GARCH recursion, averages of the
            variance, their logarithms, averages of standardised returns; all in units of
            `seasonal`.
    """
    n_averages, n_signs = len(constants.weights), len(constants.sign_weights)
    usual = constants.seasonal[slot]
    move = bar_return(bar, state[LAST_CLOSE], state[BARS] == 0.0)
    reference = state[N_FIRST + constants.reference]
    z = move / math.sqrt(usual * reference)
    z = min(max(z, -LONGEST_Z), LONGEST_Z)
    share = bar_variance(bar, constants.tick) / usual
    for i in range(n_averages):
        value = state[N_FIRST + i]
        value += constants.weights[i] * (share - value)
        state[N_FIRST + i] = value
        out[1 + i] = value
        out[1 + n_averages + i] = math.log(value)
    first = N_FIRST + n_averages
    for i in range(n_signs):
        value = state[first + i]
        value += constants.sign_weights[i] * (z - value)
        state[first + i] = value
        out[1 + 2 * n_averages + i] = value
    garch = constants.garch
    slope = garch[1] + (garch[2] if move < 0.0 else 0.0)
    state[GARCH] = garch[0] + slope * move * move / usual + garch[3] * state[GARCH]
    out[0] = state[GARCH]
    state[LAST_CLOSE] = bar.close
    state[BARS] += 1.0


@jit
def volatility_rows(
    state: Floats,
    constants: VolatilityConstants,
    bars: np.recarray,
    slots: Integers,
    out: Floats,
) -> None:
    """Take bars (n,) in their slots (n,) into `state`, and write `out` (n, n_outputs)."""
    for t in range(bars.shape[0]):
        volatility_step(state, constants, bars[t], slots[t], out[t])


@jit
def bar_variances(bars: np.recarray, tick: float, out: Floats) -> None:
    """Write the variance of each bar, (n,)."""
    for t in range(bars.shape[0]):
        out[t] = bar_variance(bars[t], tick)


@jit
def bar_returns(bars: np.recarray, out: Floats) -> None:
    """Write the log return of each bar, (n,): see `bar_return`."""
    last = 0.0
    for t in range(bars.shape[0]):
        out[t] = bar_return(bars[t], last, t == 0)
        last = bars[t].close


@jit
def scaled_by_line(
    rows: Floats, scale: Floats, slopes: Floats, bounds: Floats, out: Floats
) -> None:
    """Write scale times exp(half of a line of the row), summed from left to right: (n,).

    Args:
        rows: (n, k)
        scale: (n,)
        slopes: (k + 1,) intercept first.
        bounds: (2,) what the line is kept between.
        out: (n,)
    """
    for t in range(rows.shape[0]):
        line = slopes[0]
        for i in range(rows.shape[1]):
            line += slopes[i + 1] * rows[t, i]
        line = min(max(line, bounds[0]), bounds[1])
        out[t] = scale[t] * math.exp(0.5 * line)
