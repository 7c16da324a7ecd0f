"""Time of day as a point on a circle, so that the end of a day lies beside its start."""

import math

from data.calendar import MINUTES_PER_DAY
from data.indicators.bar import Bar, Floats
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import jit


@jit
def time_sin_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the sine of the bar's time of day. No state."""
    out[0] = math.sin(2.0 * math.pi * bar.minute_of_session / parameters[0])


@jit
def time_cos_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the cosine of the bar's time of day. No state."""
    out[0] = math.cos(2.0 * math.pi * bar.minute_of_session / parameters[0])


TIME_FEATURES = by_name(
    FeatureSpec(
        name="time_sin",
        kernel=time_sin_step,
        parameters=(float(MINUTES_PER_DAY),),
        state_size=0,
        columns=("time_sin",),
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
        warm_up=0,
        centre=0.0,
        spread=0.7,
        formula="cos(2 pi minutes / 1440), minutes from 17:00 Chicago to the bar's open",
        source="definition",
        unit="ratio",
        bounds="[-1, 1]",
    ),
)
