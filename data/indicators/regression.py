"""Features of the straight line through the last closes: how steep it is, and how well it fits.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import mean_departure, push
from utils.jit import lean_jit


@lean_jit
def _moments(closes: Floats) -> tuple[float, float, float]:
    """Return the sums of squares of time, of squares of price, and of their products.

    All are taken about the means; prices from the newest one on, so that equal ones are exactly 0.
    """
    last = closes.shape[0] - 1
    anchor = closes[last]
    centre = mean_departure(closes, anchor)
    times, prices, products = 0.0, 0.0, 0.0
    for i in range(closes.shape[0]):
        time = i - 0.5 * last
        price = closes[i] - anchor - centre
        times += time * time
        prices += price * price
        products += time * price
    return times, prices, products


@lean_jit
def linreg_slope_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the slope of the line in true ranges. State: bars seen, window of closes, ATR state."""
    length = int(parameters[0])
    closes = state[1 : 1 + length]
    state[0] += 1.0
    push(closes, bar.close)
    times, _, products = _moments(closes)
    atr = average_true_range(state[1 + length :], bar, parameters[1], state[0])
    out[0] = math.nan
    if state[0] >= max(parameters[0], parameters[1]):
        out[0] = in_ranges(products / times, atr, bar.close)


@lean_jit
def linreg_r2_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the share of variance that the line explains. State: bars seen, window of closes."""
    state[0] += 1.0
    push(state[1:], bar.close)
    times, prices, products = _moments(state[1:])
    out[0] = math.nan
    if state[0] >= parameters[0]:
        explained = products * products / (times * prices) if prices > 0.0 else 0.0
        out[0] = min(explained, 1.0)


REGRESSION_FEATURES = by_name(
    FeatureSpec(
        name="linreg_slope",
        kernel=linreg_slope_step,
        parameters=(20.0, 14.0),
        state_size=1 + 20 + ATR_STATE,
        price_state=((1, 22),),
        columns=("linreg_slope",),
        warm_up=19,
        centre=0.0,
        spread=0.15,
        formula="slope of the least squares line through 20 closes / ATR14; 0 where the ATR is "
        "rounding noise",
        source="definition; `ta` has none; ATR seeded as there",
        unit="average true ranges per bar",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="linreg_r2",
        kernel=linreg_r2_step,
        parameters=(20.0,),
        state_size=1 + 20,
        price_state=((1, 21),),
        columns=("linreg_r2",),
        lookback=20,
        warm_up=19,
        centre=0.43,
        spread=0.29,
        formula="squared correlation of 20 closes with time; 0 where all are equal",
        source="definition; `ta` has none",
        unit="ratio",
        bounds="[0, 1]",
    ),
)
