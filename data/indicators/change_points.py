"""Regime features: an online score of evidence that the drift, or the volatility, has changed.

Page's cumulative sums: evidence adds up bar by bar, doubt takes it off, and at the alarm the score
begins anew. At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still
from data.indicators.smoothing import exponential
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit

LARGEST_SURPRISE = 4.0
"""Usual sizes that one change counts for at most: no single bar raises the alarm alone."""

CUSUM_STATE = 5
"""Floats of state: bars seen, previous close, usual size, evidence of more, evidence of less."""


@lean_jit
def take_surprise(state: Floats, bar: Bar, span: float) -> float:
    """Return the change of the close as a multiple of the usual size; 0 where price stood still.

    The usual size is the exponential average of sizes before this bar, so that a shock is not
    measured by itself.

    Args:
        state: CUSUM_STATE floats.
        bar: The new bar.
        span: Of the average, in bars.
    """
    state[0] += 1.0
    change = bar.close - state[1] if state[0] > 1.0 else 0.0
    state[1] = bar.close
    usual = state[2]
    if state[0] > 1.0:
        state[2] = exponential(usual, abs(change), span, state[0] - 1.0)
    if is_still(usual, bar.close):
        return 0.0
    surprise: float = change / usual
    return min(max(surprise, -LARGEST_SURPRISE), LARGEST_SURPRISE)


@lean_jit
def take_evidence(state: Floats, value: float, allowance: float, alarm: float) -> float:
    """Add up evidence of more and of less than usual; return the difference, as parts of an alarm.

    Args:
        state: CUSUM_STATE floats.
        value: Departure from the usual, in usual sizes.
        allowance: Departure that is no evidence, taken off at every bar.
        alarm: Sum at which a side has its alarm: it shows 1, and begins anew at the next bar.
    """
    more, less = state[3], state[4]
    if max(more, less) >= alarm:
        more, less = 0.0, 0.0
    state[3] = max(0.0, more + value - allowance)
    state[4] = max(0.0, less - value - allowance)
    score: float = (min(state[3], alarm) - min(state[4], alarm)) / alarm
    return score


@lean_jit
def cusum_drift_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the score of a changed drift. State: CUSUM_STATE."""
    span, allowance, alarm = parameters
    surprise = take_surprise(state, bar, span)
    out[0] = math.nan
    if state[0] > span:
        out[0] = take_evidence(state, surprise, allowance, alarm)


@lean_jit
def cusum_volatility_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the score of a changed volatility. State: CUSUM_STATE."""
    span, allowance, alarm = parameters
    moves = not is_still(state[2], bar.close)
    surprise = take_surprise(state, bar, span)
    out[0] = math.nan
    if state[0] > span:
        excess = abs(surprise) - 1.0 if moves else 0.0
        out[0] = take_evidence(state, excess, allowance, alarm)


CHANGE_POINT_FEATURES = by_name(
    FeatureSpec(
        name="cusum_drift",
        kernel=cusum_drift_step,
        parameters=(100.0, 0.5, 8.0),
        state_size=CUSUM_STATE,
        price_state=((1, 2),),
        columns=("cusum_drift",),
        warm_up=100,
        centre=0.0,
        spread=0.3,
        formula="(up - down) / 8; up = max(0, up + z - 0.5), down = max(0, down - z - 0.5), both 0 "
        "after one has reached 8; z = change of the close / EMA100 of sizes one bar ago, cut at 4; "
        "0 where price stands still",
        source="Page (1954), both sides; sizes are mean absolute changes, 0.8 of a deviation where "
        "changes are normal",
        unit="parts of an alarm: positive upwards",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="cusum_volatility",
        kernel=cusum_volatility_step,
        parameters=(100.0, 0.25, 8.0),
        state_size=CUSUM_STATE,
        price_state=((1, 2),),
        columns=("cusum_volatility",),
        warm_up=100,
        centre=-0.07,
        spread=0.4,
        formula="(up - down) / 8; up = max(0, up + z - 0.25), down = max(0, down - z - 0.25), both "
        "0 after one has reached 8; z = |change of the close| / EMA100 of sizes one bar ago, cut "
        "at 4, - 1; 0 where price stands still",
        source="Page (1954), both sides, of sizes",
        unit="parts of an alarm: positive towards more volatility",
        bounds="[-1, 1]",
    ),
)
