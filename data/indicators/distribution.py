"""Statistical features: the shape of recent changes, and how unusual the newest of them is.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still, take_change
from data.indicators.ring import wide_statistics
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit


@lean_jit
def standardised_moment(window: Floats, power: int, price: float) -> float:
    """Return the mean of ((value - mean) / population deviation) ** power; 0 where nothing moves.

    Args:
        window: Changes in points.
        power: 3 for skewness, 4 for kurtosis.
        price: What rounding noise is measured by.
    """
    centre, deviation = wide_statistics(window, 0)
    if is_still(deviation, price):
        return 0.0
    total: float = 0.0
    for i in range(window.shape[0]):
        departure = window[i] - centre
        square = departure * departure
        total += square * departure if power == 3 else square * square
    variance = deviation * deviation
    average: float = total / window.shape[0]
    return average / (variance * deviation if power == 3 else variance * variance)


@lean_jit
def skew_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the skewness of changes. State: bars seen, previous close, ring of changes."""
    first = take_change(state, bar)
    changes = state[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] > parameters[0]:
        out[0] = standardised_moment(changes, 3, bar.close)


@lean_jit
def kurtosis_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the excess kurtosis. State: bars seen, previous close, ring of changes."""
    first = take_change(state, bar)
    changes = state[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] > parameters[0]:
        fourth = standardised_moment(changes, 4, bar.close)
        out[0] = fourth - 3.0 if fourth > 0.0 else 0.0


@lean_jit
def change_zscore_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write how unusual the change is. State: bars seen, previous close, ring of changes."""
    first = take_change(state, bar)
    changes = state[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] > parameters[0]:
        centre, deviation = wide_statistics(changes, 0)
        away = changes[changes.shape[0] - 1] - centre
        out[0] = 0.0 if is_still(deviation, bar.close) else away / deviation


@lean_jit
def sharpe_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write mean over deviation. State: bars seen, previous close, ring of changes."""
    first = take_change(state, bar)
    changes = state[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] > parameters[0]:
        centre, deviation = wide_statistics(changes, 1)
        out[0] = 0.0 if is_still(deviation, bar.close) else centre / deviation


def _sharpe(length: int, spread: float) -> FeatureSpec:
    return FeatureSpec(
        name=f"sharpe_{length}",
        kernel=sharpe_step,
        parameters=(float(length),),
        state_size=2 + 2 * length,
        price_state=((1, 2),),
        columns=(f"sharpe_{length}",),
        lookback=length + 1,
        warm_up=length,
        centre=0.0,
        spread=spread,
        formula=f"mean / sample deviation of the last {length} changes of the close; 0 where price "
        "stands still, or moves by the same amount every bar",
        source="Sharpe (1966) per bar, not annualised, of changes in points instead of returns",
        unit="deviations per bar",
        bounds="unbounded",
    )


DISTRIBUTION_FEATURES = by_name(
    FeatureSpec(
        name="skew_60",
        kernel=skew_step,
        parameters=(60.0,),
        state_size=2 + 2 * 60,
        price_state=((1, 2),),
        columns=("skew_60",),
        lookback=61,
        warm_up=60,
        centre=0.0,
        spread=1.0,
        formula="mean of ((change - mean) / population deviation)^3 over the last 60 changes of "
        "the close; 0 where price stands still",
        source="Fisher's moment coefficient without small-sample correction, as scipy.stats.skew "
        "has it by default (pandas corrects); of changes in points instead of returns",
        unit="ratio",
        bounds="[-7.6, 7.6]",
    ),
    FeatureSpec(
        name="kurtosis_60",
        kernel=kurtosis_step,
        parameters=(60.0,),
        state_size=2 + 2 * 60,
        price_state=((1, 2),),
        columns=("kurtosis_60",),
        lookback=61,
        warm_up=60,
        centre=1.1,
        spread=3.0,
        formula="mean of ((change - mean) / population deviation)^4 over the last 60 changes of "
        "the close, less 3; 0 where price stands still",
        source="excess kurtosis without small-sample correction, as scipy.stats.kurtosis has it by "
        "default (pandas corrects); of changes in points instead of returns",
        unit="ratio",
        bounds="[-2, 55.1]",
    ),
    FeatureSpec(
        name="change_zscore_60",
        kernel=change_zscore_step,
        parameters=(60.0,),
        state_size=2 + 2 * 60,
        price_state=((1, 2),),
        columns=("change_zscore_60",),
        lookback=61,
        warm_up=60,
        centre=0.0,
        spread=1.0,
        formula="(change - mean) / population deviation of the last 60 changes of the close, this "
        "one included; 0 where price stands still",
        source="definition",
        unit="deviations",
        bounds="[-7.7, 7.7]",
    ),
    _sharpe(60, 0.13),
    _sharpe(276, 0.06),
)
