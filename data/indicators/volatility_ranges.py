"""Volatility from open, high, low and close: Parkinson, Garman-Klass, Rogers-Satchell, Yang-Zhang.

They see the way within a bar and so need fewer bars than closes alone. At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.price import log_ratio
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import mean, push, standard_deviation
from utils.jit import lean_jit

TWICE_LN_2_LESS_1 = 2.0 * math.log(2.0) - 1.0


@lean_jit
def _root_mean(state: Floats, term: float, length: float) -> float:
    """Take a bar's variance into `state`; return the root of the mean, NaN before `length` bars.

    State: bars seen, window of variances.
    """
    state[0] += 1.0
    push(state[1:], term)
    if state[0] < length:
        return math.nan
    return math.sqrt(max(mean(state[1:]), 0.0))


@lean_jit
def parkinson_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write Parkinson's volatility. State: as in `_root_mean`."""
    height = log_ratio(bar.high, bar.low)
    out[0] = _root_mean(state, height * height / (4.0 * math.log(2.0)), parameters[0])


@lean_jit
def garman_klass_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write Garman and Klass's volatility. State: as in `_root_mean`."""
    height, body = log_ratio(bar.high, bar.low), log_ratio(bar.close, bar.open)
    term = 0.5 * height * height - TWICE_LN_2_LESS_1 * body * body
    out[0] = _root_mean(state, term, parameters[0])


@lean_jit
def rogers_satchell_term(bar: Bar) -> float:
    """Return the variance of one bar that Rogers and Satchell estimate."""
    up, down = log_ratio(bar.high, bar.open), log_ratio(bar.low, bar.open)
    body = log_ratio(bar.close, bar.open)
    term: float = up * (up - body) + down * (down - body)
    return term


@lean_jit
def rogers_satchell_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write Rogers and Satchell's volatility. State: as in `_root_mean`."""
    out[0] = _root_mean(state, rogers_satchell_term(bar), parameters[0])


@lean_jit
def yang_zhang_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write Yang and Zhang's volatility.

    State: bars seen, previous close, windows of gaps, of bodies, of Rogers and Satchell's terms.
    """
    length = int(parameters[0])
    gaps, bodies = state[2 : 2 + length], state[2 + length : 2 + 2 * length]
    terms = state[2 + 2 * length :]
    state[0] += 1.0
    push(gaps, log_ratio(bar.open, state[1]) if state[0] > 1.0 else 0.0)
    push(bodies, log_ratio(bar.close, bar.open))
    push(terms, rogers_satchell_term(bar))
    state[1] = bar.close
    out[0] = math.nan
    if state[0] > length:
        between, within = standard_deviation(gaps, 1), standard_deviation(bodies, 1)
        share = 0.34 / (1.34 + (length + 1.0) / (length - 1.0))
        variance = between * between + share * within * within + (1.0 - share) * mean(terms)
        out[0] = math.sqrt(max(variance, 0.0))


UNIT = "log points per bar, not annualised"
BOUNDS = "[0, unbounded)"

VOLATILITY_RANGE_FEATURES = by_name(
    FeatureSpec(
        name="parkinson",
        kernel=parkinson_step,
        parameters=(20.0,),
        state_size=1 + 20,
        columns=("parkinson",),
        lookback=20,
        warm_up=19,
        centre=0.00045,
        spread=0.00036,
        formula="sqrt(mean of ln(high / low)^2 over 20 bars / (4 ln 2)); a logarithm is 0 where a "
        "price is not positive",
        source="Parkinson (1980)",
        unit=UNIT,
        bounds=BOUNDS,
    ),
    FeatureSpec(
        name="garman_klass",
        kernel=garman_klass_step,
        parameters=(20.0,),
        state_size=1 + 20,
        columns=("garman_klass",),
        lookback=20,
        warm_up=19,
        centre=0.00046,
        spread=0.00037,
        formula="sqrt(mean of ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2 over 20 "
        "bars); a logarithm is 0 where a price is not positive",
        source="Garman and Klass (1980), their practical estimator, without the jump between bars",
        unit=UNIT,
        bounds=BOUNDS,
    ),
    FeatureSpec(
        name="rogers_satchell",
        kernel=rogers_satchell_step,
        parameters=(20.0,),
        state_size=1 + 20,
        columns=("rogers_satchell",),
        lookback=20,
        warm_up=19,
        centre=0.00046,
        spread=0.00037,
        formula="sqrt(mean of ln(high / open) ln(high / close) + ln(low / open) ln(low / close) "
        "over 20 bars); a logarithm is 0 where a price is not positive",
        source="Rogers and Satchell (1991): right also where price drifts",
        unit=UNIT,
        bounds=BOUNDS,
    ),
    FeatureSpec(
        name="yang_zhang",
        kernel=yang_zhang_step,
        parameters=(20.0,),
        state_size=2 + 3 * 20,
        price_state=((1, 2),),
        columns=("yang_zhang",),
        lookback=21,
        warm_up=20,
        centre=0.00046,
        spread=0.00037,
        formula="sqrt(V(ln(open / previous close)) + k V(ln(close / open)) + (1 - k) Rogers-"
        "Satchell variance) over 20 bars, V the sample variance, k = 0.34 / (1.34 + 21 / 19); a "
        "logarithm is 0 where a price is not positive",
        source="Yang and Zhang (2000), with the gap between two bars in place of the night's",
        unit=UNIT,
        bounds=BOUNDS,
    ),
)
