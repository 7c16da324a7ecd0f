"""Volume flow: on which side of the market the contracts of the last bars were traded.

The cumulative lines of the literature (OBV, NVI, VPT, accumulation/distribution) depend on where a
stream begins, so each is taken as its change over a window. At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.price import log_ratio
from data.indicators.smoothing import ATR_STATE, average_true_range, exponential, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import mean, push
from utils.jit import lean_jit


@lean_jit
def close_location(bar: Bar) -> float:
    """Return where the close lies between low (-1) and high (1); 0 where they are equal."""
    if bar.high <= bar.low:
        return 0.0
    location: float = ((bar.close - bar.low) - (bar.high - bar.close)) / (bar.high - bar.low)
    return location


@lean_jit
def share(part: float, whole: float) -> float:
    """Return part / whole; 0 where the whole, which is never negative, is 0."""
    return part / whole if whole > 0.0 else 0.0


@lean_jit
def per_contract(flows: Floats, volumes: Floats) -> float:
    """Return the sum of the flows over the sum of the volumes; 0 where nothing was traded."""
    flow, volume = 0.0, 0.0
    for i in range(volumes.shape[0]):
        flow += flows[i]
        volume += volumes[i]
    return share(flow, volume)


@lean_jit
def cmf_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write Chaikin's money flow. State: bars seen, windows of signed volumes and of volumes."""
    length = int(parameters[0])
    flows, volumes = state[1 : 1 + length], state[1 + length :]
    state[0] += 1.0
    push(flows, close_location(bar) * bar.volume)
    push(volumes, bar.volume)
    out[0] = per_contract(flows, volumes) if state[0] >= length else math.nan


@lean_jit
def obv_change_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change of the on-balance volume.

    State: bars seen, previous close, windows of signed volumes and of volumes.
    """
    length = int(parameters[0])
    flows, volumes = state[2 : 2 + length], state[2 + length :]
    state[0] += 1.0
    change = bar.close - state[1]
    state[1] = bar.close
    sign = 1.0 if change > 0.0 else -1.0 if change < 0.0 else 0.0
    push(flows, sign * bar.volume)
    push(volumes, bar.volume)
    out[0] = per_contract(flows, volumes) if state[0] > length else math.nan


@lean_jit
def vpt_change_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change of the volume-price trend.

    State: bars seen, previous close, windows of volume times change in percent and of volumes.
    """
    length = int(parameters[0])
    flows, volumes = state[2 : 2 + length], state[2 + length :]
    state[0] += 1.0
    earlier = state[1]
    state[1] = bar.close
    change = 100.0 * (bar.close - earlier) / earlier if earlier > 0.0 else 0.0
    push(flows, change * bar.volume)
    push(volumes, bar.volume)
    out[0] = per_contract(flows, volumes) if state[0] > length else math.nan


@lean_jit
def nvi_change_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change of the negative volume index.

    State: bars seen, previous close, previous volume, window of log returns on falling volume.
    """
    length = parameters[0]
    state[0] += 1.0
    is_quieter = bar.volume < state[2]
    push(state[3:], log_ratio(bar.close, state[1]) if is_quieter else 0.0)
    state[1], state[2] = bar.close, bar.volume
    out[0] = 100.0 * length * mean(state[3:]) if state[0] > length else math.nan


@lean_jit
def force_index_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the force index in true ranges. State: bars seen, force, volume, ATR state."""
    span, length = parameters
    state[0] += 1.0
    n_changes = state[0] - 1.0
    if n_changes > 0.0:
        change = bar.close - state[3]
        state[1] = exponential(state[1], change * bar.volume, span, n_changes)
        state[2] = exponential(state[2], bar.volume, span, n_changes)
    atr = average_true_range(state[3:], bar, length, state[0])
    out[0] = math.nan
    if state[0] >= max(span + 1.0, length):
        out[0] = in_ranges(share(state[1], state[2]), atr, bar.close)


