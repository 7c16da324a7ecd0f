"""What becomes known of forecasts corrects the next ones: tracker, alarm, fallback, row by row.

Of one row the same code makes a forecast live and in a loop over all rows. Sources are the family's
forecasts and those to fall back on, in this order; which rates and bounds there are is left to
models/forecast/tracker.py and alarm.py, and whose forecasts come in to models/forecast/online.py.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from utils.jit import lean_jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HIGH, LOW, CLOSE, GAP = range(4)
"""Columns of a bar; in the state the last holds the sum of all gaps so far."""

ROWS, SESSION, IN_SESSION = range(3)
"""Places in the clock: rows seen; the last one's session; how many of it have been seen in a row,
up to the last one."""

CLOCK_PLACES = 3

KNOWN, MISSES, WAIT, IS_ON = range(4)
"""Places in an alarm: labels that were looked at; misses among the last window of them; rows until
the next may be looked at; whether the alarm is on."""

ALARM_PLACES = 4

RETURN, MAE, MFE = range(3)
"""Places in HEADS."""

BASE, FALLBACK = range(2)
LOWEST, LOW_OUTER, HIGH_OUTER, HIGHEST = range(4)
"""Places of the levels that are tracked, from the lowest to the highest; LOW_OUTER and HIGH_OUTER
bound the interval whose coverage is watched."""


class OnlineRules(NamedTuple):
    """What does not change from row to row.

    Attributes:
        horizons: (H,) bars ahead.
        heads: (k,) places in HEADS; the first is RETURN.
        rates: (H,) step of the tracker, in scales; 0 leaves the forecasts as they are.
        levels: (4,) those that are tracked, rising.
        alarm: Misses of a window (2,): the alarm goes on at this many or more, off at this many or
            fewer.
    """

    horizons: Integers
    heads: Integers
    rates: Floats
    levels: Floats
    alarm: Integers


class OnlineState(NamedTuple):
    """What the next row needs of those before it.

    Attributes:
        offsets: (S, H, k, 4) what is added to each tracked level, in scales.
        issued: (S, m, H, k, 4) tracked levels of the last m rows, log returns, in a ring; NaN where
            there was no forecast.
        prices: (m, 4) highs, lows, closes and sums of gaps of these rows, in points.
        clock: (3,).
        misses: (H, w) 1 where a return fell outside its interval, else 0, in a ring.
        alarms: (H, 4).
    """

    offsets: Floats
    issued: Floats
    prices: Floats
    clock: Integers
    misses: Integers
    alarms: Integers


class OnlineRows(NamedTuple):
    """Rows to go through, oldest first, and where their forecasts are written.

    Attributes:
        prices: (n, 4) high, low, close and roll gap, in points.
        sessions: (n,) number of each row's session.
        base: (S, n, H, k, 9) quantiles of each source, log returns, never falling along a row; NaN
            where there is none.
        scales: (n, H) > 0, log returns; NaN where there is no forecast.
        quantiles: (n, H, k, 9), written.
        is_fallback: (n, H), written.
    """

    prices: Floats
    sessions: Integers
    base: Floats
    scales: Floats
    quantiles: Floats
    is_fallback: NDArray[np.bool_]


@lean_jit
def advance_rows(rules: OnlineRules, state: OnlineState, rows: OnlineRows) -> None:
    """Write the forecasts of all rows and move the state on to the last.

    At row t uses rows <= t: of a forecast of h bars ahead, what came of it is used from h rows
    later on, if all of them are of its session.
    """
    for t in range(len(rows.sessions)):
        _take_bar(state, rows, t)
        for i in range(len(rules.horizons)):
            if state.clock[IN_SESSION] > rules.horizons[i]:
                _settle(rules, state, i)
            if state.alarms[i, WAIT] > 0:
                state.alarms[i, WAIT] -= 1
            _issue(rules, state, rows, t, i)


@lean_jit
def _take_bar(state: OnlineState, rows: OnlineRows, t: int) -> None:
    """Put a bar into the ring, and count it."""
    clock = state.clock
    n_kept = len(state.prices)
    level = state.prices[(clock[ROWS] - 1) % n_kept, GAP] if clock[ROWS] > 0 else 0.0
    place = clock[ROWS] % n_kept
    for column in range(GAP):
        state.prices[place, column] = rows.prices[t, column]
    state.prices[place, GAP] = level + rows.prices[t, GAP]
    clock[IN_SESSION] = clock[IN_SESSION] + 1 if rows.sessions[t] == clock[SESSION] else 1
    clock[SESSION] = rows.sessions[t]
    clock[ROWS] += 1


@lean_jit
def _settle(rules: OnlineRules, state: OnlineState, i: int) -> None:
    """Learn from the forecasts of one horizon whose last bar is here now."""
    n_kept = len(state.prices)
    place = (state.clock[ROWS] - 1 - rules.horizons[i]) % n_kept
    for k in range(len(rules.heads)):
        label = outcome(state, rules.heads[k], rules.horizons[i])
        if math.isnan(label):
            continue
        if k == 0:
            _watch(rules, state, i, place, label)
        for source in range(len(state.offsets)):
            for j in range(len(rules.levels)):
                issued = state.issued[source, place, i, k, j]
                if math.isnan(issued):
                    continue
                is_below = 1.0 if label <= issued else 0.0
                state.offsets[source, i, k, j] += rules.rates[i] * (rules.levels[j] - is_below)


@lean_jit
def outcome(state: OnlineState, head: int, horizon: int) -> float:
    """Return what a head came to, `horizon` bars up to the last one, as a log return.

    NaN where the close or a low is not positive, as those of adjusted prices may be.
    """
    prices = state.prices
    n_kept = len(prices)
    last = state.clock[ROWS] - 1
    start = (last - horizon) % n_kept
    origin, level = prices[start, CLOSE], prices[start, GAP]
    end, lowest, highest = origin, origin, origin
    for ahead in range(1, horizon + 1):
        at = (start + ahead) % n_kept
        gap = prices[at, GAP] - level
        end = prices[at, CLOSE] - gap
        lowest, highest = min(lowest, prices[at, LOW] - gap), max(highest, prices[at, HIGH] - gap)
    if lowest <= 0.0:
        return math.nan
    if head == RETURN:
        return math.log(end / origin)
    return math.log((lowest if head == MAE else highest) / origin)


@lean_jit
def _watch(rules: OnlineRules, state: OnlineState, i: int, place: int, label: float) -> None:
    """Count a miss of the family's interval, every so many rows that labels do not overlap."""
    alarm = state.alarms[i]
    low = state.issued[BASE, place, i, 0, LOW_OUTER]
    high = state.issued[BASE, place, i, 0, HIGH_OUTER]
    if alarm[WAIT] > 0 or math.isnan(low):
        return
    window = state.misses[i]
    is_miss = 1 if label < low or label > high else 0
    oldest = alarm[KNOWN] % len(window)
    if alarm[KNOWN] >= len(window):
        alarm[MISSES] -= window[oldest]
    window[oldest] = is_miss
    alarm[MISSES] += is_miss
    alarm[KNOWN] += 1
    alarm[WAIT] = rules.horizons[i]
    if alarm[KNOWN] >= len(window):
        bound = rules.alarm[alarm[IS_ON]]
        is_on = alarm[MISSES] > bound if alarm[IS_ON] == 1 else alarm[MISSES] >= bound
        alarm[IS_ON] = 1 if is_on else 0


