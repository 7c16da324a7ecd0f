"""Directional features: which side the highs and lows of the last bars have been moving to.

At bar t they use bars <= t. The average directional index is in data/indicators/trend.py.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import true_range
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import highest, lowest, mean, push
from utils.jit import lean_jit


@lean_jit
def directional_indicators_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the directional indicators.

    State: bars seen, previous high, low and close, Wilder sums of rises, falls and true ranges.
    """
    length = parameters[0]
    state[0] += 1.0
    n_moves = state[0] - 1.0
    rise, fall = bar.high - state[1], state[2] - bar.low
    new_range = true_range(state[3], bar)
    state[1], state[2], state[3] = bar.high, bar.low, bar.close
    out[0], out[1] = math.nan, math.nan
    if n_moves == 0.0:
        return
    kept = 1.0 if n_moves <= length else (length - 1.0) / length
    state[4] = state[4] * kept + (rise if rise > fall and rise > 0.0 else 0.0)
    state[5] = state[5] * kept + (fall if fall > rise and fall > 0.0 else 0.0)
    state[6] = state[6] * kept + new_range
    if n_moves >= length:
        out[0] = 100.0 * state[4] / state[6] if state[6] > 0.0 else 0.0
        out[1] = 100.0 * state[5] / state[6] if state[6] > 0.0 else 0.0


@lean_jit
def vortex_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the vortex indicators.

    State: bars seen, previous high, low and close, windows of upward and downward movements and of
    true ranges.
    """
    length = int(parameters[0])
    ups, downs = state[4 : 4 + length], state[4 + length : 4 + 2 * length]
    ranges = state[4 + 2 * length :]
    push(ups, abs(bar.high - state[2]))  # the first bar has none before it: its three drop out
    push(downs, abs(bar.low - state[1]))
    push(ranges, true_range(state[3], bar))
    up, down, usual = mean(ups), mean(downs), mean(ranges)
    state[0] += 1.0
    state[1], state[2], state[3] = bar.high, bar.low, bar.close
    out[0], out[1] = math.nan, math.nan
    if state[0] > length:
        out[0] = up / usual if usual > 0.0 else 1.0
        out[1] = down / usual if usual > 0.0 else 1.0


@lean_jit
def aroon_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write Aroon up and down. State: that of `_take_extremes`."""
    up, down = _take_extremes(state, parameters[0], bar)
    out[0], out[1] = math.nan, math.nan
    if state[0] > parameters[0]:
        out[0] = up
        out[1] = down


@lean_jit
def aroon_oscillator_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write Aroon up less Aroon down. State: that of `_take_extremes`."""
    up, down = _take_extremes(state, parameters[0], bar)
    out[0] = up - down if state[0] > parameters[0] else math.nan


@lean_jit
def _take_extremes(state: Floats, length: float, bar: Bar) -> tuple[float, float]:
    """Return how young the highest high and the lowest low are, 0 (oldest) to 100 (this bar).

    State: bars seen, window of length + 1 highs, window of as many lows.
    """
    n = int(length) + 1
    highs, lows = state[1 : 1 + n], state[1 + n :]
    state[0] += 1.0
    push(highs, bar.high)
    push(lows, bar.low)
    return 100.0 * _oldest_highest(highs) / length, 100.0 * _oldest_lowest(lows) / length


@lean_jit
def _oldest_highest(window: Floats) -> int:
    """Return the place of the largest value; of equal ones the first."""
    return _first(window, highest(window))


@lean_jit
def _oldest_lowest(window: Floats) -> int:
    """Return the place of the smallest value; of equal ones the first."""
    return _first(window, lowest(window))


@lean_jit
def _first(window: Floats, value: float) -> int:
    """Return the first place of a value that the window holds."""
    for place in range(window.shape[0]):
        if window[place] == value:
            return place
    return 0


DIRECTIONAL_FEATURES = by_name(
    FeatureSpec(
        name="directional_indicators",
        kernel=directional_indicators_step,
        parameters=(14.0,),
        state_size=7,
        price_state=((1, 4),),
        columns=("adx_plus", "adx_minus"),
        warm_up=14,
        centre=20.3,
        spread=7.2,
        formula="100 rises / true ranges and 100 falls / true ranges, each a Wilder sum over 14 "
        "bars; 0 where nothing moved",
        source="Wilder (1978), +DI and -DI seeded as in `ta`, which writes 0 in the first 15 rows",
        unit="percent",
        bounds="[0, 100]",
    ),
    FeatureSpec(
        name="vortex",
        kernel=vortex_step,
        parameters=(14.0,),
        state_size=4 + 3 * 14,
        price_state=((1, 4),),
        columns=("vortex_plus", "vortex_minus"),
        lookback=15,
        warm_up=14,
        centre=1.0,
        spread=0.16,
        formula="sum of |high - previous low| and sum of |low - previous high| over 14 bars, each "
        "/ sum of true ranges; 1 where nothing moved",
        source="Botes, Siepman (2010), as in `ta` (which gives NaN where nothing moved)",
        unit="ratio",
        bounds="[0, unbounded), rarely outside 0.5 to 1.5",
    ),
    FeatureSpec(
        name="aroon",
        kernel=aroon_step,
        parameters=(25.0,),
        state_size=1 + 2 * 26,
        price_state=((1, 53),),
        columns=("aroon_up", "aroon_down"),
        lookback=26,
        warm_up=25,
        centre=48.0,
        spread=36.0,
        formula="100 (25 - bars since the highest high) / 25, and the same of the lowest low, over "
        "this bar and the 25 before it; of equal extremes the oldest counts, so that both are 0 "
        "at a standstill",
        source="Chande (1995); ties as in `ta`, where TA-Lib takes the youngest",
        unit="percent",
        bounds="[0, 100]",
    ),
    FeatureSpec(
        name="aroon_oscillator",
        kernel=aroon_oscillator_step,
        parameters=(25.0,),
        state_size=1 + 2 * 26,
        price_state=((1, 53),),
        columns=("aroon_oscillator",),
        lookback=26,
        warm_up=25,
        centre=5.0,
        spread=61.0,
        formula="aroon_up - aroon_down; 0 at a standstill",
        source="Chande (1995), `ta`'s aroon_indicator; ties as there",
        unit="percent",
        bounds="[-100, 100]",
    ),
)
