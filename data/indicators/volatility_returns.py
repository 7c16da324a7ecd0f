"""Volatility from closes: realised over several lengths, its ratio, exponentially weighted.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.price import log_ratio
from data.indicators.ring import ring_put, wide_mean
from data.indicators.smoothing import exponential
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit

EWMA_SPAN = 2.0 / 0.06 - 1.0
"""The span whose weight of the past is RiskMetrics' 0.94."""


@lean_jit
def squared_returns(state: Floats, bar: Bar) -> int:
    """Take a bar into `state`; return the window of squared log returns, oldest first.

    State: bars seen, previous close, ring of squared returns.
    """
    state[0] += 1.0
    change = log_ratio(bar.close, state[1]) if state[0] > 1.0 else 0.0
    state[1] = bar.close
    return 2 + ring_put(state[2:], change * change, state[0])


@lean_jit
def realised_volatility_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the root of the mean squared log return. State: as in `squared_returns`."""
    first = squared_returns(state, bar)
    squares = state[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] > parameters[0]:
        out[0] = math.sqrt(wide_mean(squares))


@lean_jit
def volatility_ratio_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write short over long realised volatility. State: as in `squared_returns`."""
    short, long = int(parameters[0]), int(parameters[1])
    first = squared_returns(state, bar)
    squares = state[first : first + long]
    out[0] = math.nan
    if state[0] > long:
        usual = wide_mean(squares)
        out[0] = math.sqrt(wide_mean(squares[long - short :]) / usual) if usual > 0.0 else 1.0


@lean_jit
def ewma_volatility_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the root of the average squared return. State: bars seen, previous close, average."""
    span, n_until_settled = parameters
    state[0] += 1.0
    change = log_ratio(bar.close, state[1]) if state[0] > 1.0 else 0.0
    state[1] = bar.close
    if state[0] > 1.0:
        state[2] = exponential(state[2], change * change, span, state[0] - 1.0)
    out[0] = math.nan
    if state[0] > n_until_settled:
        out[0] = math.sqrt(state[2])


def _realised(length: int, centre: float, spread: float) -> FeatureSpec:
    """Return the specification of one length."""
    name = f"realised_volatility_{length}"
    return FeatureSpec(
        name=name,
        kernel=realised_volatility_step,
        parameters=(float(length),),
        state_size=2 + 2 * length,
        price_state=((1, 2),),
        columns=(name,),
        lookback=length + 1,
        warm_up=length,
        centre=centre,
        spread=spread,
        formula=f"sqrt of the mean of the last {length} squared log returns; 0 where price stands "
        "still",
        source="realised variance of Andersen and Bollerslev (1998), per bar: no mean is taken off",
        unit="log points per bar, not annualised",
        bounds="[0, unbounded)",
    )


VOLATILITY_RETURN_FEATURES = by_name(
    _realised(12, 0.0004, 0.00036),
    _realised(36, 0.00045, 0.00037),
    _realised(276, 0.0006, 0.00028),
    FeatureSpec(
        name="volatility_ratio",
        kernel=volatility_ratio_step,
        parameters=(12.0, 276.0),
        state_size=2 + 2 * 276,
        price_state=((1, 2),),
        columns=("volatility_ratio",),
        lookback=277,
        warm_up=276,
        centre=0.7,
        spread=0.5,
        formula="realised volatility of the last 12 bars / of the last 276, which on five-minute "
        "bars are an hour and a session; 1 where price stands still",
        source="definition",
        unit="ratio",
        bounds="[0, 4.8]: the root of 276 / 12",
    ),
    FeatureSpec(
        name="ewma_volatility",
        kernel=ewma_volatility_step,
        parameters=(EWMA_SPAN, 50.0),
        state_size=3,
        price_state=((1, 2),),
        columns=("ewma_volatility",),
        warm_up=50,
        centre=0.00047,
        spread=0.00036,
        formula="sqrt of the exponential average of squared log returns, 0.94 of its past and 0.06 "
        "of the new one; 0 where price stands still",
        source="RiskMetrics (1996), seeded with the first squared return",
        unit="log points per bar, not annualised",
        bounds="[0, unbounded)",
    ),
)
