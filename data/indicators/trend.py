"""Trend features: distances and slopes of averages in true ranges, and directional movement.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import (
    ATR_STATE,
    average_true_range,
    exponential,
    in_ranges,
    wilder,
)
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit


@lean_jit
def macd_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the MACD line in true ranges. State: bars seen, fast and slow average, ATR state."""
    fast, slow, length = parameters
    state[0] += 1.0
    state[1] = exponential(state[1], bar.close, fast, state[0])
    state[2] = exponential(state[2], bar.close, slow, state[0])
    atr = average_true_range(state[3:], bar, length, state[0])
    out[0] = math.nan
    if state[0] >= max(slow, length):
        out[0] = in_ranges(state[1] - state[2], atr, bar.close)


@lean_jit
def ema_slope_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change of an average in true ranges. State: bars seen, average, ATR state."""
    span, length = parameters
    state[0] += 1.0
    before = state[1]
    state[1] = exponential(before, bar.close, span, state[0])
    atr = average_true_range(state[2:], bar, length, state[0])
    out[0] = math.nan
    if state[0] >= max(span, length):
        out[0] = in_ranges(state[1] - before, atr, bar.close)


@lean_jit
def adx_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the average directional index.

    State: bars seen, previous high and low, rises, falls, average (a sum while it is being seeded).
    The true range that both directional indicators are divided by cancels, so it is not needed.
    """
    length = parameters[0]
    state[0] += 1.0
    n_moves = state[0] - 1.0
    rise, fall = bar.high - state[1], state[2] - bar.low
    state[1], state[2] = bar.high, bar.low
    out[0] = math.nan
    if n_moves == 0.0:
        return
    kept = 1.0 if n_moves <= length else (length - 1.0) / length
    state[3] = state[3] * kept + (rise if rise > fall and rise > 0.0 else 0.0)
    state[4] = state[4] * kept + (fall if fall > rise and fall > 0.0 else 0.0)
    if n_moves >= length:
        out[0] = _smoothed_direction(state, n_moves, length)


@lean_jit
def _smoothed_direction(state: Floats, n_moves: float, length: float) -> float:
    """Take the directional index into its average; return that, NaN while it is being seeded."""
    moved = state[3] + state[4]
    direction = 100.0 * abs(state[3] - state[4]) / moved if moved > 0.0 else 0.0
    if n_moves >= 2.0 * length:
        average = wilder(state[5], direction, length)
        state[5] = average
        return average
    total: float = state[5] + direction
    is_seeded = n_moves == 2.0 * length - 1.0
    state[5] = total / length if is_seeded else total
    return total / length if is_seeded else math.nan


TREND_FEATURES = by_name(
    FeatureSpec(
        name="macd",
        kernel=macd_step,
        parameters=(12.0, 26.0, 14.0),
        state_size=3 + ATR_STATE,
        price_state=((1, 4),),
        columns=("macd",),
        warm_up=25,
        centre=0.0,
        spread=0.7,
        formula="(EMA12 - EMA26 of the close) / ATR14; 0 where the ATR is rounding noise",
        source="Appel's MACD line, seeded as in `ta`, in ATR14 units instead of points",
        unit="average true ranges",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="ema_slope",
        kernel=ema_slope_step,
        parameters=(20.0, 14.0),
        state_size=2 + ATR_STATE,
        price_state=((1, 3),),
        columns=("ema_slope",),
        warm_up=19,
        centre=0.0,
        spread=0.14,
        formula="(EMA20 - EMA20 one bar ago) / ATR14; 0 where the ATR is rounding noise",
        source="definition; EMA and ATR seeded as in `ta`",
        unit="average true ranges per bar",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="adx",
        kernel=adx_step,
        parameters=(14.0,),
        state_size=6,
        price_state=((1, 3),),
        columns=("adx",),
        warm_up=27,
        centre=25.0,
        spread=10.5,
        formula="Wilder average over 14 bars of 100 |rises - falls| / (rises + falls), each a "
        "Wilder sum; 0 where neither moved",
        source="Wilder (1978), seeded as in `ta`",
        unit="percent",
        bounds="[0, 100]",
    ),
)