@lean_jit
def ease_of_movement_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the ease of movement in true ranges.

    State: bars seen, previous high and low, windows of eases and of volumes, ATR state.
    """
    length = int(parameters[0])
    eases, volumes = state[3 : 3 + length], state[3 + length : 3 + 2 * length]
    state[0] += 1.0
    moved = 0.5 * (bar.high - state[1] + bar.low - state[2])
    state[1], state[2] = bar.high, bar.low
    push(eases, share(moved * (bar.high - bar.low), bar.volume))
    push(volumes, bar.volume)
    atr = average_true_range(state[3 + 2 * length :], bar, parameters[0], state[0])
    out[0] = math.nan
    if state[0] > length:
        ease = mean(eases) * mean(volumes)
        out[0] = in_ranges(in_ranges(ease, atr, bar.close), atr, bar.close)


VOLUME_FLOW_FEATURES = by_name(
    FeatureSpec(
        name="cmf",
        kernel=cmf_step,
        parameters=(20.0,),
        state_size=1 + 2 * 20,
        columns=("cmf",),
        lookback=20,
        warm_up=19,
        centre=0.03,
        spread=0.15,
        formula="sum of close location x volume / sum of volume over 20 bars, close location as in "
        "`close_location`; 0 where nothing was traded",
        source="Chaikin's money flow, as in `ta`: the change of the accumulation/distribution line "
        "over 20 bars, per contract",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="obv_change",
        kernel=obv_change_step,
        parameters=(20.0,),
        state_size=2 + 2 * 20,
        price_state=((1, 2),),
        columns=("obv_change",),
        lookback=21,
        warm_up=20,
        centre=0.0,
        spread=0.26,
        formula="(OBV - OBV 20 bars ago) / sum of volume over 20 bars; 0 where nothing was traded",
        source="Granville (1963): an unchanged close adds nothing, as in TA-Lib; `ta` adds its "
        "volume, and agrees where no close is unchanged",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="vpt_change",
        kernel=vpt_change_step,
        parameters=(20.0,),
        state_size=2 + 2 * 20,
        price_state=((1, 2),),
        columns=("vpt_change",),
        lookback=21,
        warm_up=20,
        centre=0.0,
        spread=0.018,
        formula="sum of volume x change of the close in percent / sum of volume over 20 bars; 0 "
        "where nothing was traded, a change is 0 where the earlier close is not positive",
        source="volume-price trend, its change over 20 bars as in `ta`, per contract",
        unit="percent per bar",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="nvi_change",
        kernel=nvi_change_step,
        parameters=(20.0,),
        state_size=3 + 20,
        price_state=((1, 2),),
        columns=("nvi_change",),
        lookback=21,
        warm_up=20,
        centre=0.0,
        spread=0.11,
        formula="100 ln(NVI / NVI 20 bars ago): log returns of those of the 20 bars whose volume "
        "fell; 0 where a price is not positive",
        source="Fosback's negative volume index, as in `ta`, as a change",
        unit="log percent",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="force_index",
        kernel=force_index_step,
        parameters=(13.0, 14.0),
        state_size=3 + ATR_STATE,
        price_state=((3, 4),),
        columns=("force_index",),
        warm_up=13,
        centre=0.0,
        spread=0.24,
        formula="EMA13 of change x volume / EMA13 of volume / ATR14; 0 where nothing was traded or "
        "moved",
        source="Elder (1993), seeded as in `ta`, in true ranges of a typical bar instead of points "
        "times contracts; both averages begin at the second bar",
        unit="average true ranges",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="ease_of_movement",
        kernel=ease_of_movement_step,
        parameters=(14.0,),
        state_size=3 + 2 * 14 + ATR_STATE,
        price_state=((1, 3), (31, 32)),
        columns=("ease_of_movement",),
        warm_up=14,
        centre=0.0,
        spread=0.15,
        formula="mean over 14 bars of (change of (high + low) / 2) (high - low) / volume, times "
        "their mean volume / ATR14^2; a bar without volume counts as 0, and 0 where nothing moved",
        source="Arms; `ta` scales with 1e8 instead, and gives inf or NaN without volume",
        unit="average true ranges",
        bounds="unbounded",
    ),
)
