"""Volume features: how busy a bar is, and how far price stands from where the session traded.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import mean, push
from utils.jit import lean_jit


@lean_jit
def relative_volume_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write volume over its recent mean. State: bars seen, window of volumes."""
    volumes = state[1:]
    state[0] += 1.0
    push(volumes, bar.volume)
    out[0] = math.nan
    if state[0] >= parameters[0]:
        usual = mean(volumes)
        out[0] = bar.volume / usual if usual > 0.0 else 1.0


@lean_jit
def vwap_distance_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the distance from the session's average price in true ranges.

    State: bars seen, sum of volume times departure from the anchor, volume, anchor, ATR state. The
    sums begin anew with every session; its first open as anchor keeps them small.
    """
    state[0] += 1.0
    if bar.is_session_start or state[0] == 1.0:
        state[1], state[2], state[3] = 0.0, 0.0, bar.open
    typical = (bar.high + bar.low + bar.close) / 3.0
    state[1] += bar.volume * (typical - state[3])
    state[2] += bar.volume
    atr = average_true_range(state[4:], bar, parameters[0], state[0])
    out[0] = math.nan
    if state[0] >= parameters[0]:
        above = bar.close - state[3] - state[1] / state[2] if state[2] > 0.0 else 0.0
        out[0] = in_ranges(above, atr, bar.close)


VOLUME_FEATURES = by_name(
    FeatureSpec(
        name="relative_volume",
        kernel=relative_volume_step,
        parameters=(20.0,),
        state_size=1 + 20,
        columns=("relative_volume",),
        lookback=20,
        warm_up=19,
        centre=1.0,
        spread=0.8,
        formula="volume / mean volume of the last 20 bars, this one included; 1 where all are zero",
        source="definition",
        unit="ratio",
        bounds="[0, 20]",
    ),
    FeatureSpec(
        name="vwap_distance",
        kernel=vwap_distance_step,
        parameters=(14.0,),
        state_size=4 + ATR_STATE,
        price_state=((3, 5),),
        columns=("vwap_distance",),
        warm_up=13,
        session_rule="resets",
        centre=0.0,
        spread=3.0,
        formula="(close - session VWAP of (high + low + close) / 3) / ATR14; 0 where nothing was "
        "traded or moved",
        source="definition; the ATR runs on across sessions, seeded as in `ta`",
        unit="average true ranges",
        bounds="unbounded",
    ),
)
