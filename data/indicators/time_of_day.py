"""Time features: where in the day, the session and the week a bar opens.

All of it is arithmetic on Chicago's clock: half days, holidays and pauses are not known, so that a
session always seems to last 23 hours. Points on a circle put the end of a day beside its start. The
minutes since the open, the minutes to the close and the progress say the same in three scales;
choose one. At bar t they use bar t alone.
"""

import math

from data.calendar import MINUTES_PER_DAY, RTH_END_MINUTE, RTH_START_MINUTE, SESSION_MINUTES
from data.indicators.bar import Bar, Floats
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit

DAYS_PER_WEEK = 5
"""Trading days: the end of Friday's session lies beside the start of Monday's."""

RTH_MINUTES = float(RTH_END_MINUTE - RTH_START_MINUTE)


@lean_jit
def time_sin_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the sine of the bar's time of day. No state."""
    out[0] = math.sin(2.0 * math.pi * bar.minute_of_session / parameters[0])


@lean_jit
def time_cos_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the cosine of the bar's time of day. No state."""
    out[0] = math.cos(2.0 * math.pi * bar.minute_of_session / parameters[0])


@lean_jit
def week_sin_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the sine of the bar's place in the trading week. No state."""
    minute = parameters[0] * bar.day_of_week + bar.minute_of_session
    out[0] = math.sin(2.0 * math.pi * minute / (DAYS_PER_WEEK * parameters[0]))


@lean_jit
def week_cos_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the cosine of the bar's place in the trading week. No state."""
    minute = parameters[0] * bar.day_of_week + bar.minute_of_session
    out[0] = math.cos(2.0 * math.pi * minute / (DAYS_PER_WEEK * parameters[0]))


@lean_jit
def day_of_week_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the day of the trade date. No state."""
    out[0] = bar.day_of_week


@lean_jit
def minutes_since_open_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the minutes from the session's open. No state."""
    out[0] = bar.minute_of_session


@lean_jit
def minutes_to_close_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the minutes to the session's close. No state."""
    out[0] = max(parameters[0] - bar.minute_of_session, 0.0)


@lean_jit
def session_progress_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the part of the session that is over. No state."""
    out[0] = min(bar.minute_of_session / parameters[0], 1.0)


@lean_jit
def rth_flag_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write whether the bar opens in regular hours. No state."""
    out[0] = 1.0 if bar.is_rth else 0.0


@lean_jit
def minutes_since_rth_open_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the minutes from the regular open, at most one regular session away. No state."""
    start, length = parameters
    out[0] = min(max(bar.minute_of_session - start, -length), length)


TIME_FEATURES = by_name(
    FeatureSpec(
        name="time_sin",
        kernel=time_sin_step,
        parameters=(float(MINUTES_PER_DAY),),
        state_size=0,
        columns=("time_sin",),
        lookback=1,
        warm_up=0,
        centre=0.0,
        spread=0.7,
        formula="sin(2 pi minutes / 1440), minutes from 17:00 Chicago to the bar's open",
        source="definition",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="time_cos",
        kernel=time_cos_step,
        parameters=(float(MINUTES_PER_DAY),),
        state_size=0,
        columns=("time_cos",),
        lookback=1,
        warm_up=0,
        centre=0.0,
        spread=0.7,
        formula="cos(2 pi minutes / 1440), minutes from 17:00 Chicago to the bar's open",
        source="definition",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="week_sin",
        kernel=week_sin_step,
        parameters=(float(MINUTES_PER_DAY),),
        state_size=0,
        columns=("week_sin",),
        lookback=1,
        warm_up=0,
        centre=0.0,
        spread=0.7,
        formula="sin(2 pi (1440 day + minutes) / 7200), day of the trade date, Monday 0, minutes "
        "from 17:00 Chicago to the bar's open",
        source="definition",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="week_cos",
        kernel=week_cos_step,
        parameters=(float(MINUTES_PER_DAY),),
        state_size=0,
        columns=("week_cos",),
        lookback=1,
        warm_up=0,
        centre=0.0,
        spread=0.7,
        formula="cos(2 pi (1440 day + minutes) / 7200), day of the trade date, Monday 0, minutes "
        "from 17:00 Chicago to the bar's open",
        source="definition",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="day_of_week",
        kernel=day_of_week_step,
        state_size=0,
        columns=("day_of_week",),
        lookback=1,
        warm_up=0,
        centre=2.0,
        spread=1.4,
        formula="day of the trade date: 0 from Sunday 17:00 Chicago (Monday's) to 4 (Friday's)",
        source="definition",
        unit="days",
        bounds="[0, 4]",
    ),
    FeatureSpec(
        name="minutes_since_open",
        kernel=minutes_since_open_step,
        state_size=0,
        columns=("minutes_since_open",),
        lookback=1,
        warm_up=0,
        centre=690.0,
        spread=400.0,
        formula="minutes from 17:00 Chicago to the bar's open",
        source="definition",
        unit="minutes",
        bounds="[0, 1440)",
    ),
    FeatureSpec(
        name="minutes_to_close",
        kernel=minutes_to_close_step,
        parameters=(float(SESSION_MINUTES),),
        state_size=0,
        columns=("minutes_to_close",),
        lookback=1,
        warm_up=0,
        centre=690.0,
        spread=400.0,
        formula="1380 - minutes from 17:00 Chicago to the bar's open; 0 from 16:00 Chicago on",
        source="definition",
        unit="minutes",
        bounds="[0, 1380]",
    ),
    FeatureSpec(
        name="session_progress",
        kernel=session_progress_step,
        parameters=(float(SESSION_MINUTES),),
        state_size=0,
        columns=("session_progress",),
        lookback=1,
        warm_up=0,
        centre=0.5,
        spread=0.29,
        formula="minutes from 17:00 Chicago to the bar's open / 1380; 1 from 16:00 Chicago on",
        source="definition",
        unit="ratio",
        bounds="[0, 1]",
    ),
    FeatureSpec(
        name="rth_flag",
        kernel=rth_flag_step,
        state_size=0,
        columns=("rth_flag",),
        lookback=1,
        warm_up=0,
        centre=0.3,
        spread=0.45,
        formula="1 where the bar opens from 08:30 to 15:00 Chicago, Monday to Friday, else 0",
        source="definition",
        unit="flag",
        bounds="0 or 1",
    ),
    FeatureSpec(
        name="minutes_since_rth_open",
        kernel=minutes_since_rth_open_step,
        parameters=(float(RTH_START_MINUTE), RTH_MINUTES),
        state_size=0,
        columns=("minutes_since_rth_open",),
        lookback=1,
        warm_up=0,
        centre=-140.0,
        spread=270.0,
        formula="minutes from 08:30 Chicago to the bar's open, negative before; cut to [-390, 390]",
        source="definition",
        unit="minutes",
        bounds="[-390, 390]",
    ),
)
