"""Regime features: how straight price goes, and whether it moves more than it used to.

All are online: a value never changes once its bar is closed. At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still, take_change
from data.indicators.ring import ring_put, wide_mean
from data.indicators.smoothing import exponential, true_range
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.standing import rank_of_newest
from data.indicators.window import highest, lowest, push
from utils.jit import lean_jit


@lean_jit
def trend_strength_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the efficiency ratio. State: bars seen, window of length + 1 closes."""
    closes = state[1:]
    state[0] += 1.0
    push(closes, bar.close)
    out[0] = math.nan
    if state[0] > parameters[0]:
        path: float = 0.0
        for i in range(1, closes.shape[0]):
            path += abs(closes[i] - closes[i - 1])
        out[0] = 0.0 if is_still(path, bar.close) else abs(bar.close - closes[0]) / path


@lean_jit
def choppiness_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the choppiness index.

    State: bars seen, previous close, windows of true highs, of true lows and of true ranges.
    """
    length = int(parameters[0])
    highs, lows = state[2 : 2 + length], state[2 + length : 2 + 2 * length]
    ranges = state[2 + 2 * length :]
    state[0] += 1.0
    earlier = state[1] if state[0] > 1.0 else bar.close
    state[1] = bar.close
    push(highs, max(bar.high, earlier))
    push(lows, min(bar.low, earlier))
    push(ranges, true_range(earlier, bar))
    out[0] = math.nan
    if state[0] > length:
        reach = highest(highs) - lowest(lows)
        out[0] = 50.0
        if not is_still(reach, bar.close):
            path = length * wide_mean(ranges)
            out[0] = 100.0 * math.log(max(path / reach, 1.0)) / math.log(length)


@lean_jit
def volatility_regime_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write a fast against a slow average. State: bars seen, previous close, both averages."""
    fast, slow = parameters
    state[0] += 1.0
    size = abs(bar.close - state[1])
    state[1] = bar.close
    out[0] = math.nan
    if state[0] == 1.0:
        return
    state[2] = exponential(state[2], size, fast, state[0] - 1.0)
    state[3] = exponential(state[3], size, slow, state[0] - 1.0)
    if state[0] > slow:
        both = state[2] + state[3]
        out[0] = 0.0 if is_still(both, bar.close) else (state[2] - state[3]) / both


@lean_jit
def volatility_rank_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the rank of recent movement. State: bars seen, previous close, changes, mean sizes."""
    short, length = int(parameters[0]), int(parameters[1])
    first = take_change(state[: 2 + 2 * short], bar)
    changes = state[first : first + short]
    total: float = 0.0
    for i in range(short):
        total += abs(changes[i])
    ring = state[2 + 2 * short :]
    first = ring_put(ring, total / short, state[0])
    sizes = ring[first : first + length]
    out[0] = math.nan
    if state[0] >= short + length:
        out[0] = rank_of_newest(sizes)


def _trend_strength(length: int, centre: float, spread: float) -> FeatureSpec:
    return FeatureSpec(
        name=f"trend_strength_{length}",
        kernel=trend_strength_step,
        parameters=(float(length),),
        state_size=2 + length,
        price_state=((1, 2 + length),),
        columns=(f"trend_strength_{length}",),
        lookback=length + 1,
        warm_up=length,
        centre=centre,
        spread=spread,
        formula=f"|close - close {length} bars earlier| / sum of the {length} |changes| between; 0 "
        "where price stands still",
        source="Kaufman's efficiency ratio (1995), as inside `ta`'s KAMA",
        unit="ratio",
        bounds="[0, 1]",
    )


REGIME_FEATURES = by_name(
    _trend_strength(20, 0.21, 0.16),
    _trend_strength(60, 0.13, 0.1),
    FeatureSpec(
        name="choppiness_14",
        kernel=choppiness_step,
        parameters=(14.0,),
        state_size=2 + 3 * 14,
        price_state=((1, 2 + 2 * 14),),
        columns=("choppiness_14",),
        lookback=15,
        warm_up=14,
        centre=50.0,
        spread=10.0,
        formula="100 ln(sum of 14 true ranges / (highest true high - lowest true low)) / ln 14; 50 "
        "where price stands still",
        source="Dreiss's choppiness index, with true highs and lows so that a gap counts alike "
        "above and below the line; high is sideways, low is a trend",
        unit="percent",
        bounds="[0, 100]",
    ),
    FeatureSpec(
        name="volatility_regime",
        kernel=volatility_regime_step,
        parameters=(12.0, 276.0),
        state_size=4,
        price_state=((1, 2),),
        columns=("volatility_regime",),
        warm_up=276,
        centre=-0.08,
        spread=0.25,
        formula="(fast - slow) / (fast + slow), exponential averages of |change of the close| over "
        "12 and 276 bars, seeded with the first; 0 where price stands still",
        source="two-speed volatility ratio as in RiskMetrics' exponential weights (1996), of sizes "
        "instead of squares, so that one shock weighs less",
        unit="ratio: 0 is usual, 1/3 twice the usual, -1/3 half of it",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="volatility_rank",
        kernel=volatility_rank_step,
        parameters=(12.0, 276.0),
        state_size=2 + 2 * 12 + 2 * 276,
        price_state=((1, 2),),
        columns=("volatility_rank",),
        lookback=12 + 276,
        warm_up=287,
        centre=0.5,
        spread=0.3,
        formula="share of the 275 values before that the mean |change of the close| of the last 12 "
        "bars exceeds, equal ones counting half",
        source="percentile rank by its definition",
        unit="ratio",
        bounds="[0, 1]",
    ),
)
