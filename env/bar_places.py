"""Where bars stand in their sessions and contracts, and which flags that gives them.

One law for all rows of a market and for a single live bar: each row is judged by itself, by what
stands in it. What a row may know is for the caller to say: a market's rows know which bar came
last of a session, a live one only what the calendar says.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendar import SATURDAY, Calendar
from data.session_table import NS_PER_MINUTE
from env.kernel.names import BarFlag

NS_PER_SECOND = 1_000_000_000

ROLL_MINUTES = 10
"""How long before a contract's last close it is closed, where no flatten says otherwise."""

Mask = NDArray[np.bool_]


class Places(NamedTuple):
    """Where n bars stand; (n,) each.

    Attributes:
        is_start: Whether it is the first bar of its session.
        is_end: Whether no further bar of its session follows.
        is_roll: Whether it is the first bar of a new contract.
        is_last_of_contract: Whether a roll that is not charged follows it.
        is_last_session: Whether its session is its contract's last, before such a roll.
        minutes_left: From its close to its session's; infinite where no rule asks.
    """

    is_start: Mask
    is_end: Mask
    is_roll: Mask
    is_last_of_contract: Mask
    is_last_session: Mask
    minutes_left: NDArray[np.float64]


def flag_bits(
    places: Places, flatten_minutes: int | None, no_entry_minutes: int | None
) -> NDArray[np.int32]:
    """Return the BarFlags of each bar, shape (n,).

    Args:
        places: Where the bars stand.
        flatten_minutes: Before the close, from which on nothing stays open; None: it may.
        no_entry_minutes: Before the close, from which on nothing is opened; None: it may be.
    """
    is_late = places.minutes_left <= or_never(flatten_minutes)
    is_closed = places.minutes_left <= or_never(no_entry_minutes)
    if flatten_minutes is not None:
        is_late |= places.is_end  # the data may end before the session does
    minutes = ROLL_MINUTES if flatten_minutes is None else flatten_minutes
    is_roll_ahead = places.is_last_session & (places.minutes_left <= minutes)
    is_roll_ahead |= places.is_last_of_contract
    flags = np.zeros(len(places.is_start), dtype=np.int32)
    flags[places.is_start] |= BarFlag.SESSION_START
    flags[places.is_end | places.is_last_of_contract] |= BarFlag.LAST_CHANCE
    flags[is_late | is_roll_ahead] |= BarFlag.FLATTEN
    flags[is_closed] |= BarFlag.NO_ENTRY
    flags[is_roll_ahead] |= BarFlag.ROLL_AHEAD
    flags[places.is_roll] |= BarFlag.ROLL
    return flags


def or_never(minutes: int | None) -> float:
    """Return the minutes, or what no bar is as near to its close as."""
    return -np.inf if minutes is None else float(minutes)


def minutes_left(
    calendar: Calendar, stamps: pd.DatetimeIndex, bar_seconds: int
) -> NDArray[np.float64]:
    """Return the minutes from each bar's close to its session's, shape (n,).

    By the calendar, so that half days count, and no later bar is asked. Below zero for bars that
    lie beyond the close, or on a day without a session.
    """
    spans, opens = calendar.last_spans(stamps)
    table = calendar.table
    closes = opens + bar_seconds * NS_PER_SECOND
    return np.asarray((table.closes[table.span_sessions[spans]] - closes) / NS_PER_MINUTE)


def is_regular(calendar: Calendar, stamps: pd.DatetimeIndex) -> Mask:
    """Return whether each bar opens in the instrument's regular hours, shape (n,).

    By the time of day on a weekday; a holiday has them too.
    """
    template = calendar.template
    if template.rth is None:
        return np.ones(len(stamps), dtype=np.bool_)
    wall = stamps.tz_convert(template.zone)
    minutes = np.asarray(wall.hour * 60 + wall.minute)
    start, end = template.rth
    is_weekday = np.asarray(wall.day_of_week) < SATURDAY
    return np.asarray((minutes >= start) & (minutes < end) & is_weekday)
