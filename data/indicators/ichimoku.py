"""Ichimoku features: distances from the midpoints of ranges, and from the cloud over this bar.

At bar t they use bars <= t. Charts draw the two spans 26 bars ahead of the bars that they are made
of, so the cloud over bar t is that of bar t - 26; nothing is taken from a later bar. The lagging
span, the close drawn 26 bars back, would show what came later, and is left out.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import highest, lowest, push
from utils.jit import lean_jit


@lean_jit
def _middle(highs: Floats, lows: Floats, length: int) -> float:
    """Return the midpoint of the range of the last `length` bars."""
    first = highs.shape[0] - length
    return 0.5 * (highest(highs[first:]) + lowest(lows[first:]))


@lean_jit
def ichimoku_lines_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the distances from the conversion and the base line in true ranges.

    State: bars seen, window of highs, window of lows, ATR state.
    """
    short, long = int(parameters[0]), int(parameters[1])
    highs, lows = state[1 : 1 + long], state[1 + long : 1 + 2 * long]
    state[0] += 1.0
    push(highs, bar.high)
    push(lows, bar.low)
    conversion, base = _middle(highs, lows, short), _middle(highs, lows, long)
    atr = average_true_range(state[1 + 2 * long :], bar, parameters[2], state[0])
    out[0], out[1] = math.nan, math.nan
    if state[0] >= long:
        out[0] = in_ranges(bar.close - conversion, atr, bar.close)
        out[1] = in_ranges(bar.close - base, atr, bar.close)


@lean_jit
def ichimoku_cloud_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the distances from the two spans of the cloud over this bar in true ranges.

    State: bars seen, windows of span a and of span b from 26 bars ago on, window of highs, window
    of lows, ATR state.
    """
    short, base, long = int(parameters[0]), int(parameters[1]), int(parameters[2])
    kept = base + 1
    spans_a, spans_b = state[1 : 1 + kept], state[1 + kept : 1 + 2 * kept]
    ranges = state[1 + 2 * kept : 1 + 2 * kept + 2 * long]
    highs, lows = ranges[:long], ranges[long:]
    state[0] += 1.0
    push(highs, bar.high)
    push(lows, bar.low)
    push(spans_a, 0.5 * (_middle(highs, lows, short) + _middle(highs, lows, base)))
    push(spans_b, _middle(highs, lows, long))
    span_a, span_b = spans_a[0], spans_b[0]
    atr = average_true_range(state[1 + 2 * kept + 2 * long :], bar, parameters[3], state[0])
    out[0], out[1] = math.nan, math.nan
    if state[0] >= long + base:
        out[0] = in_ranges(bar.close - span_a, atr, bar.close)
        out[1] = in_ranges(bar.close - span_b, atr, bar.close)


ICHIMOKU_FEATURES = by_name(
    FeatureSpec(
        name="ichimoku_lines",
        kernel=ichimoku_lines_step,
        parameters=(9.0, 26.0, 14.0),
        state_size=1 + 2 * 26 + ATR_STATE,
        price_state=((1, 54),),
        columns=("ichimoku_conversion", "ichimoku_base"),
        warm_up=25,
        centre=0.2,
        spread=1.4,
        formula="(close - (highest high + lowest low) / 2) / ATR14 over 9 bars and over 26 bars; 0 "
        "where the ATR is rounding noise",
        source="Hosoda (1969), lines as in `ta`, as distances in ATR14 units instead of prices",
        unit="average true ranges",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="ichimoku_cloud",
        kernel=ichimoku_cloud_step,
        parameters=(9.0, 26.0, 52.0, 14.0),
        state_size=1 + 2 * 27 + 2 * 52 + ATR_STATE,
        price_state=((1, 160),),
        columns=("ichimoku_span_a", "ichimoku_span_b"),
        warm_up=77,
        centre=0.7,
        spread=4.0,
        formula="(close - span of 26 bars ago) / ATR14; span a = mean of conversion and base line, "
        "span b = (highest high + lowest low) / 2 over 52 bars; 0 where the ATR is rounding noise",
        source="Hosoda (1969), spans as in `ta` with visual=True (whose first 26 rows hold the "
        "mean of the whole sample), as distances in ATR14 units instead of prices",
        unit="average true ranges",
        bounds="unbounded",
    ),
)
