"""Momentum features: how far and how one-sidedly price has moved.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import wilder
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import highest, lowest, mean, push
from utils.jit import jit


@jit
def rsi_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the relative strength index.

    State: bars seen, previous close, average gain, average loss.
    """
    length = parameters[0]
    state[0] += 1.0
    change = bar.close - state[1] if state[0] > 1.0 else 0.0
    state[1] = bar.close
    state[2] = wilder(state[2], max(change, 0.0), length)
    state[3] = wilder(state[3], max(-change, 0.0), length)
    out[0] = math.nan
    if state[0] >= length:
        moved = state[2] + state[3]
        out[0] = 100.0 * state[2] / moved if moved > 0.0 else 50.0


@jit
def stochastic_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write fast %K and its simple average %D.

    State: bars seen, window of %K, window of highs, window of lows.
    """
    length, smooth = int(parameters[0]), int(parameters[1])
    highs = state[1 + smooth : 1 + smooth + length]
    lows = state[1 + smooth + length :]
    state[0] += 1.0
    push(highs, bar.high)
    push(lows, bar.low)
    top, bottom = highest(highs), lowest(lows)
    percent = 100.0 * (bar.close - bottom) / (top - bottom) if top > bottom else 50.0
    push(state[1 : 1 + smooth], percent)
    out[:] = math.nan
    if state[0] >= length + smooth - 1:
        out[0] = percent
        out[1] = mean(state[1 : 1 + smooth])


@jit
def roc_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the rate of change over the length. State: bars seen, window of length + 1 closes."""
    closes = state[1:]
    state[0] += 1.0
    push(closes, bar.close)
    out[0] = math.nan
    if state[0] > parameters[0]:
        earlier = closes[0]
        out[0] = 100.0 * (bar.close - earlier) / earlier if earlier > 0.0 else 0.0


MOMENTUM_FEATURES = by_name(
    FeatureSpec(
        name="rsi",
        kernel=rsi_step,
        parameters=(14.0,),
        state_size=4,
        columns=("rsi",),
        warm_up=13,
        centre=50.0,
        spread=12.0,
        formula="100 gain / (gain + loss), Wilder averages over 14 bars; 50 where neither moved",
        source="Wilder (1978); seeded with 0 at the first bar as in `ta`, which gives 100 where "
        "neither moved",
        unit="percent",
        bounds="[0, 100]",
    ),
    FeatureSpec(
        name="stochastic",
        kernel=stochastic_step,
        parameters=(14.0, 3.0),
        state_size=1 + 3 + 2 * 14,
        columns=("stochastic_k", "stochastic_d"),
        warm_up=15,
        centre=50.0,
        spread=30.0,
        formula="%K = 100 (close - lowest low) / (highest high - lowest low) over 14 bars, 50 "
        "where they are equal; %D = mean of 3 %K",
        source="Lane; %K unsmoothed as in `ta` (which gives NaN where the range is zero)",
        unit="percent",
        bounds="[0, 100]",
    ),
    FeatureSpec(
        name="roc",
        kernel=roc_step,
        parameters=(12.0,),
        state_size=1 + 13,
        columns=("roc",),
        warm_up=12,
        centre=0.0,
        spread=0.22,
        formula="100 (close / close 12 bars ago - 1); 0 where the earlier close is not positive",
        source="definition, as in `ta`",
        unit="percent",
        bounds="(-100, unbounded) where prices are positive, else unbounded",
    ),
)
