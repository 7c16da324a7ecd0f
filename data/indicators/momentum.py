"""Momentum features: how far and how one-sidedly price has moved.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, in_ranges, wilder
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import highest, lowest, mean, push
from utils.jit import lean_jit

RSI_STATE = 4
"""Floats of state: bars seen, the previous close, the average gain, the average loss."""


@lean_jit
def relative_strength(state: Floats, close: float, length: float) -> float:
    """Take in a close and return its relative strength index, NaN while that is warming up.

    Args:
        state: RSI_STATE floats: bars seen, previous close, average gain, average loss.
        close: Of the new bar.
        length: Of Wilder's averages, in bars.
    """
    state[0] += 1.0
    change = close - state[1] if state[0] > 1.0 else 0.0
    state[1] = close
    state[2] = wilder(state[2], max(change, 0.0), length)
    state[3] = wilder(state[3], max(-change, 0.0), length)
    if state[0] < length:
        return math.nan
    moved: float = state[2] + state[3]
    return 100.0 * state[2] / moved if moved > 0.0 else 50.0


@lean_jit
def rsi_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the relative strength index. State: RSI_STATE."""
    out[0] = relative_strength(state, bar.close, parameters[0])


@lean_jit
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
    smoothed = mean(state[1 : 1 + smooth])
    out[0], out[1] = math.nan, math.nan
    if state[0] >= length + smooth - 1:
        out[0] = percent
        out[1] = smoothed


@lean_jit
def roc_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the rate of change over the length. State: bars seen, window of length + 1 closes."""
    closes = state[1:]
    state[0] += 1.0
    push(closes, bar.close)
    earlier = closes[0]
    out[0] = math.nan
    if state[0] > parameters[0]:
        out[0] = 100.0 * (bar.close - earlier) / earlier if earlier > 0.0 else 0.0


@lean_jit
def momentum_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change of the close in true ranges.

    State: bars seen, window of length + 1 closes, ATR state.
    """
    n_closes = int(parameters[0]) + 1
    closes = state[1 : 1 + n_closes]
    state[0] += 1.0
    push(closes, bar.close)
    change = bar.close - closes[0]
    atr = average_true_range(state[1 + n_closes :], bar, parameters[1], state[0])
    out[0] = math.nan
    if state[0] >= max(parameters[0] + 1.0, parameters[1]):
        out[0] = in_ranges(change, atr, bar.close)


def _rsi(name: str, length: int, spread: float) -> FeatureSpec:
    """Return the relative strength index of one length."""
    return FeatureSpec(
        name=name,
        kernel=rsi_step,
        parameters=(float(length),),
        state_size=RSI_STATE,
        price_state=((1, 2),),
        columns=(name,),
        warm_up=length - 1,
        centre=50.0,
        spread=spread,
        formula=f"100 gain / (gain + loss), Wilder averages over {length} bars; 50 where neither "
        "moved",
        source="Wilder (1978); seeded with 0 at the first bar as in `ta`, which gives 100 where "
        "neither moved",
        unit="percent",
        bounds="[0, 100]",
    )


def _roc(name: str, length: int, spread: float) -> FeatureSpec:
    """Return the rate of change over one length."""
    return FeatureSpec(
        name=name,
        kernel=roc_step,
        parameters=(float(length),),
        state_size=2 + length,
        price_state=((1, 2 + length),),
        columns=(name,),
        lookback=length + 1,
        warm_up=length,
        centre=0.0,
        spread=spread,
        formula=f"100 (close / close {length} bars ago - 1); 0 where the earlier close is not "
        "positive",
        source="definition, as in `ta`",
        unit="percent",
        bounds="(-100, unbounded) where prices are positive, else unbounded",
    )


MOMENTUM_FEATURES = by_name(
    _rsi("rsi", 14, 12.0),
    _rsi("rsi_7", 7, 17.0),
    _rsi("rsi_21", 21, 10.0),
    FeatureSpec(
        name="stochastic",
        kernel=stochastic_step,
        parameters=(14.0, 3.0),
        state_size=1 + 3 + 2 * 14,
        price_state=((4, 32),),
        columns=("stochastic_k", "stochastic_d"),
        lookback=16,
        warm_up=15,
        centre=50.0,
        spread=30.0,
        formula="%K = 100 (close - lowest low) / (highest high - lowest low) over 14 bars, 50 "
        "where they are equal; %D = mean of 3 %K",
        source="Lane; %K unsmoothed as in `ta` (which gives NaN where the range is zero)",
        unit="percent",
        bounds="[0, 100]",
    ),
    _roc("roc", 12, 0.22),
    _roc("roc_3", 3, 0.11),
    _roc("roc_36", 36, 0.4),
    FeatureSpec(
        name="momentum_10",
        kernel=momentum_step,
        parameters=(10.0, 14.0),
        state_size=1 + 11 + ATR_STATE,
        price_state=((1, 13),),
        columns=("momentum_10",),
        warm_up=13,
        centre=0.1,
        spread=1.9,
        formula="(close - close 10 bars ago) / ATR14; 0 where the ATR is rounding noise",
        source="definition; ATR seeded as in `ta`, which has no such indicator",
        unit="average true ranges",
        bounds="unbounded",
    ),
)
