"""Volatility channels: where the close stands in them, how wide they are, how far it has fallen.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, exponential, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import highest, lowest, mean_departure, push
from utils.jit import lean_jit


@lean_jit
def keltner_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the place in Keltner's channel. State: bars seen, average, ATR state."""
    span, length, width = parameters
    state[0] += 1.0
    state[1] = exponential(state[1], bar.close, span, state[0])
    half = width * average_true_range(state[2:], bar, length, state[0])
    out[0] = math.nan
    if state[0] >= max(span, length):
        out[0] = 0.5 + 0.5 * in_ranges(bar.close - state[1], half, bar.close)


@lean_jit
def keltner_width_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the width of Keltner's channel in percent. State: bars seen, average, ATR state."""
    span, length, width = parameters
    state[0] += 1.0
    state[1] = exponential(state[1], bar.close, span, state[0])
    half = width * average_true_range(state[2:], bar, length, state[0])
    out[0] = math.nan
    if state[0] >= max(span, length):
        out[0] = 200.0 * half / state[1] if state[1] > 0.0 else 0.0


@lean_jit
def donchian_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the place in Donchian's channel. State: bars seen, windows of highs and of lows."""
    length = int(parameters[0])
    highs, lows = state[1 : 1 + length], state[1 + length :]
    state[0] += 1.0
    push(highs, bar.high)
    push(lows, bar.low)
    out[0] = math.nan
    if state[0] >= length:
        bottom = lowest(lows)
        height = highest(highs) - bottom
        out[0] = (bar.close - bottom) / height if height > 0.0 else 0.5


@lean_jit
def donchian_width_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the width of Donchian's channel in percent.

    State: bars seen, windows of highs, lows and closes.
    """
    length = int(parameters[0])
    highs, lows = state[1 : 1 + length], state[1 + length : 1 + 2 * length]
    closes = state[1 + 2 * length :]
    state[0] += 1.0
    push(highs, bar.high)
    push(lows, bar.low)
    push(closes, bar.close)
    out[0] = math.nan
    if state[0] >= length:
        middle = bar.close + mean_departure(closes, bar.close)
        height = highest(highs) - lowest(lows)
        out[0] = 100.0 * height / middle if middle > 0.0 else 0.0


@lean_jit
def ulcer_index_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the root mean squared fall from the highest close.

    State: bars seen, window of closes, window of squared falls.
    """
    length = int(parameters[0])
    closes, squares = state[1 : 1 + length], state[1 + length :]
    state[0] += 1.0
    push(closes, bar.close)
    top = highest(closes)
    fall = 100.0 * (bar.close - top) / top if top > 0.0 else 0.0
    push(squares, fall * fall)
    out[0] = math.nan
    if state[0] >= 2 * length - 1:
        out[0] = math.sqrt(mean_departure(squares, 0.0))


VOLATILITY_CHANNEL_FEATURES = by_name(
    FeatureSpec(
        name="keltner",
        kernel=keltner_step,
        parameters=(20.0, 10.0, 2.0),
        state_size=2 + ATR_STATE,
        price_state=((1, 3),),
        columns=("keltner",),
        warm_up=19,
        centre=0.5,
        spread=0.32,
        formula="(close - lower band) / (upper band - lower band), bands 2 ATR10 from the EMA20 of "
        "the close; 0.5 where the ATR is rounding noise",
        source="Raschke's form of Keltner's channel, as `ta` with original_version=False",
        unit="ratio",
        bounds="unbounded, 0 and 1 at the bands",
    ),
    FeatureSpec(
        name="keltner_width",
        kernel=keltner_width_step,
        parameters=(20.0, 10.0, 2.0),
        state_size=2 + ATR_STATE,
        price_state=((1, 3),),
        columns=("keltner_width",),
        warm_up=19,
        centre=0.28,
        spread=0.21,
        formula="100 (upper band - lower band) / EMA20, bands 2 ATR10 from the EMA20 of the close; "
        "0 where the EMA20 is not positive",
        source="Raschke's form of Keltner's channel, as `ta` with original_version=False",
        unit="percent",
        bounds="[0, unbounded)",
    ),
    FeatureSpec(
        name="donchian",
        kernel=donchian_step,
        parameters=(20.0,),
        state_size=1 + 2 * 20,
        price_state=((1, 41),),
        columns=("donchian",),
        lookback=20,
        warm_up=19,
        centre=0.55,
        spread=0.34,
        formula="(close - lowest low) / (highest high - lowest low) over 20 bars; 0.5 where they "
        "are equal",
        source="Donchian; as in `ta`, which gives NaN where the range is zero",
        unit="ratio",
        bounds="[0, 1]",
    ),
    FeatureSpec(
        name="donchian_width",
        kernel=donchian_width_step,
        parameters=(20.0,),
        state_size=1 + 3 * 20,
        price_state=((1, 61),),
        columns=("donchian_width",),
        lookback=20,
        warm_up=19,
        centre=0.31,
        spread=0.28,
        formula="100 (highest high - lowest low) / mean of the closes, all over 20 bars; 0 where "
        "that mean is not positive",
        source="Donchian; as in `ta`",
        unit="percent",
        bounds="[0, unbounded)",
    ),
    FeatureSpec(
        name="ulcer_index",
        kernel=ulcer_index_step,
        parameters=(14.0,),
        state_size=1 + 2 * 14,
        price_state=((1, 15),),
        columns=("ulcer_index",),
        lookback=27,
        warm_up=26,
        centre=0.09,
        spread=0.11,
        formula="sqrt of the mean over 14 bars of (100 (close - top) / top)^2, top the highest of "
        "a bar's last 14 closes; a fall is 0 where the top is not positive",
        source="Martin (1987), as in `ta`, which begins at bar 14 with shorter tops",
        unit="percent",
        bounds="[0, 100] where prices are positive",
    ),
)
