"""Volume activity: how busy the market is against its last bars, and against this time of day.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.ring import ring_put, wide_statistics
from data.indicators.smoothing import exponential
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import mean, push
from utils.jit import lean_jit

SLOT_MINUTES = 5.0
N_SLOTS = 288
LATE_START_MINUTES = 60.0
"""A session whose first bar opens later than this was not seen whole."""


@lean_jit
def volume_z_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the z-score of the volume's logarithm. State: bars seen, ring of logarithms."""
    state[0] += 1.0
    newest = math.log(1.0 + bar.volume)
    ring = state[1:]
    first = ring_put(ring, newest, state[0])
    logs = ring[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] >= parameters[0]:
        centre, deviation = wide_statistics(logs, 0)
        out[0] = (newest - centre) / deviation if deviation > 0.0 else 0.0


@lean_jit
def volume_oscillator(state: Floats, fast: float, slow: float, volume: float) -> float:
    """Return the volume oscillator in percent. State: bars seen, fast and slow average."""
    state[0] += 1.0
    state[1] = exponential(state[1], volume, fast, state[0])
    state[2] = exponential(state[2], volume, slow, state[0])
    return 100.0 * (state[1] - state[2]) / state[2] if state[2] > 0.0 else 0.0


@lean_jit
def pvo_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the percentage volume oscillator. State: as in `volume_oscillator`."""
    fast, slow = parameters
    oscillator = volume_oscillator(state, fast, slow, bar.volume)
    out[0] = oscillator if state[0] >= slow else math.nan


@lean_jit
def pvo_histogram_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the oscillator less its average. State: as in `volume_oscillator`, that average."""
    fast, slow, signal = parameters
    oscillator = volume_oscillator(state, fast, slow, bar.volume)
    out[0] = math.nan
    if state[0] >= slow:
        n_values = state[0] - slow + 1.0
        state[3] = exponential(state[3], oscillator, signal, n_values)
        out[0] = oscillator - state[3] if n_values >= signal else math.nan


@lean_jit
def slot_mean(slots: Floats, slot: int, n_kept: int) -> float:
    """Return the mean of what was kept in a slot; 0 where nothing was.

    Args:
        slots: For each slot a count, then the last `n_kept` values, the newest last.
        slot: Its number.
        n_kept: Values per slot.
    """
    first = slot * (1 + n_kept)
    count = int(slots[first])
    if count == 0:
        return 0.0
    return mean(slots[first + 1 + n_kept - count : first + 1 + n_kept])


@lean_jit
def slot_push(slots: Floats, slot: int, n_kept: int, value: float) -> None:
    """Keep a value in its slot, the oldest one goes; arguments as in `slot_mean`."""
    first = slot * (1 + n_kept)
    slots[first] = min(slots[first] + 1.0, float(n_kept))
    push(slots[first + 1 : first + 1 + n_kept], value)


@lean_jit
def volume_by_time_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write volume over its mean at this time of day. State: bars seen, slots of volumes."""
    n_kept = int(parameters[0])
    slot = int(bar.minute_of_session / SLOT_MINUTES)
    state[0] += 1.0
    usual = slot_mean(state[1:], slot, n_kept)
    slot_push(state[1:], slot, n_kept, bar.volume)
    out[0] = math.nan
    if state[0] > parameters[1]:
        out[0] = bar.volume / usual if usual > 0.0 else 1.0


@lean_jit
def session_volume_by_time_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the session's volume over its mean at this time of day.

    State: bars seen, volume so far, 1 where the session was seen from its start, slots of volumes
    so far. A session that began late is compared, but not kept.
    """
    n_kept = int(parameters[0])
    slot = int(bar.minute_of_session / SLOT_MINUTES)
    state[0] += 1.0
    if bar.is_session_start:
        state[1] = 0.0
        state[2] = 1.0 if bar.minute_of_session <= LATE_START_MINUTES else 0.0
    state[1] += bar.volume
    usual = slot_mean(state[3:], slot, n_kept)
    if state[2] == 1.0:
        slot_push(state[3:], slot, n_kept, state[1])
    out[0] = math.nan
    if state[0] > parameters[1]:
        out[0] = state[1] / usual if usual > 0.0 else 1.0


VOLUME_ACTIVITY_FEATURES = by_name(
    FeatureSpec(
        name="volume_z",
        kernel=volume_z_step,
        parameters=(50.0,),
        state_size=1 + 2 * 50,
        columns=("volume_z",),
        lookback=50,
        warm_up=49,
        centre=0.0,
        spread=1.3,
        formula="(x - mean) / population deviation of x = ln(1 + volume) over 50 bars, this one "
        "included; 0 where all are equal",
        source="definition",
        unit="standard deviations",
        bounds="[-7, 7]: the root of 49",
    ),
    FeatureSpec(
        name="pvo",
        kernel=pvo_step,
        parameters=(12.0, 26.0),
        state_size=3,
        columns=("pvo",),
        warm_up=25,
        centre=-5.0,
        spread=22.0,
        formula="100 (EMA12 - EMA26 of the volume) / EMA26; 0 where nothing was traded",
        source="percentage volume oscillator, seeded as in `ta`",
        unit="percent",
        bounds="(-100, 108)",
    ),
    FeatureSpec(
        name="pvo_histogram",
        kernel=pvo_histogram_step,
        parameters=(12.0, 26.0, 9.0),
        state_size=4,
        columns=("pvo_histogram",),
        warm_up=33,
        centre=0.0,
        spread=7.0,
        formula="PVO less its EMA9, PVO as in `pvo`; 0 where nothing was traded",
        source="percentage volume oscillator, seeded as in `ta`",
        unit="percent",
        bounds="(-208, 208)",
    ),
    FeatureSpec(
        name="volume_by_time",
        kernel=volume_by_time_step,
        parameters=(10.0, 276.0),
        state_size=1 + N_SLOTS * 11,
        columns=("volume_by_time",),
        warm_up=276,
        centre=0.9,
        spread=0.5,
        formula="volume / mean volume of the last 10 bars in the same five minutes of a session, "
        "this one not included: 10 sessions of five-minute bars; 1 where there is none or none was "
        "traded",
        source="definition; the first 276 bars, a session of five-minute bars, are warm-up",
        unit="ratio",
        bounds="[0, unbounded)",
    ),
    FeatureSpec(
        name="session_volume_by_time",
        kernel=session_volume_by_time_step,
        parameters=(5.0, 276.0),
        state_size=3 + N_SLOTS * 6,
        columns=("session_volume_by_time",),
        warm_up=276,
        session_rule="resets",
        centre=0.95,
        spread=0.3,
        formula="volume since the session's first bar / mean of the same at the same five minutes "
        "of the last 5 sessions that were there; 1 where there is none or none was traded. A "
        "session whose first bar opens later than 18:00 Chicago is not kept for comparison",
        source="definition; the first 276 bars, a session of five-minute bars, are warm-up",
        unit="ratio",
        bounds="[0, unbounded)",
    ),
)
