"""Trailing stops as features: which side of the stop price is on, and how far from it.

At bar t they use bars <= t: the stop of bar t is the one that bar t's own prices have moved. Rising
and falling trends are one rule seen in a mirror, so prices are multiplied by the side.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit

PSAR_STATE = 9
"""Floats of state: bars seen; the stop, the trend's extreme, the high and the low of one bar ago
and of two bars ago, all prices; the acceleration; the side, 1 or -1."""
SUPERTREND_STATE = 4 + ATR_STATE
"""Floats of state: bars seen, upper and lower band, ATR state, side."""


@lean_jit
def _take_parabolic(state: Floats, step: float, limit: float, bar: Bar) -> None:
    """Take a bar into PSAR_STATE; the first two only begin, in a rising trend."""
    state[0] += 1.0
    if state[0] == 1.0:
        state[2], state[7], state[8] = bar.high, step, 1.0
    if state[0] <= 2.0:
        state[1] = bar.close
    else:
        _move_parabolic(state, step, limit, bar)
    state[5], state[6] = state[3], state[4]
    state[3], state[4] = bar.high, bar.low


@lean_jit
def _move_parabolic(state: Floats, step: float, limit: float, bar: Bar) -> None:
    """Move the stop towards the extreme, or turn the trend where the bar crosses the stop."""
    side = state[8]
    extreme = side * state[2]
    stop = side * state[1] + state[7] * (extreme - side * state[1])
    near, far = _sides(bar.high, bar.low, side)
    if near < stop:
        state[1], state[2], state[7], state[8] = state[2], side * near, step, -side
        return
    if far > extreme:
        state[2], state[7] = side * far, min(state[7] + step, limit)
    near_1, _ = _sides(state[3], state[4], side)
    near_2, _ = _sides(state[5], state[6], side)
    if near_2 < stop:
        stop = near_2
    elif near_1 < stop:
        stop = near_1
    state[1] = side * stop


@lean_jit
def _sides(high: float, low: float, side: float) -> tuple[float, float]:
    """Return a bar's end near the stop and the one far from it, in the mirror of the side."""
    if side > 0.0:
        return low, high
    return -high, -low


@lean_jit
def psar_distance_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the distance from the parabolic stop in true ranges. State: PSAR_STATE, ATR state."""
    _take_parabolic(state[:PSAR_STATE], parameters[0], parameters[1], bar)
    atr = average_true_range(state[PSAR_STATE:], bar, parameters[2], state[0])
    out[0] = math.nan
    if state[0] >= parameters[2]:
        out[0] = in_ranges(bar.close - state[1], atr, bar.close)


@lean_jit
def psar_side_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write 1 in a rising trend, -1 in a falling one. State: PSAR_STATE."""
    _take_parabolic(state, parameters[0], parameters[1], bar)
    out[0] = state[8] if state[0] > 2.0 else math.nan


@lean_jit
def _take_supertrend(state: Floats, parameters: tuple[float, ...], bar: Bar) -> float:
    """Take a bar into SUPERTREND_STATE and return the average true range."""
    length, width = parameters
    state[0] += 1.0
    previous = state[3]
    atr = average_true_range(state[3:5], bar, length, state[0])
    if state[0] < length:
        return atr
    middle = 0.5 * (bar.high + bar.low)
    upper, lower = middle + width * atr, middle - width * atr
    if state[0] == length:
        state[1], state[2], state[5] = upper, lower, 1.0 if bar.close >= middle else -1.0
        return atr
    state[1] = upper if previous > state[1] else min(upper, state[1])
    state[2] = lower if previous < state[2] else max(lower, state[2])
    if state[5] > 0.0 and bar.close < state[2]:
        state[5] = -1.0
    elif state[5] < 0.0 and bar.close > state[1]:
        state[5] = 1.0
    return atr


@lean_jit
def supertrend_distance_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the distance from the supertrend line in true ranges. State: SUPERTREND_STATE."""
    atr = _take_supertrend(state, parameters, bar)
    out[0] = math.nan
    if state[0] >= parameters[0]:
        line = state[2] if state[5] > 0.0 else state[1]
        out[0] = in_ranges(bar.close - line, atr, bar.close)


@lean_jit
def supertrend_side_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write 1 above the supertrend line, -1 below it. State: SUPERTREND_STATE."""
    _take_supertrend(state, parameters, bar)
    out[0] = state[5] if state[0] >= parameters[0] else math.nan


_PSAR_SOURCE = (
    "Wilder (1978), as in `ta`: begins rising; on turning the stop is the old extreme; it is kept "
    "behind the bar two ago or else the bar before, where Wilder and TA-Lib keep it behind both"
)
_SUPERTREND_SOURCE = "Seban's supertrend, lengths 10 and 3; `ta` has none; ATR seeded as there"

TRAILING_STOP_FEATURES = by_name(
    FeatureSpec(
        name="psar_distance",
        kernel=psar_distance_step,
        parameters=(0.02, 0.2, 14.0),
        state_size=PSAR_STATE + ATR_STATE,
        price_state=((1, 7), (9, 10)),
        columns=("psar_distance",),
        warm_up=13,
        centre=0.2,
        spread=2.3,
        formula="(close - parabolic stop) / ATR14, acceleration 0.02 to 0.2; 0 where the ATR is "
        "rounding noise",
        source=_PSAR_SOURCE,
        unit="average true ranges",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="psar_side",
        kernel=psar_side_step,
        parameters=(0.02, 0.2),
        state_size=PSAR_STATE,
        price_state=((1, 7),),
        columns=("psar_side",),
        warm_up=2,
        centre=0.0,
        spread=1.0,
        formula="1 while the parabolic stop trails a rise, -1 while it trails a fall; 1 where "
        "price has never moved",
        source=_PSAR_SOURCE,
        unit="sign",
        bounds="-1 or 1",
    ),
    FeatureSpec(
        name="supertrend_distance",
        kernel=supertrend_distance_step,
        parameters=(10.0, 3.0),
        state_size=SUPERTREND_STATE,
        price_state=((1, 4),),
        columns=("supertrend_distance",),
        warm_up=9,
        centre=0.2,
        spread=2.5,
        formula="(close - line) / ATR10; bands (high + low) / 2 -+ 3 ATR10 that only close in "
        "until the previous close was beyond them; the line is the lower band in a rise, the upper "
        "one in a fall; 0 where the ATR is rounding noise",
        source=_SUPERTREND_SOURCE,
        unit="average true ranges",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="supertrend_side",
        kernel=supertrend_side_step,
        parameters=(10.0, 3.0),
        state_size=SUPERTREND_STATE,
        price_state=((1, 4),),
        columns=("supertrend_side",),
        warm_up=9,
        centre=0.0,
        spread=1.0,
        formula="-1 from a close below the lower band on, 1 from a close above the upper band on; "
        "begins with the side of (high + low) / 2 that the close is on, 1 where it is on it",
        source=_SUPERTREND_SOURCE,
        unit="sign",
        bounds="-1 or 1",
    ),
)
