"""Oscillators of place: where a price, or an index of it, stands within its recent range.

At bar t they use bars <= t. The fast stochastic is in data/indicators/momentum.py.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.momentum import RSI_STATE, relative_strength
from data.indicators.smoothing import SMALLEST_RATIO
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import highest, lowest, mean, mean_departure, push
from utils.jit import lean_jit

SMALLEST_RSI_RANGE = 1e-9
"""Percent: an index that moves by less stands still, but for rounding."""


@lean_jit
def place_in_range(value: float, bottom: float, top: float, least: float) -> float:
    """Return (value - bottom) / (top - bottom); 0.5 where the range is not above `least`."""
    if top - bottom <= least:
        return 0.5
    return (value - bottom) / (top - bottom)


@lean_jit
def stochastic_slow_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write slow %K and slow %D.

    State: bars seen, window of fast %K, window of slow %K, window of highs, window of lows.
    """
    length, smooth = int(parameters[0]), int(parameters[1])
    fast, slow = state[1 : 1 + smooth], state[1 + smooth : 1 + 2 * smooth]
    highs, lows = state[1 + 2 * smooth : 1 + 2 * smooth + length], state[1 + 2 * smooth + length :]
    state[0] += 1.0
    push(highs, bar.high)
    push(lows, bar.low)
    push(fast, 100.0 * place_in_range(bar.close, lowest(lows), highest(highs), 0.0))
    smoothed = mean(fast)
    push(slow, smoothed)
    smoothed_again = mean(slow)
    out[0], out[1] = math.nan, math.nan
    if state[0] >= length + 2 * smooth - 2:
        out[0] = smoothed
        out[1] = smoothed_again


@lean_jit
def williams_r_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write Williams' %R. State: bars seen, window of highs, window of lows."""
    length = int(parameters[0])
    highs, lows = state[1 : 1 + length], state[1 + length :]
    state[0] += 1.0
    push(highs, bar.high)
    push(lows, bar.low)
    place = place_in_range(bar.close, lowest(lows), highest(highs), 0.0)
    out[0] = 100.0 * place - 100.0 if state[0] >= length else math.nan


@lean_jit
def stoch_rsi_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the place of the RSI in its range, that smoothed, and that smoothed again.

    State: RSI state, window of RSIs, window of places, window of smoothed places.
    """
    length, smooth = int(parameters[0]), int(parameters[1])
    indices = state[RSI_STATE : RSI_STATE + length]
    places = state[RSI_STATE + length : RSI_STATE + length + smooth]
    smoothed = state[RSI_STATE + length + smooth :]
    index = relative_strength(state[:RSI_STATE], bar.close, parameters[0])
    push(indices, 0.0 if math.isnan(index) else index)  # while it warms up; dropped before use
    place = place_in_range(index, lowest(indices), highest(indices), SMALLEST_RSI_RANGE)
    push(places, place)
    k = mean(places)
    push(smoothed, k)
    d = mean(smoothed)
    out[0], out[1], out[2] = math.nan, math.nan, math.nan
    if state[0] >= 2 * length + 2 * smooth - 3:
        out[0], out[1], out[2] = place, k, d


@lean_jit
def cci_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the commodity channel index. State: bars seen, window of typical prices."""
    state[0] += 1.0
    typical = (bar.high + bar.low + bar.close) / 3.0
    push(state[1:], typical)
    below = mean_departure(state[1:], typical)
    usual = _mean_size(state[1:], typical + below)
    out[0] = math.nan
    if state[0] >= parameters[0]:
        is_still = usual <= SMALLEST_RATIO * abs(typical)
        out[0] = 0.0 if is_still else -below / (parameters[1] * usual)


@lean_jit
def _mean_size(window: Floats, centre: float) -> float:
    """Return the mean absolute departure from `centre`."""
    total: float = 0.0
    for i in range(window.shape[0]):
        total += abs(window[i] - centre)
    size: float = total / window.shape[0]
    return size


OSCILLATOR_FEATURES = by_name(
    FeatureSpec(
        name="stochastic_slow",
        kernel=stochastic_slow_step,
        parameters=(20.0, 5.0),
        state_size=1 + 2 * 5 + 2 * 20,
        price_state=((11, 51),),
        columns=("stochastic_slow_k", "stochastic_slow_d"),
        lookback=28,
        warm_up=27,
        centre=54.0,
        spread=26.0,
        formula="fast %K = 100 (close - lowest low) / (highest high - lowest low) over 20 bars, 50 "
        "where they are equal; slow %K = mean of 5 fast %K; slow %D = mean of 5 slow %K",
        source="Lane's slow stochastic with lengths 20, 5, 5 (with 14 and 3 slow %K would be "
        "`stochastic_d`); `ta` calls slow %K its signal and has no slow %D",
        unit="percent",
        bounds="[0, 100]",
    ),
    FeatureSpec(
        name="williams_r",
        kernel=williams_r_step,
        parameters=(14.0,),
        state_size=1 + 2 * 14,
        price_state=((1, 29),),
        columns=("williams_r",),
        lookback=14,
        warm_up=13,
        centre=-46.0,
        spread=29.0,
        formula="-100 (highest high - close) / (highest high - lowest low) over 14 bars; -50 where "
        "they are equal",
        source="Williams (1973), as in `ta` (which gives NaN where the range is zero); always "
        "`stochastic_k` - 100: one of the two is enough",
        unit="percent",
        bounds="[-100, 0]",
    ),
    FeatureSpec(
        name="stoch_rsi",
        kernel=stoch_rsi_step,
        parameters=(14.0, 3.0),
        state_size=RSI_STATE + 14 + 2 * 3,
        price_state=((1, 2),),
        columns=("stoch_rsi", "stoch_rsi_k", "stoch_rsi_d"),
        warm_up=30,
        centre=0.5,
        spread=0.33,
        formula="(RSI14 - lowest RSI14) / (highest RSI14 - lowest RSI14) over 14 bars, 0.5 where "
        "they differ by less than 1e-9; k = mean of 3; d = mean of 3 k",
        source="Chande, Kroll (1994), as in `ta`, which magnifies rounding, or gives NaN, where "
        "the RSI stands still",
        unit="ratio",
        bounds="[0, 1]",
    ),
    FeatureSpec(
        name="cci",
        kernel=cci_step,
        parameters=(20.0, 0.015),
        state_size=1 + 20,
        price_state=((1, 21),),
        columns=("cci",),
        lookback=20,
        warm_up=19,
        centre=6.0,
        spread=113.0,
        formula="(typical - mean of 20) / (0.015 mean absolute departure from that mean), typical "
        "= (high + low + close) / 3; 0 where the departure is rounding noise",
        source="Lambert (1980), as in `ta` (which gives NaN where the departure is zero)",
        unit="multiples of 0.015 mean departures",
        bounds="[-667, 667]",
    ),
)
