"""Volatility features: how much price moves, and where it stands within its usual range.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.price import log_ratio
from data.indicators.smoothing import ATR_STATE, average_true_range
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import mean_departure, push, standard_deviation
from utils.jit import lean_jit


@lean_jit
def volatility_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the deviation of log returns. State: bars seen, previous close, window of returns."""
    returns = state[2:]
    state[0] += 1.0
    if state[0] > 1.0:
        push(returns, log_ratio(bar.close, state[1]))
    state[1] = bar.close
    out[0] = math.nan
    if state[0] > parameters[0]:
        out[0] = standard_deviation(returns, 1)


@lean_jit
def atr_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the average true range in percent of the close. State: bars seen, ATR state."""
    state[0] += 1.0
    atr = average_true_range(state[1:], bar, parameters[0], state[0])
    out[0] = math.nan
    if state[0] >= parameters[0]:
        out[0] = 100.0 * atr / bar.close if bar.close > 0.0 else 0.0


@lean_jit
def bollinger_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write where the close lies between its bands. State: bars seen, window of closes."""
    length, width = parameters
    closes = state[1:]
    state[0] += 1.0
    push(closes, bar.close)
    out[0] = math.nan
    if state[0] >= length:
        half = width * standard_deviation(closes, 0)
        above = -mean_departure(closes, bar.close)
        out[0] = 0.5 + above / (2.0 * half) if half > 0.0 else 0.5


@lean_jit
def bollinger_width_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the distance of the bands in percent. State: bars seen, window of closes."""
    length, width = parameters
    closes = state[1:]
    state[0] += 1.0
    push(closes, bar.close)
    out[0] = math.nan
    if state[0] >= length:
        middle = bar.close + mean_departure(closes, bar.close)
        full = 2.0 * width * standard_deviation(closes, 0)
        out[0] = 100.0 * full / middle if middle > 0.0 else 0.0


VOLATILITY_FEATURES = by_name(
    FeatureSpec(
        name="volatility_20",
        kernel=volatility_step,
        parameters=(20.0,),
        state_size=2 + 20,
        price_state=((1, 2),),
        columns=("volatility_20",),
        lookback=21,
        warm_up=20,
        centre=0.0005,
        spread=0.0004,
        formula="sample standard deviation of the last 20 log returns; 0 where price stands still",
        source="definition",
        unit="log points per bar, not annualised",
        bounds="[0, unbounded)",
    ),
    FeatureSpec(
        name="atr",
        kernel=atr_step,
        parameters=(14.0,),
        state_size=1 + ATR_STATE,
        price_state=((1, 2),),
        columns=("atr",),
        warm_up=13,
        centre=0.075,
        spread=0.05,
        formula="100 ATR14 / close; 0 where the close is not positive",
        source="Wilder (1978), seeded as in `ta`, in percent of the close instead of points",
        unit="percent",
        bounds="[0, unbounded)",
    ),
    FeatureSpec(
        name="bollinger",
        kernel=bollinger_step,
        parameters=(20.0, 2.0),
        state_size=1 + 20,
        price_state=((1, 21),),
        columns=("bollinger",),
        lookback=20,
        warm_up=19,
        centre=0.5,
        spread=0.33,
        formula="(close - lower band) / (upper band - lower band), bands 2 population deviations "
        "from the mean of 20 closes; 0.5 where the bands meet",
        source="Bollinger's %b, as in `ta`",
        unit="ratio",
        bounds="(-0.6, 1.6), 0 and 1 at the bands",
    ),
    FeatureSpec(
        name="bollinger_width",
        kernel=bollinger_width_step,
        parameters=(20.0, 2.0),
        state_size=1 + 20,
        price_state=((1, 21),),
        columns=("bollinger_width",),
        lookback=20,
        warm_up=19,
        centre=0.33,
        spread=0.3,
        formula="100 (upper band - lower band) / mean of 20 closes; 0 where it is not positive",
        source="Bollinger's band width, as in `ta`",
        unit="percent",
        bounds="[0, unbounded)",
    ),
)
