"""Volatility in true ranges: other lengths, short over long, this bar's range, the session's gap.

The plain `atr` of data/indicators/volatility.py is what others call NATR. At bar t they use bars
<= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import (
    ATR_STATE,
    SMALLEST_RATIO,
    average_true_range,
    in_ranges,
    true_range,
)
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.volatility import atr_step
from utils.jit import lean_jit


@lean_jit
def atr_ratio_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write short over long average true range. State: bars seen, two ATR states."""
    short, long = parameters
    state[0] += 1.0
    now = average_true_range(state[1 : 1 + ATR_STATE], bar, short, state[0])
    usual = average_true_range(state[1 + ATR_STATE :], bar, long, state[0])
    out[0] = math.nan
    if state[0] >= long:
        is_noise = usual <= SMALLEST_RATIO * abs(bar.close)
        out[0] = 1.0 if is_noise else now / usual


@lean_jit
def range_atr_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write this bar's true range in average ones. State: bars seen, ATR state."""
    state[0] += 1.0
    height = true_range(state[1], bar)
    atr = average_true_range(state[1:], bar, parameters[0], state[0])
    out[0] = math.nan
    if state[0] >= parameters[0]:
        out[0] = in_ranges(height, atr, bar.close)


@lean_jit
def session_gap_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the gap of the session's open in true ranges. State: bars seen, the gap, ATR state.

    The gap is measured in the average of the bars before it, so that it does not dilute itself.
    """
    length = parameters[0]
    state[0] += 1.0
    if bar.is_session_start:
        has_average = state[0] > length
        state[1] = in_ranges(bar.open - state[2], state[3], bar.open) if has_average else 0.0
    average_true_range(state[2:], bar, length, state[0])
    out[0] = state[1] if state[0] >= length else math.nan


def _atr(length: int, centre: float, spread: float) -> FeatureSpec:
    """Return the specification of the average true range of one length."""
    name = f"atr_{length}"
    return FeatureSpec(
        name=name,
        kernel=atr_step,
        parameters=(float(length),),
        state_size=1 + ATR_STATE,
        price_state=((1, 2),),
        columns=(name,),
        warm_up=length - 1,
        centre=centre,
        spread=spread,
        formula=f"100 ATR{length} / close; 0 where the close is not positive",
        source="Wilder (1978), seeded as in `ta`, in percent of the close instead of points",
        unit="percent",
        bounds="[0, unbounded)",
    )


VOLATILITY_TRUE_RANGE_FEATURES = by_name(
    _atr(7, 0.07, 0.055),
    _atr(50, 0.077, 0.043),
    FeatureSpec(
        name="atr_ratio",
        kernel=atr_ratio_step,
        parameters=(7.0, 50.0),
        state_size=1 + 2 * ATR_STATE,
        price_state=((1, 2), (3, 4)),
        columns=("atr_ratio",),
        warm_up=49,
        centre=0.95,
        spread=0.35,
        formula="ATR7 / ATR50; 1 where ATR50 is rounding noise",
        source="definition; both averages seeded as in `ta`",
        unit="ratio",
        bounds="(0, 7.2)",
    ),
    FeatureSpec(
        name="range_atr",
        kernel=range_atr_step,
        parameters=(14.0,),
        state_size=1 + ATR_STATE,
        price_state=((1, 2),),
        columns=("range_atr",),
        warm_up=13,
        centre=0.9,
        spread=0.4,
        formula="true range / ATR14, this bar in both; 0 where the ATR is rounding noise",
        source="definition; the ATR seeded as in `ta`",
        unit="average true ranges",
        bounds="[0, 14]",
    ),
    FeatureSpec(
        name="session_gap",
        kernel=session_gap_step,
        parameters=(14.0,),
        state_size=2 + ATR_STATE,
        price_state=((2, 3),),
        columns=("session_gap",),
        warm_up=13,
        session_rule="resets",
        centre=0.0,
        spread=1.0,
        formula="(open of the session - close before it) / ATR14 of the bars before, the same over "
        "the whole session; 0 in a stream's first session, where fewer than 14 bars went before, "
        "and where the ATR is rounding noise",
        source="definition; the ATR seeded as in `ta`",
        unit="average true ranges",
        bounds="unbounded",
    ),
)
