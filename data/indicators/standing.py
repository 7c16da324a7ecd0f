"""Statistical features: where the close, or the bar's range, stands within a longer past.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still
from data.indicators.ring import ring_put, wide_statistics
from data.indicators.smoothing import ATR_STATE, average_true_range, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import push
from utils.jit import lean_jit


@lean_jit
def zscore_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write how far the close is from its mean. State: bars seen, ring of closes."""
    state[0] += 1.0
    first = 1 + ring_put(state[1:], bar.close, state[0])
    closes = state[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] >= parameters[0]:
        centre, deviation = wide_statistics(closes, 0)
        out[0] = 0.0 if is_still(deviation, bar.close) else (bar.close - centre) / deviation


@lean_jit
def rank_of_newest(window: Floats) -> float:
    """Return the share of the earlier values that the newest exceeds, equal ones counting half."""
    last = window.shape[0] - 1
    newest = window[last]
    doubled = 0
    for i in range(last):
        doubled += int(window[i] < newest) + int(window[i] <= newest)
    rank: float = 0.5 * doubled / last
    return rank


@lean_jit
def close_rank_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the percentile rank of the close. State: bars seen, ring of closes."""
    state[0] += 1.0
    first = 1 + ring_put(state[1:], bar.close, state[0])
    closes = state[first : first + int(parameters[0])]
    out[0] = rank_of_newest(closes) if state[0] >= parameters[0] else math.nan


@lean_jit
def range_rank_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the percentile rank of high - low. State: bars seen, ring of ranges."""
    state[0] += 1.0
    first = 1 + ring_put(state[1:], bar.high - bar.low, state[0])
    ranges = state[first : first + int(parameters[0])]
    out[0] = rank_of_newest(ranges) if state[0] >= parameters[0] else math.nan


@lean_jit
def swings_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the largest fall and rise. State: bars seen, ATR state, window of closes."""
    closes = state[1 + ATR_STATE :]
    state[0] += 1.0
    atr = average_true_range(state[1 : 1 + ATR_STATE], bar, parameters[1], state[0])
    push(closes, bar.close)
    out[0], out[1] = math.nan, math.nan
    if state[0] < parameters[0]:
        return
    peak, trough = closes[0], closes[0]
    fall: float = 0.0
    rise: float = 0.0
    for i in range(1, closes.shape[0]):
        peak, trough = max(peak, closes[i]), min(trough, closes[i])
        fall, rise = max(fall, peak - closes[i]), max(rise, closes[i] - trough)
    out[0] = in_ranges(fall, atr, bar.close)
    out[1] = in_ranges(rise, atr, bar.close)


def _zscore(length: int) -> FeatureSpec:
    return FeatureSpec(
        name=f"zscore_{length}",
        kernel=zscore_step,
        parameters=(float(length),),
        state_size=1 + 2 * length,
        price_state=((1, 1 + 2 * length),),
        columns=(f"zscore_{length}",),
        lookback=length,
        warm_up=length - 1,
        centre=0.0,
        spread=1.45,
        formula=f"(close - mean) / population deviation of the last {length} closes, this one "
        "included; 0 where price stands still",
        source="definition; over 20 closes it would be 4 times Bollinger's %b less 2",
        unit="deviations",
        bounds=f"[-{math.sqrt(length - 1.0):.1f}, {math.sqrt(length - 1.0):.1f}]",
    )


STANDING_FEATURES = by_name(
    _zscore(50),
    _zscore(138),
    _zscore(276),
    FeatureSpec(
        name="close_rank_100",
        kernel=close_rank_step,
        parameters=(100.0,),
        state_size=1 + 2 * 100,
        price_state=((1, 1 + 2 * 100),),
        columns=("close_rank_100",),
        lookback=100,
        warm_up=99,
        centre=0.5,
        spread=0.35,
        formula="share of the 99 closes before that the close exceeds, equal ones counting half",
        source="percentile rank by its definition (`mean` ranks of scipy.stats.percentileofscore)",
        unit="ratio",
        bounds="[0, 1]",
    ),
    FeatureSpec(
        name="range_rank_100",
        kernel=range_rank_step,
        parameters=(100.0,),
        state_size=1 + 2 * 100,
        columns=("range_rank_100",),
        lookback=100,
        warm_up=99,
        centre=0.5,
        spread=0.3,
        formula="share of the 99 ranges before (high - low) that the bar's range exceeds, equal "
        "ones counting half",
        source="percentile rank by its definition (`mean` ranks of scipy.stats.percentileofscore)",
        unit="ratio",
        bounds="[0, 1]",
    ),
    FeatureSpec(
        name="swings_60",
        kernel=swings_step,
        parameters=(60.0, 14.0),
        state_size=1 + ATR_STATE + 60,
        price_state=((1, 2), (1 + ATR_STATE, 1 + ATR_STATE + 60)),
        columns=("max_drawdown_60", "max_runup_60"),
        warm_up=59,
        centre=5.3,
        spread=3.0,
        formula="largest fall from an earlier, and rise from an earlier, of the last 60 closes, "
        "each / ATR14; 0 where the ATR is rounding noise",
        source="definition of maximum drawdown, and its mirror image; ATR seeded as in `ta`",
        unit="average true ranges",
        bounds="[0, unbounded)",
    ),
)
