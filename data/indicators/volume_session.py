"""Volume over the session: bands and slope of its average price, on which side it was traded.

All begin anew with every session, so their sums stay short. At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.volume_flow import close_location, share
from data.indicators.window import push
from utils.jit import lean_jit

VWAP_STATE = 3
"""Floats of state: the session's average price, its volume, its volume times variance."""


@lean_jit
def session_vwap(state: Floats, bar: Bar) -> None:
    """Take a bar into the session's average price and the spread of its prices around that.

    West's update (1979), exact where all prices are equal. Until something is traded, the bar's own
    price stands for the average.

    Args:
        state: VWAP_STATE floats.
        bar: The new bar.
    """
    typical = (bar.high + bar.low + bar.close) / 3.0
    if bar.is_session_start or state[1] == 0.0:
        state[0], state[1], state[2] = typical, 0.0, 0.0
    if bar.volume > 0.0:
        state[1] += bar.volume
        departure = typical - state[0]
        state[0] += departure * bar.volume / state[1]
        state[2] += bar.volume * departure * (typical - state[0])


@lean_jit
def vwap_band_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the distance from the session's average price in deviations. State: as session_vwap."""
    session_vwap(state, bar)
    deviation = math.sqrt(max(share(state[2], state[1]), 0.0))
    out[0] = in_ranges(bar.close - state[0], deviation, bar.close)


@lean_jit
def vwap_slope_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change of the session's average price in true ranges.

    State: bars seen, VWAP state, ATR state, window of average prices.
    """
    length = parameters[1]
    averages = state[1 + VWAP_STATE + ATR_STATE :]
    state[0] += 1.0
    session_vwap(state[1 : 1 + VWAP_STATE], bar)
    if bar.is_session_start:
        for i in range(averages.shape[0]):
            averages[i] = state[1]
    push(averages, state[1])
    atr = average_true_range(state[1 + VWAP_STATE :], bar, length, state[0])
    out[0] = math.nan
    if state[0] >= length:
        out[0] = in_ranges(state[1] - averages[0], atr, bar.close)


@lean_jit
def ad_session_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the session's accumulation less distribution. State: signed volume, volume."""
    if bar.is_session_start:
        state[0], state[1] = 0.0, 0.0
    state[0] += close_location(bar) * bar.volume
    state[1] += bar.volume
    out[0] = share(state[0], state[1])


@lean_jit
def up_volume_share_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the share of the session's volume in rising bars. State: their volume, all volume."""
    if bar.is_session_start:
        state[0], state[1] = 0.0, 0.0
    rising = 1.0 if bar.close > bar.open else 0.0 if bar.close < bar.open else 0.5
    state[0] += rising * bar.volume
    state[1] += bar.volume
    out[0] = state[0] / state[1] if state[1] > 0.0 else 0.5


VOLUME_SESSION_FEATURES = by_name(
    FeatureSpec(
        name="vwap_band",
        kernel=vwap_band_step,
        state_size=VWAP_STATE,
        price_state=((0, 1),),
        columns=("vwap_band",),
        warm_up=0,
        session_rule="resets",
        centre=0.2,
        spread=1.3,
        formula="(close - session VWAP of (high + low + close) / 3) / volume-weighted deviation of "
        "those prices from it; 0 where nothing was traded or they were all equal",
        source="definition of VWAP bands: 1 is the first upper band",
        unit="standard deviations",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="vwap_slope",
        kernel=vwap_slope_step,
        parameters=(12.0, 14.0),
        state_size=1 + VWAP_STATE + ATR_STATE + 13,
        price_state=((1, 2), (4, 5), (6, 19)),
        columns=("vwap_slope",),
        warm_up=13,
        session_rule="resets",
        centre=0.0,
        spread=0.5,
        formula="(session VWAP - session VWAP 12 bars ago, or at the session's first bar) / ATR14; "
        "until something is traded a bar's own price stands for the VWAP, 0 where nothing moved",
        source="definition; the ATR runs on across sessions, seeded as in `ta`",
        unit="average true ranges per 12 bars",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="ad_session",
        kernel=ad_session_step,
        state_size=2,
        columns=("ad_session",),
        warm_up=0,
        session_rule="resets",
        centre=0.03,
        spread=0.085,
        formula="sum of close location x volume / sum of volume since the session's first bar; 0 "
        "where nothing was traded",
        source="Chaikin's accumulation/distribution line as in `ta`, from 0 at every session, per "
        "contract",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="up_volume_share",
        kernel=up_volume_share_step,
        state_size=2,
        columns=("up_volume_share",),
        warm_up=0,
        session_rule="resets",
        centre=0.5,
        spread=0.075,
        formula="volume of the session's bars that closed above their open, half of it where they "
        "closed at it, / the session's volume; 0.5 where nothing was traded",
        source="definition",
        unit="ratio",
        bounds="[0, 1]",
    ),
)
