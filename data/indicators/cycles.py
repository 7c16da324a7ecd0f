"""Cycle features: where price stands in its swings once the trend is taken out.

At bar t they use bars <= t. An average of averages begins when the inner one is valid, as in `ta`:
until then it holds nothing of use, and the first value that counts replaces it.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import (
    ATR_STATE,
    SMALLEST_RATIO,
    average_true_range,
    exponential,
    in_ranges,
)
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import highest, lowest, mean_departure, push
from utils.jit import lean_jit

SMALLEST_PERCENT_RANGE = 1e-9
"""Percent: an oscillator that moves by less stands still, but for rounding."""


@lean_jit
def dpo_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the detrended price in true ranges. State: bars seen, window of closes, ATR state."""
    length = int(parameters[0])
    closes = state[1 : 1 + length]
    state[0] += 1.0
    push(closes, bar.close)
    earlier = closes[length - 1 - (length // 2 + 1)]
    below = mean_departure(closes, earlier)
    atr = average_true_range(state[1 + length :], bar, parameters[1], state[0])
    out[0] = math.nan
    if state[0] >= length:
        out[0] = in_ranges(-below, atr, bar.close)


@lean_jit
def stc_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the Schaff trend cycle.

    State: bars seen, fast and slow average, first place, its average, second place, its average,
    window of MACD lines, window of averaged first places.
    """
    fast, slow, cycle, smooth = parameters
    lines, places = state[7 : 7 + int(cycle)], state[7 + int(cycle) :]
    state[0] += 1.0
    n_first = state[0] - (slow - 1.0) - (cycle - 1.0)
    n_second = n_first - (smooth - 1.0) - (cycle - 1.0)
    state[1] = exponential(state[1], bar.close, fast, state[0])
    state[2] = exponential(state[2], bar.close, slow, state[0])
    push(lines, state[1] - state[2])
    state[3] = _place(lines, SMALLEST_RATIO * abs(bar.close), state[3] if n_first > 1.0 else 50.0)
    state[4] = exponential(state[4], state[3], smooth, n_first)
    push(places, state[4])
    state[5] = _place(places, SMALLEST_PERCENT_RANGE, state[5] if n_second > 1.0 else 50.0)
    state[6] = exponential(state[6], state[5], smooth, n_second)
    out[0] = state[6] if n_second >= smooth else math.nan


@lean_jit
def _place(window: Floats, least: float, previous: float) -> float:
    """Return the newest value's place in the window in percent; `previous` where nothing moves."""
    bottom, top = lowest(window), highest(window)
    if top - bottom <= least:
        return previous
    newest: float = window[window.shape[0] - 1]
    return 100.0 * (newest - bottom) / (top - bottom)


@lean_jit
def mass_index_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the mass index. State: bars seen, average range, its average, window of ratios."""
    span, length = parameters
    state[0] += 1.0
    state[1] = exponential(state[1], bar.high - bar.low, span, state[0])
    state[2] = exponential(state[2], state[1], span, state[0] - span + 1.0)
    is_still = state[2] <= SMALLEST_RATIO * abs(bar.close)
    push(state[3:], 1.0 if is_still else state[1] / state[2])
    excess = mean_departure(state[3:], 1.0)
    out[0] = math.nan
    if state[0] >= 2.0 * (span - 1.0) + length:
        out[0] = length + length * excess


CYCLE_FEATURES = by_name(
    FeatureSpec(
        name="dpo",
        kernel=dpo_step,
        parameters=(20.0, 14.0),
        state_size=1 + 20 + ATR_STATE,
        price_state=((1, 22),),
        columns=("dpo",),
        warm_up=19,
        centre=0.0,
        spread=0.8,
        formula="(close 11 bars ago - mean of 20 closes up to now) / ATR14; 0 where the ATR is "
        "rounding noise",
        source="detrended price oscillator as in `ta`, in ATR14 units instead of points; charts "
        "draw it 11 bars back, which shows later closes: here it stays at the bar it is known at",
        unit="average true ranges",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="stc",
        kernel=stc_step,
        parameters=(23.0, 50.0, 10.0, 3.0),
        state_size=7 + 2 * 10,
        price_state=((1, 3),),
        columns=("stc",),
        warm_up=71,
        centre=50.0,
        spread=44.0,
        formula="EMA3 of the place within 10 bars, in percent, of EMA3 of the place within 10 bars "
        "of EMA23 - EMA50 of the close; a place stays as it was, 50 at first, where its range is "
        "rounding noise",
        source="Schaff (1999), seeded as in `ta`, which gives NaN where a range is zero and weighs "
        "what comes after it otherwise",
        unit="percent",
        bounds="[0, 100]",
    ),
    FeatureSpec(
        name="mass_index",
        kernel=mass_index_step,
        parameters=(9.0, 25.0),
        state_size=3 + 25,
        columns=("mass_index",),
        warm_up=40,
        centre=24.8,
        spread=1.8,
        formula="sum over 25 bars of EMA9 of (high - low) / EMA9 of that EMA9, a ratio being 1 "
        "where the lower one is rounding noise",
        source="Dorsey (1992), seeded as in `ta` (which gives NaN where a range of zero is all "
        "that there was)",
        unit="ratios summed",
        bounds="[0, 125]",
    ),
)
