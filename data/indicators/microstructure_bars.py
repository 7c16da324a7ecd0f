"""What single bars and their order tell of buyers and sellers: wicks, bodies, runs, bought volume.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.ring import ring_put, wide_mean
from data.indicators.smoothing import SMALLEST_RATIO
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.volume_flow import close_location, per_contract, share
from data.indicators.window import mean, push
from utils.jit import lean_jit


@lean_jit
def upper_wick_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the upper wick's share of the bar. No state."""
    out[0] = share(bar.high - max(bar.open, bar.close), bar.high - bar.low)


@lean_jit
def lower_wick_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the lower wick's share of the bar. No state."""
    out[0] = share(min(bar.open, bar.close) - bar.low, bar.high - bar.low)


@lean_jit
def body_share_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the body's share of the bar, negative where it fell. No state."""
    out[0] = share(bar.close - bar.open, bar.high - bar.low)


@lean_jit
def close_location_mean_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the mean close location. State: bars seen, window of close locations."""
    state[0] += 1.0
    push(state[1:], close_location(bar))
    out[0] = mean(state[1:]) if state[0] >= parameters[0] else math.nan


@lean_jit
def bought_less_sold(changes: Floats, price: float) -> float:
    """Return which share of the newest bar's volume was bought, less which was sold.

    Args:
        changes: Of the price, the newest last.
        price: Says how small a change is rounding noise.
    """
    total: float = 0.0
    for i in range(changes.shape[0]):
        total += changes[i] * changes[i]
    usual = math.sqrt(total / changes.shape[0])
    if usual <= SMALLEST_RATIO * abs(price):
        return 0.0
    return math.erf(changes[-1] / usual / math.sqrt(2.0))


@lean_jit
def signed_volume_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the imbalance of bought and sold volume.

    State: bars seen, previous close, windows of price changes, signed volumes and volumes.
    """
    length = int(parameters[0])
    changes, flows = state[2 : 2 + length], state[2 + length : 2 + 2 * length]
    volumes = state[2 + 2 * length :]
    state[0] += 1.0
    push(changes, bar.close - state[1])
    state[1] = bar.close
    push(flows, bought_less_sold(changes, bar.close) * bar.volume)
    push(volumes, bar.volume)
    out[0] = per_contract(flows, volumes) if state[0] >= 2 * length else math.nan


@lean_jit
def tick_run_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write how many closes in a row rose, or fell. State: bars seen, previous close, the run."""
    state[0] += 1.0
    change = bar.close - state[1] if state[0] > 1.0 else 0.0
    state[1] = bar.close
    if change > 0.0:
        state[2] = max(state[2], 0.0) + 1.0
    elif change < 0.0:
        state[2] = min(state[2], 0.0) - 1.0
    out[0] = state[2] if state[0] > 1.0 else math.nan


@lean_jit
def zero_return_share_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the share of unchanged closes. State: bars seen, previous close, ring of flags."""
    state[0] += 1.0
    ring = state[2:]
    first = ring_put(ring, 1.0 if bar.close == state[1] else 0.0, state[0])
    flags = ring[first : first + int(parameters[0])]
    state[1] = bar.close
    out[0] = wide_mean(flags) if state[0] > parameters[0] else math.nan


MICROSTRUCTURE_BAR_FEATURES = by_name(
    FeatureSpec(
        name="upper_wick",
        kernel=upper_wick_step,
        state_size=0,
        columns=("upper_wick",),
        lookback=1,
        warm_up=0,
        centre=0.25,
        spread=0.21,
        formula="(high - larger of open and close) / (high - low); 0 where high = low",
        source="definition",
        unit="ratio",
        bounds="[0, 1]",
    ),
    FeatureSpec(
        name="lower_wick",
        kernel=lower_wick_step,
        state_size=0,
        columns=("lower_wick",),
        lookback=1,
        warm_up=0,
        centre=0.25,
        spread=0.22,
        formula="(smaller of open and close - low) / (high - low); 0 where high = low",
        source="definition",
        unit="ratio",
        bounds="[0, 1]",
    ),
    FeatureSpec(
        name="body_share",
        kernel=body_share_step,
        state_size=0,
        columns=("body_share",),
        lookback=1,
        warm_up=0,
        centre=0.0,
        spread=0.55,
        formula="(close - open) / (high - low); 0 where high = low",
        source="definition; its size and the two wicks make 1",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="close_location_14",
        kernel=close_location_mean_step,
        parameters=(14.0,),
        state_size=1 + 14,
        columns=("close_location_14",),
        lookback=14,
        warm_up=13,
        centre=0.03,
        spread=0.15,
        formula="mean over 14 bars of ((close - low) - (high - close)) / (high - low), 0 where "
        "high = low",
        source="Chaikin's close location value, averaged",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="signed_volume",
        kernel=signed_volume_step,
        parameters=(20.0,),
        state_size=2 + 3 * 20,
        price_state=((1, 2),),
        columns=("signed_volume",),
        lookback=40,
        warm_up=39,
        centre=0.0,
        spread=0.18,
        formula="sum of volume x (2 N(change / s) - 1) / sum of volume over 20 bars, N the normal "
        "distribution, s the root mean squared change of the close over the 20 changes up to that "
        "bar; 0 where nothing was traded or moved",
        source="bulk volume classification of Easley, Lopez de Prado and O'Hara (2012), signed as "
        "an order imbalance",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="tick_run",
        kernel=tick_run_step,
        state_size=3,
        price_state=((1, 2),),
        columns=("tick_run",),
        warm_up=1,
        centre=0.0,
        spread=2.0,
        formula="closes in a row that rose, or minus those that fell; an unchanged close leaves it "
        "as it is, 0 before the first change",
        source="the tick rule of Lee and Ready (1991), counted",
        unit="bars",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="zero_return_share",
        kernel=zero_return_share_step,
        parameters=(50.0,),
        state_size=2 + 2 * 50,
        price_state=((1, 2),),
        columns=("zero_return_share",),
        lookback=51,
        warm_up=50,
        centre=0.015,
        spread=0.02,
        formula="share of the last 50 bars that closed where the bar before closed",
        source="Lesmond, Ogden and Trzcinka (1999): zero returns as a measure of trading costs",
        unit="ratio",
        bounds="[0, 1]",
    ),
)
