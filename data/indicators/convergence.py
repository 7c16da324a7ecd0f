"""Convergence features: how far a fast average of price stands from a slow one, and its signal.

At bar t they use bars <= t. The MACD line itself is in data/indicators/trend.py. An average of
averages begins when the inner one is valid, as in `ta`: until then it holds nothing of use, and the
first value that counts replaces it.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, exponential, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import mean_departure, push
from utils.jit import lean_jit

MACD_LENGTHS = (12.0, 26.0, 9.0, 14.0)
"""Fast, slow and signal average, average true range; in bars."""
MACD_STATE = 4 + ATR_STATE
"""Floats of state: bars seen, fast, slow and signal average, ATR state."""


@lean_jit
def _take_macd(state: Floats, parameters: tuple[float, ...], bar: Bar) -> float:
    """Take a bar into MACD_STATE and return the average true range."""
    fast, slow, signal, length = parameters
    state[0] += 1.0
    state[1] = exponential(state[1], bar.close, fast, state[0])
    state[2] = exponential(state[2], bar.close, slow, state[0])
    state[3] = exponential(state[3], state[1] - state[2], signal, state[0] - slow + 1.0)
    return average_true_range(state[4:], bar, length, state[0])


@lean_jit
def macd_signal_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the average of the MACD line in true ranges. State: MACD_STATE."""
    atr = _take_macd(state, parameters, bar)
    out[0] = math.nan
    if state[0] >= parameters[1] + parameters[2] - 1.0:
        out[0] = in_ranges(state[3], atr, bar.close)


@lean_jit
def macd_histogram_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the MACD line less its signal in true ranges. State: MACD_STATE."""
    atr = _take_macd(state, parameters, bar)
    out[0] = math.nan
    if state[0] >= parameters[1] + parameters[2] - 1.0:
        out[0] = in_ranges(state[1] - state[2] - state[3], atr, bar.close)


@lean_jit
def _take_ppo(state: Floats, parameters: tuple[float, ...], close: float) -> float:
    """Take a close into the state and return the line. State: bars seen, fast, slow, signal."""
    fast, slow, signal = parameters
    state[0] += 1.0
    state[1] = exponential(state[1], close, fast, state[0])
    state[2] = exponential(state[2], close, slow, state[0])
    line: float = 100.0 * (state[1] - state[2]) / state[2] if state[2] > 0.0 else 0.0
    state[3] = exponential(state[3], line, signal, state[0] - slow + 1.0)
    return line


@lean_jit
def ppo_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the percentage price oscillator and its signal. State: that of `_take_ppo`."""
    line = _take_ppo(state, parameters, bar.close)
    out[0], out[1] = math.nan, math.nan
    if state[0] >= parameters[1] + parameters[2] - 1.0:
        out[0] = line
        out[1] = state[3]


@lean_jit
def ppo_histogram_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the percentage price oscillator less its signal. State: that of `_take_ppo`."""
    line = _take_ppo(state, parameters, bar.close)
    out[0] = math.nan
    if state[0] >= parameters[1] + parameters[2] - 1.0:
        out[0] = line - state[3]


@lean_jit
def awesome_oscillator_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the difference of two means of midpoints in true ranges.

    State: bars seen, window of midpoints, ATR state.
    """
    short, long = int(parameters[0]), int(parameters[1])
    midpoints = state[1 : 1 + long]
    state[0] += 1.0
    midpoint = 0.5 * (bar.high + bar.low)
    push(midpoints, midpoint)
    recent = mean_departure(midpoints[long - short :], midpoint)
    difference = recent - mean_departure(midpoints, midpoint)
    atr = average_true_range(state[1 + long :], bar, parameters[2], state[0])
    out[0] = math.nan
    if state[0] >= long:
        out[0] = in_ranges(difference, atr, bar.close)


CONVERGENCE_FEATURES = by_name(
    FeatureSpec(
        name="macd_signal",
        kernel=macd_signal_step,
        parameters=MACD_LENGTHS,
        state_size=MACD_STATE,
        price_state=((1, 3), (4, 5)),
        columns=("macd_signal",),
        warm_up=33,
        centre=0.0,
        spread=0.7,
        formula="EMA9 of (EMA12 - EMA26 of the close) / ATR14 of now; 0 where the ATR is rounding "
        "noise",
        source="Appel, seeded as in `ta`, in ATR14 units instead of points",
        unit="average true ranges",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="macd_histogram",
        kernel=macd_histogram_step,
        parameters=MACD_LENGTHS,
        state_size=MACD_STATE,
        price_state=((1, 3), (4, 5)),
        columns=("macd_histogram",),
        warm_up=33,
        centre=0.0,
        spread=0.21,
        formula="(MACD line - its EMA9) / ATR14; 0 where the ATR is rounding noise",
        source="Aspray (1986), `ta`'s macd_diff, seeded as there, in ATR14 units instead of points",
        unit="average true ranges",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="ppo",
        kernel=ppo_step,
        parameters=MACD_LENGTHS[:3],
        state_size=4,
        price_state=((1, 3),),
        columns=("ppo", "ppo_signal"),
        warm_up=33,
        centre=0.0,
        spread=0.075,
        formula="100 (EMA12 - EMA26) / EMA26 of the close, 0 where EMA26 is not positive; signal = "
        "EMA9 of it",
        source="Appel; seeded as in `ta`",
        unit="percent",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="ppo_histogram",
        kernel=ppo_histogram_step,
        parameters=MACD_LENGTHS[:3],
        state_size=4,
        price_state=((1, 3),),
        columns=("ppo_histogram",),
        warm_up=33,
        centre=0.0,
        spread=0.022,
        formula="PPO - its EMA9",
        source="as in `ta`",
        unit="percent",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="awesome_oscillator",
        kernel=awesome_oscillator_step,
        parameters=(5.0, 34.0, 14.0),
        state_size=1 + 34 + ATR_STATE,
        price_state=((1, 36),),
        columns=("awesome_oscillator",),
        warm_up=33,
        centre=0.0,
        spread=1.75,
        formula="(mean of 5 - mean of 34 midpoints (high + low) / 2) / ATR14; 0 where the ATR is "
        "rounding noise",
        source="Bill Williams (1995), as in `ta`, in ATR14 units instead of points",
        unit="average true ranges",
        bounds="unbounded",
    ),
)
