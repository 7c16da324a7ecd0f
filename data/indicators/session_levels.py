"""Features of sessions: distances from the previous one's prices, and this one's ranges.

A session is a trade date, from its first bar present to its last; the first of the data may have
begun before them. At bar t they use bars <= t.
"""

import math

from data.calendar import RTH_START_MINUTE
from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still
from data.indicators.smoothing import ATR_STATE, average_true_range, exponential, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit

SESSION_STATE = 7
"""Floats of state: sessions over; high, low and close of this one, and of the one before."""

HIGH, LOW, CLOSE = 0, 1, 2
DAY_BARS = 276
"""Five-minute bars of a full session: any so many hold the end of one."""


@lean_jit
def take_session(sessions: Floats, bar: Bar, n_seen: float) -> bool:
    """Take in a bar; return whether it has ended the session before it.

    Args:
        sessions: SESSION_STATE floats.
        bar: The new bar.
        n_seen: Bars seen, this one included.
    """
    has_ended = n_seen > 1.0 and bar.is_session_start
    if has_ended:
        sessions[0] += 1.0
        sessions[4], sessions[5], sessions[6] = sessions[1], sessions[2], sessions[3]
    if has_ended or n_seen == 1.0:
        sessions[1], sessions[2] = bar.high, bar.low
    sessions[1] = max(sessions[1], bar.high)
    sessions[2] = min(sessions[2], bar.low)
    sessions[3] = bar.close
    return has_ended


@lean_jit
def previous_session_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the distance from a price of the previous session.

    State: bars seen, ATR state, SESSION_STATE.
    """
    level, length, warm_up = parameters
    sessions = state[1 + ATR_STATE :]
    state[0] += 1.0
    atr = average_true_range(state[1 : 1 + ATR_STATE], bar, length, state[0])
    take_session(sessions, bar, state[0])
    out[0] = math.nan
    if state[0] > warm_up:
        away = bar.close - sessions[4 + int(level)]
        out[0] = in_ranges(away, atr, bar.close) if sessions[0] > 0.0 else 0.0


@lean_jit
def session_range_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the session's range over its usual one. State: bars seen, average, SESSION_STATE."""
    span, warm_up = parameters
    sessions = state[2:]
    state[0] += 1.0
    if take_session(sessions, bar, state[0]):
        state[1] = exponential(state[1], sessions[4] - sessions[5], span, sessions[0])
    out[0] = math.nan
    if state[0] > warm_up:
        is_known = sessions[0] > 0.0 and not is_still(state[1], bar.close)
        out[0] = (sessions[1] - sessions[2]) / state[1] if is_known else 1.0


@lean_jit
def overnight_position_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write where the close lies in the night's range.

    State: bars seen, night's high and low, the night's bars.
    """
    night_end, lowest, highest = parameters
    state[0] += 1.0
    if bar.is_session_start or state[0] == 1.0:
        state[3] = 0.0
    if bar.minute_of_session < night_end:
        state[3] += 1.0
        state[1] = max(state[1], bar.high) if state[3] > 1.0 else bar.high
        state[2] = min(state[2], bar.low) if state[3] > 1.0 else bar.low
    reach = state[1] - state[2]
    out[0] = 0.5
    if state[3] > 0.0 and not is_still(reach, bar.close):
        out[0] = min(max((bar.close - state[2]) / reach, lowest), highest)


def _previous(name: str, level: int, centre: float, spread: float) -> FeatureSpec:
    return FeatureSpec(
        name=f"previous_{name}_distance",
        kernel=previous_session_step,
        parameters=(float(level), 14.0, float(DAY_BARS)),
        state_size=1 + ATR_STATE + SESSION_STATE,
        price_state=((1, 2), (2 + ATR_STATE, 1 + ATR_STATE + SESSION_STATE)),
        columns=(f"previous_{name}_distance",),
        warm_up=DAY_BARS,
        session_rule="resets",
        centre=centre,
        spread=spread,
        formula=f"(close - {name} of the previous session) / ATR14; 0 until a session is over, and "
        "where the ATR is rounding noise",
        source="definition; the ATR runs on across sessions, seeded as in `ta`",
        unit="average true ranges",
        bounds="unbounded",
    )


SESSION_FEATURES = by_name(
    _previous("high", HIGH, -8.0, 12.0),
    _previous("low", LOW, 14.0, 16.0),
    _previous("close", CLOSE, 1.0, 7.0),
    FeatureSpec(
        name="session_range_ratio",
        kernel=session_range_step,
        parameters=(10.0, float(DAY_BARS)),
        state_size=2 + SESSION_STATE,
        price_state=((3, 2 + SESSION_STATE),),
        columns=("session_range_ratio",),
        warm_up=DAY_BARS,
        session_rule="resets",
        centre=0.45,
        spread=0.4,
        formula="(high - low of the session so far) / exponential average over 10 of the ranges of "
        "sessions that are over; 1 until one is, and where theirs is rounding noise",
        source="definition",
        unit="ratio",
        bounds="[0, unbounded)",
    ),
    FeatureSpec(
        name="overnight_position",
        kernel=overnight_position_step,
        parameters=(float(RTH_START_MINUTE), -2.0, 3.0),
        state_size=4,
        price_state=((1, 3),),
        columns=("overnight_position",),
        warm_up=0,
        session_rule="resets",
        centre=0.6,
        spread=0.5,
        formula="(close - low) / (high - low) of the session's bars before 08:30 Chicago, so far "
        "while the night lasts, cut to [-2, 3]; 0.5 where there was no night or it did not move",
        source="definition",
        unit="ratio: 0 at the night's low, 1 at its high",
        bounds="[-2, 3]",
    ),
)
