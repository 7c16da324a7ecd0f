"""Step kernels that run another feature's kernel on larger bars, and show its last value.

Their specifications are in data/indicators/multi_timeframe.py. At bar t they use larger bars that
are over at the close of bar t, see data/indicators/timeframes.py.
"""

import math

from data.indicators.averages import ema_distance_step
from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still
from data.indicators.momentum import rsi_step
from data.indicators.smoothing import ATR_STATE, average_true_range, in_ranges
from data.indicators.timeframes import (
    FRAME_STATE,
    ended_before,
    ended_with,
    larger_bar,
    last_value,
)
from utils.jit import lean_jit

INNER = FRAME_STATE + 1
"""Where the inner kernel's state begins: after the frame and the value that is shown."""


@lean_jit
def bar_change_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change of the close in true ranges. State: bars seen, ATR state."""
    state[0] += 1.0
    change = bar.close - state[1]
    atr = average_true_range(state[1 : 1 + ATR_STATE], bar, parameters[0], state[0])
    out[0] = math.nan
    if state[0] > 1.0 and state[0] >= parameters[0]:
        out[0] = in_ranges(change, atr, bar.close)


@lean_jit
def bar_range_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write high - low in true ranges, 1 where these are noise. State: bars seen, ATR state."""
    state[0] += 1.0
    atr = average_true_range(state[1 : 1 + ATR_STATE], bar, parameters[0], state[0])
    out[0] = math.nan
    if state[0] >= parameters[0]:
        out[0] = 1.0 if is_still(atr, bar.close) else (bar.high - bar.low) / atr


@lean_jit
def rsi_frame_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the relative strength index of larger bars. State: frame, value, the index's."""
    minutes, warm_up, length = parameters
    frame, memory, inner = state[:FRAME_STATE], state[FRAME_STATE:INNER], state[INNER:]
    if ended_before(frame, bar, minutes):
        rsi_step(inner, (length,), larger_bar(frame), memory)
    if ended_with(frame, bar, minutes):
        rsi_step(inner, (length,), larger_bar(frame), memory)
    out[0] = last_value(frame, memory, warm_up, 50.0)


@lean_jit
def ema_distance_frame_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the distance from an average of larger bars. State: frame, value, the distance's."""
    minutes, warm_up, span, length = parameters
    frame, memory, inner = state[:FRAME_STATE], state[FRAME_STATE:INNER], state[INNER:]
    if ended_before(frame, bar, minutes):
        ema_distance_step(inner, (span, length), larger_bar(frame), memory)
    if ended_with(frame, bar, minutes):
        ema_distance_step(inner, (span, length), larger_bar(frame), memory)
    out[0] = last_value(frame, memory, warm_up, 0.0)


@lean_jit
def change_frame_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the change over the last larger bar. State: frame, value, the change's."""
    minutes, warm_up, length = parameters
    frame, memory, inner = state[:FRAME_STATE], state[FRAME_STATE:INNER], state[INNER:]
    if ended_before(frame, bar, minutes):
        bar_change_step(inner, (length,), larger_bar(frame), memory)
    if ended_with(frame, bar, minutes):
        bar_change_step(inner, (length,), larger_bar(frame), memory)
    out[0] = last_value(frame, memory, warm_up, 0.0)


@lean_jit
def range_frame_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the range of the last larger bar. State: frame, value, the range's."""
    minutes, warm_up, length = parameters
    frame, memory, inner = state[:FRAME_STATE], state[FRAME_STATE:INNER], state[INNER:]
    if ended_before(frame, bar, minutes):
        bar_range_step(inner, (length,), larger_bar(frame), memory)
    if ended_with(frame, bar, minutes):
        bar_range_step(inner, (length,), larger_bar(frame), memory)
    out[0] = last_value(frame, memory, warm_up, 1.0)
