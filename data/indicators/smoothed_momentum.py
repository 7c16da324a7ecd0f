"""Smoothed momentum: rates of change averaged until only the direction of a move is left.

At bar t they use bars <= t. An average of averages begins when the inner one is valid, as in `ta`:
until then it holds nothing of use, and the first value that counts replaces it.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import SMALLEST_RATIO, exponential
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import mean, push
from utils.jit import lean_jit

KST_CLOSES = 30 + 15
"""Closes that the slowest part of the sum needs: a change over 30 bars, averaged over 15."""


@lean_jit
def tsi_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the true strength index.

    State: bars seen, previous close, averages of the change and of its size, averages of those.
    """
    slow, fast = parameters
    state[0] += 1.0
    n_changes = state[0] - 1.0
    change = bar.close - state[1]
    state[1] = bar.close
    out[0] = math.nan
    if n_changes == 0.0:
        return
    state[2] = exponential(state[2], change, slow, n_changes)
    state[3] = exponential(state[3], abs(change), slow, n_changes)
    state[4] = exponential(state[4], state[2], fast, n_changes - slow + 1.0)
    state[5] = exponential(state[5], state[3], fast, n_changes - slow + 1.0)
    if n_changes >= slow + fast - 1.0:
        is_still = state[5] <= SMALLEST_RATIO * abs(bar.close)
        out[0] = 0.0 if is_still else 100.0 * state[4] / state[5]


@lean_jit
def kst_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the know sure thing and its signal. State: bars seen, window of KST, of closes."""
    signal = int(parameters[0])
    values, closes = state[1 : 1 + signal], state[1 + signal :]
    state[0] += 1.0
    push(closes, bar.close)
    total = _mean_change(closes, 10, 10) + 2.0 * _mean_change(closes, 15, 10)
    total += 3.0 * _mean_change(closes, 20, 10) + 4.0 * _mean_change(closes, 30, 15)
    push(values, total)
    smoothed = mean(values)
    out[0], out[1] = math.nan, math.nan
    if state[0] >= KST_CLOSES + signal - 1:
        out[0] = total
        out[1] = smoothed


@lean_jit
def _mean_change(closes: Floats, length: int, n_changes: int) -> float:
    """Return the mean of the last changes over `length` bars, in percent.

    It is taken from the closes, not from stored changes, so that a roll can move them.
    """
    total = 0.0
    for i in range(closes.shape[0] - n_changes, closes.shape[0]):
        earlier = closes[i - length]
        total += (closes[i] - earlier) / earlier if earlier > 0.0 else 0.0
    return 100.0 * total / n_changes


@lean_jit
def trix_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change of a triple average in percent. State: bars seen, the three averages."""
    span = parameters[0]
    state[0] += 1.0
    before = state[3]
    state[1] = exponential(state[1], bar.close, span, state[0])
    state[2] = exponential(state[2], state[1], span, state[0] - span + 1.0)
    state[3] = exponential(state[3], state[2], span, state[0] - 2.0 * (span - 1.0))
    out[0] = math.nan
    if state[0] > 3.0 * (span - 1.0) + 1.0:
        out[0] = 100.0 * (state[3] - before) / before if before > 0.0 else 0.0


SMOOTHED_MOMENTUM_FEATURES = by_name(
    FeatureSpec(
        name="tsi",
        kernel=tsi_step,
        parameters=(25.0, 13.0),
        state_size=6,
        price_state=((1, 2),),
        columns=("tsi",),
        warm_up=37,
        centre=2.3,
        spread=21.0,
        formula="100 EMA13 of EMA25 of the change / EMA13 of EMA25 of its size; 0 where the size "
        "is rounding noise",
        source="Blau (1991), seeded as in `ta`",
        unit="percent",
        bounds="[-100, 100]",
    ),
    FeatureSpec(
        name="kst",
        kernel=kst_step,
        parameters=(9.0,),
        state_size=1 + 9 + KST_CLOSES,
        price_state=((10, 10 + KST_CLOSES),),
        columns=("kst", "kst_signal"),
        lookback=53,
        warm_up=52,
        centre=0.1,
        spread=2.5,
        formula="m(10, 10) + 2 m(15, 10) + 3 m(20, 10) + 4 m(30, 15), m(a, b) = mean of b changes "
        "over a bars in percent, a change being 0 where the earlier close is not positive; signal "
        "= mean of 9",
        source="Know Sure Thing (1992), as in `ta`, whose first 52 rows hold the mean of the whole "
        "sample",
        unit="percent",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="trix",
        kernel=trix_step,
        parameters=(15.0,),
        state_size=4,
        price_state=((1, 4),),
        columns=("trix",),
        warm_up=43,
        centre=0.0,
        spread=0.01,
        formula="100 (EMA15 of EMA15 of EMA15 of the close / the same one bar ago - 1); 0 where "
        "that is not positive",
        source="Hutson (1983), seeded as in `ta`",
        unit="percent per bar",
        bounds="unbounded",
    ),
)
