"""Liquidity that can be seen in bars: spreads from price alone, and what volume does to price.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.price import log_ratio
from data.indicators.ring import ring_put, wide_mean
from data.indicators.smoothing import ATR_STATE, average_true_range, exponential, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.volume_flow import close_location, share
from data.indicators.window import mean, push
from utils.jit import lean_jit

OVERLAP = 3.0 - 2.0 * math.sqrt(2.0)
"""A constant of Corwin and Schultz."""


@lean_jit
def neighbour_covariance(window: Floats) -> float:
    """Return the sample covariance of each value with the one before it."""
    centre = wide_mean(window)
    last = window.shape[0] - 1
    total: float = 0.0
    for i in range(last):
        total += (window[i] - centre) * (window[i + 1] - centre)
    covariance: float = total / last
    return covariance


@lean_jit
def roll_spread_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write Roll's spread in true ranges. State: bars seen, ATR state, ring of price changes."""
    n_changes, length = parameters
    state[0] += 1.0
    ring = state[1 + ATR_STATE :]
    first = ring_put(ring, bar.close - state[1], state[0])
    changes = ring[first : first + int(n_changes)]
    atr = average_true_range(state[1:], bar, length, state[0])
    out[0] = math.nan
    if state[0] > n_changes:
        bounce = max(-neighbour_covariance(changes), 0.0)
        out[0] = in_ranges(2.0 * math.sqrt(bounce), atr, bar.close)


@lean_jit
def two_bar_spread(high: float, low: float, bar: Bar, shift: float) -> float:
    """Return Corwin and Schultz's spread of two bars, a share of the price; never negative.

    Args:
        high: Of the bar before.
        low: Of the bar before.
        bar: The new bar.
        shift: Points that the new bar is moved by, to take out the gap between them.
    """
    new_high, new_low = bar.high + shift, bar.low + shift
    first, second = log_ratio(high, low), log_ratio(new_high, new_low)
    both = log_ratio(max(high, new_high), min(low, new_low))
    apart = first * first + second * second
    alpha = (math.sqrt(2.0 * apart) - math.sqrt(apart)) / OVERLAP - both / math.sqrt(OVERLAP)
    return 2.0 * math.tanh(0.5 * alpha) if alpha > 0.0 else 0.0


@lean_jit
def corwin_schultz_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write Corwin and Schultz's spread in percent.

    State: bars seen, previous high, low and close, window of spreads.
    """
    state[0] += 1.0
    shift = min(state[3] - bar.low, 0.0) + max(state[3] - bar.high, 0.0)
    push(state[4:], two_bar_spread(state[1], state[2], bar, shift))
    state[1], state[2], state[3] = bar.high, bar.low, bar.close
    out[0] = 100.0 * mean(state[4:]) if state[0] > parameters[0] else math.nan


@lean_jit
def amihud_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write Amihud's illiquidity over its usual size.

    State: bars seen, previous close, usual illiquidity, window of illiquidities.
    """
    span, recent = parameters[0], state[3:]
    state[0] += 1.0
    n_changes = state[0] - 1.0
    illiquidity = share(abs(log_ratio(bar.close, state[1])), bar.volume)
    state[1] = bar.close
    if n_changes > 0.0:
        push(recent, illiquidity)
        state[2] = exponential(state[2], illiquidity, span, n_changes)
    out[0] = math.nan
    if n_changes >= span:
        out[0] = mean(recent) / state[2] if state[2] > 0.0 else 1.0


@lean_jit
def kyle_lambda_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the price impact of a typical bar's volume in true ranges.

    State: bars seen, ATR state, rings of price changes, signed volumes and volumes.
    """
    length = int(parameters[0])
    rings = state[1 + ATR_STATE :]
    state[0] += 1.0
    first = ring_put(rings[: 2 * length], bar.close - state[1], state[0])
    ring_put(rings[2 * length : 4 * length], close_location(bar) * bar.volume, state[0])
    ring_put(rings[4 * length :], bar.volume, state[0])
    changes = rings[first : first + length]
    flows = rings[2 * length + first : 3 * length + first]
    volumes = rings[4 * length + first : 5 * length + first]
    atr = average_true_range(state[1:], bar, parameters[1], state[0])
    out[0] = math.nan
    if state[0] > length:
        together, alone = 0.0, 0.0
        for i in range(length):
            together += changes[i] * flows[i]
            alone += flows[i] * flows[i]
        out[0] = in_ranges(share(together, alone) * wide_mean(volumes), atr, bar.close)


MICROSTRUCTURE_LIQUIDITY_FEATURES = by_name(
    FeatureSpec(
        name="roll_spread",
        kernel=roll_spread_step,
        parameters=(50.0, 14.0),
        state_size=1 + ATR_STATE + 2 * 50,
        price_state=((1, 2),),
        columns=("roll_spread",),
        warm_up=50,
        centre=0.25,
        spread=0.3,
        formula="2 sqrt(-covariance of a change of the close with the one before it, over 50 "
        "changes) / ATR14; 0 where the covariance is not negative or nothing moved",
        source="Roll (1984)",
        unit="average true ranges",
        bounds="[0, unbounded)",
    ),
    FeatureSpec(
        name="corwin_schultz",
        kernel=corwin_schultz_step,
        parameters=(20.0,),
        state_size=4 + 20,
        price_state=((1, 4),),
        columns=("corwin_schultz",),
        lookback=21,
        warm_up=20,
        centre=0.018,
        spread=0.015,
        formula="mean over 20 bars of 100 x 2 (e^a - 1) / (e^a + 1), a = (sqrt(2 b) - sqrt(b)) / c "
        "- sqrt(g / c), b the sum of ln(high / low)^2 of a bar and the one before, g the same of "
        "both as one bar, c = 3 - 2 sqrt(2); a negative spread is 0, a logarithm is 0 where a "
        "price is not positive",
        source="Corwin and Schultz (2012), b of one pair, the gap between the bars taken out as "
        "they do overnight",
        unit="percent",
        bounds="[0, 200)",
    ),
    FeatureSpec(
        name="amihud",
        kernel=amihud_step,
        parameters=(276.0,),
        state_size=3 + 20,
        price_state=((1, 2),),
        columns=("amihud",),
        warm_up=276,
        centre=1.0,
        spread=0.55,
        formula="mean over 20 bars of |log return| / volume, over its exponential average of span "
        "276; a bar without volume counts as 0, and 1 where there is nothing but such bars or "
        "price stands still",
        source="Amihud (2002), against its own usual size instead of per dollar",
        unit="ratio",
        bounds="[0, 8)",
    ),
    FeatureSpec(
        name="kyle_lambda",
        kernel=kyle_lambda_step,
        parameters=(50.0, 14.0),
        state_size=1 + ATR_STATE + 6 * 50,
        price_state=((1, 2),),
        columns=("kyle_lambda",),
        warm_up=50,
        centre=0.73,
        spread=0.21,
        formula="slope through 0 of the change of the close on volume x close location over 50 "
        "bars, x their mean volume / ATR14; 0 where nothing was traded or moved",
        source="after Kyle (1985); bars do not say who bought, so the close's place within the bar "
        "stands for it",
        unit="average true ranges per bar's volume",
        bounds="unbounded",
    ),
)
