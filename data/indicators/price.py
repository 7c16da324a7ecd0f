"""Features of price alone: returns, and where a bar closed within itself.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit


@lean_jit
def log_ratio(price: float, earlier: float) -> float:
    """Return ln(price / earlier); 0 where either is not positive."""
    if price <= 0.0 or earlier <= 0.0:
        return 0.0
    return math.log(price / earlier)


@lean_jit
def log_return_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the log return of the close. State: bars seen, previous close."""
    state[0] += 1.0
    out[0] = math.nan
    if state[0] > 1.0:
        out[0] = log_ratio(bar.close, state[1])
    state[1] = bar.close


@lean_jit
def session_return_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the log return since the session's first open. State: bars seen, that open."""
    state[0] += 1.0
    if bar.is_session_start or state[0] == 1.0:
        state[1] = bar.open
    out[0] = log_ratio(bar.close, state[1])


@lean_jit
def close_location_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write where the close lies between low (-1) and high (1). No state."""
    out[0] = 0.0
    if bar.high > bar.low:
        out[0] = ((bar.close - bar.low) - (bar.high - bar.close)) / (bar.high - bar.low)


PRICE_FEATURES = by_name(
    FeatureSpec(
        name="log_return",
        kernel=log_return_step,
        state_size=2,
        price_state=((1, 2),),
        columns=("log_return",),
        lookback=2,
        warm_up=1,
        centre=0.0,
        spread=0.0007,
        formula="ln(close / previous close); 0 where a price is not positive",
        source="definition",
        unit="log points per bar",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="session_return",
        kernel=session_return_step,
        state_size=2,
        price_state=((1, 2),),
        columns=("session_return",),
        warm_up=0,
        session_rule="resets",
        centre=0.0,
        spread=0.006,
        formula="ln(close / open of the session's first bar); 0 where a price is not positive",
        source="definition",
        unit="log points",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="close_location",
        kernel=close_location_step,
        state_size=0,
        columns=("close_location",),
        lookback=1,
        warm_up=0,
        centre=0.0,
        spread=0.6,
        formula="((close - low) - (high - close)) / (high - low); 0 where high = low",
        source="Chaikin's close location value, as in the accumulation/distribution line",
        unit="ratio",
        bounds="[-1, 1]",
    ),
)
