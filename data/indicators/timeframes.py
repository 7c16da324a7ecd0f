"""Larger bars made inside a feature's state, so that a step kernel can run on them.

A larger bar is over at the close of the bar that fills it, told by the bars' own size: the shortest
time from one bar's open to the next that came twice in a row, in this session or the one before.
Where its last bars are missing, or the bars' size is not known yet, it is over when the next bar
opens outside it: at the close of that bar, so possibly late. A bar belongs to the larger bar in
which it opens, and one that comes after its larger bar was over is left out. What is larger than
its frame is a bar of its own. At bar t uses bars <= t.

The same bars as data/resample.py makes, except where only a calendar knows the end: a pause within
a larger bar does not divide it, and one that a half day cuts short is over when the next bar opens.
"""

import math
from typing import NamedTuple

from data.calendar import MINUTES_PER_DAY, SESSION_MINUTES
from data.indicators.bar import Bar, Floats
from utils.jit import lean_jit

FRAME_STATE = 13
"""Floats of state: bars seen, minute, bar size, bucket, is forming; then the larger bar's open,
high, low, close and volume; how many are over; the time since the bar before, and the shortest that
came twice in a row in this session, 0 where there is none."""

FRAME_PRICES = (5, 9)
"""Which of them are prices in points."""

SESSION_FRAME = float(MINUTES_PER_DAY)
"""Minutes of the frame whose bars are sessions, over after 23 hours."""


class LargerBar(NamedTuple):
    """What a kernel that does not ask for the time sees of a larger bar."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@lean_jit
def ended_before(frame: Floats, bar: Bar, minutes: float) -> bool:
    """Return whether the larger bar that was forming was over before this bar opened.

    Call it first at each bar, then, whatever it returns, `ended_with`.

    Args:
        frame: FRAME_STATE floats.
        bar: The new bar, not yet taken in but for its time.
        minutes: Size of the larger bars.
    """
    frame[0] += 1.0
    _learn_size(frame, bar)
    is_over: bool = frame[4] == 1.0 and _opens_another(frame, bar, minutes)
    frame[10] += int(is_over)
    return is_over


@lean_jit
def ended_with(frame: Floats, bar: Bar, minutes: float) -> bool:
    """Take in the bar; return whether the larger bar it belongs to is over at its close."""
    if _opens_another(frame, bar, minutes):
        frame[3] = math.floor(bar.minute_of_session / minutes)
        frame[4] = 1.0
        frame[5], frame[6], frame[7] = bar.open, bar.high, bar.low
        frame[9] = 0.0
    frame[1] = bar.minute_of_session
    if frame[4] == 0.0:
        return False
    frame[6] = max(frame[6], bar.high)
    frame[7] = min(frame[7], bar.low)
    frame[8] = bar.close
    frame[9] += bar.volume
    end = (frame[3] + 1.0) * minutes
    if bar.minute_of_session < SESSION_MINUTES:
        end = min(end, SESSION_MINUTES)
    is_over: bool = frame[2] > 0.0 and bar.minute_of_session + frame[2] >= end
    frame[4] = 0.0 if is_over else 1.0
    frame[10] += int(is_over)
    return is_over


@lean_jit
def _learn_size(frame: Floats, bar: Bar) -> None:
    """Learn the bars' size from two equal steps in a row; one odd stamp is no other size."""
    step = bar.minute_of_session - frame[1]
    if frame[0] == 1.0 or bar.is_session_start or step <= 0.0:
        frame[2] = frame[12] if frame[12] > 0.0 else frame[2]
        frame[11] = frame[12] = 0.0
        return
    if step == frame[11]:
        frame[12] = step if frame[12] == 0.0 else min(step, frame[12])
        frame[2] = step if frame[2] == 0.0 else min(step, frame[2])
    frame[11] = step


@lean_jit
def _opens_another(frame: Floats, bar: Bar, minutes: float) -> bool:
    """Return whether the bar opens in another larger bar than the one before it."""
    is_new_day = bar.is_session_start or bar.minute_of_session < frame[1]
    bucket = math.floor(bar.minute_of_session / minutes)
    return frame[0] == 1.0 or is_new_day or bucket != frame[3]


@lean_jit
def larger_bar(frame: Floats) -> Bar:
    """Return the larger bar that is over, for the kernels that read prices and volume only."""
    bar = LargerBar(frame[5], frame[6], frame[7], frame[8], frame[9])
    return bar  # type: ignore[return-value] # no time: kernels that read it do not compile


@lean_jit
def last_value(frame: Floats, memory: Floats, warm_up: float, neutral: float) -> float:
    """Return what the last larger bar gave.

    Args:
        frame: FRAME_STATE floats.
        memory: The value, NaN while its kernel was warming up on larger bars.
        warm_up: Bars for which NaN is returned, however many larger bars are over.
        neutral: Returned after these where too few larger bars are over.
    """
    if frame[0] <= warm_up:
        return math.nan
    if frame[10] == 0.0 or math.isnan(memory[0]):
        return neutral
    value: float = memory[0]
    return value
