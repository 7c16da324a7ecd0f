"""Where a bar stands in its session by the calendar: its slot, and which slots are to come.

A slot is a stretch of the trade date as long as a bar, counted from where the exchange's day turns,
so that it means the same time of its wall clock on half days, after late opens, and in summer and
winter. Sessions neither begin nor end within a change of the clocks.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.forecast_settings import ForecastSettings
from data.calendar import Calendar, calendar_of
from data.session_table import NS_PER_MINUTE
from models.forecast.family import Integers
from utils.errors import ConfigError, DataError

NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND
MINUTES_PER_DAY = 1_440

Masks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where n bars stand.

    Attributes:
        sessions: (n,) trade date in days since 1970.
        slots: (n,) slot of the session.
        patterns: (n,) row of `is_open` that the session has.
        is_open: (m, n_slots) slots that trade, of each pattern of hours there is.
    """

    sessions: Integers
    slots: Integers
    patterns: Integers
    is_open: Masks


@dataclass(frozen=True, kw_only=True)  # no slots: what is asked for often is kept
class SessionClock:
    """The clock of one market's bars of one size.

    Attributes:
        calendar: Its sessions.
        bar_seconds: Size of a bar, from a second to a day.
    """

    calendar: Calendar
    bar_seconds: int

    @classmethod
    def of(cls, symbol: str, bar_seconds: int) -> "SessionClock":
        """Return the clock of an instrument.

        Raises:
            ConfigError: If the symbol is unknown; names the known ones.
            DataError: If bars have no size, as a single one has none.
        """
        if bar_seconds < 1:
            raise DataError("a single bar has no size: give at least two, better thousands")
        return cls(calendar=calendar_of(symbol), bar_seconds=bar_seconds)

    @property
    def n_slots(self) -> int:
        """Slots in a day, whether the market trades in them or not."""
        return -(-NS_PER_DAY // self._slot_ns)

    @property
    def _slot_ns(self) -> int:
        return self.bar_seconds * NS_PER_SECOND

    @cached_property
    def session_bars(self) -> int:
        """Bars of the longest ordinary session by today's hours."""
        spans = self.calendar.template.hours[-1].spans
        minutes = sum(close - open_ for open_, close in spans)
        return -(-minutes * NS_PER_MINUTE // self._slot_ns)

    def sessions(self, index: pd.DatetimeIndex) -> Integers:
        """Return the trade date of each bar as days since 1970, (n,)."""
        return self.calendar.trade_dates(index).astype("datetime64[D]").astype(np.int64)

    def turns(self, sessions: Integers) -> Integers:
        """Return the stamp, UTC ns, at which each trade date begins, whatever trades then, (n,)."""
        days = sessions.astype("datetime64[D]").astype("datetime64[m]")
        walls = days - np.timedelta64(-self.calendar.template.turn_minute % MINUTES_PER_DAY, "m")
        zone = self.calendar.template.zone
        stamps = pd.DatetimeIndex(walls.astype("datetime64[s]")).tz_localize(zone)
        return np.asarray(stamps.tz_convert("UTC").as_unit("ns").asi8)

    def places(self, index: pd.DatetimeIndex) -> Places:
        """Return where bars stand; each by itself stands as it does among others."""
        sessions = self.sessions(index)
        days, rows = np.unique(sessions, return_inverse=True)
        stamps = index.tz_convert("UTC").as_unit("ns").asi8
        is_open, patterns = np.unique(self.open_slots(days), axis=0, return_inverse=True)
        return Places(
            sessions=sessions,
            slots=slots_of(stamps, self.turns(days)[rows], self.bar_seconds),
            patterns=patterns.reshape(-1)[rows],
            is_open=is_open,
        )

    def open_slots(self, sessions: Integers) -> Masks:
        """Return in which slots the market trades on some trade dates, (m, n_slots).

        A slot counts where it trades in any part of it. Days without a session have none.
        """
        table = self.calendar.table
        turns = self.turns(sessions)
        is_open = np.zeros((len(sessions), self.n_slots), dtype=np.bool_)
        days = table.dates.astype("datetime64[D]").astype(np.int64)[table.span_sessions]
        first = np.searchsorted(days, sessions, side="left")
        last = np.searchsorted(days, sessions, side="right")
        for row, turn in enumerate(turns.tolist()):
            for span in range(first[row], last[row]):
                begin = (table.span_opens[span] - turn) // self._slot_ns
                end = -(-(table.span_closes[span] - turn) // self._slot_ns)
                is_open[row, max(begin, 0) : end] = True
        return is_open


def slots_of(stamps: Integers, turns: Integers | int, bar_seconds: int) -> Integers:
    """Return the slot of each stamp, both in UTC ns, counted from its trade date's turn."""
    return np.asarray((stamps - turns) % NS_PER_DAY // (bar_seconds * NS_PER_SECOND))


def check_horizons(settings: ForecastSettings, clock: SessionClock) -> None:
    """Refuse a horizon that no session can hold.

    Raises:
        ConfigError: Naming the horizon and the bars of the longest session.
    """
    longest = settings.horizons[-1]
    if longest >= clock.session_bars:
        raise ConfigError(
            f"a horizon must be shorter than a session of {settings.symbol}, "
            f"{clock.session_bars} bars of {clock.bar_seconds} s, was {longest}: a forecast ends "
            "with its session; take a shorter horizon or finer bars"
        )