@lean_jit
def _issue(rules: OnlineRules, state: OnlineState, rows: OnlineRows, t: int, i: int) -> None:
    """Correct every source's forecasts, keep them for later, and write those that stand."""
    place = (state.clock[ROWS] - 1) % len(state.prices)
    n_sources = len(state.offsets)
    source = FALLBACK if n_sources > 1 and state.alarms[i, IS_ON] == 1 else BASE
    rows.is_fallback[t, i] = source == FALLBACK
    n_levels = rows.quantiles.shape[3]
    for k in range(len(rules.heads)):
        for s in range(n_sources):
            for j in range(len(rules.levels)):
                at = j if j < HIGH_OUTER else n_levels - len(rules.levels) + j
                offset = state.offsets[s, i, k, j] * rows.scales[t, i]
                state.issued[s, place, i, k, j] = rows.base[s, t, i, k, at] + offset
        quantiles = rows.quantiles[t, i, k]
        _write(rows.base[source, t, i, k], state.issued[source, place, i, k], quantiles)
        _bound(quantiles, rules.heads[k])


@lean_jit
def _write(base: Floats, issued: Floats, quantiles: Floats) -> None:
    """Write one row's quantiles: no tracked level crosses the one beside it towards the median."""
    last = len(base) - 1
    for at in range(len(base)):
        quantiles[at] = base[at]
    quantiles[1] = min(issued[LOW_OUTER], base[2])
    quantiles[0] = min(issued[LOWEST], quantiles[1])
    quantiles[last - 1] = max(issued[HIGH_OUTER], base[last - 2])
    quantiles[last] = max(issued[HIGHEST], quantiles[last - 1])


@lean_jit
def _bound(quantiles: Floats, head: int) -> None:
    """Keep quantiles of the lowest point at or below 0, of the highest at or above."""
    for at in range(len(quantiles)):
        if head == MAE:
            quantiles[at] = min(quantiles[at], 0.0)
        elif head == MFE:
            quantiles[at] = max(quantiles[at], 0.0)
