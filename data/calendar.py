"""Which session a bar belongs to, and whether the market is open, by the exchange's calendar.

A session is a trade date: for CME products 17:00 to 16:00 Chicago, from Sunday evening to Friday
afternoon; for a market that never closes, a UTC day. `Calendar` knows holidays, half days and
pauses of each family of products. The functions of this module are the clock of the CME's equity
futures alone, plain arithmetic without holidays: they are what features are computed with.
Wall-clock arithmetic is safe because daylight saving changes on Sunday at 02:00, when the market is
closed.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import get_instrument
from data.calendar_overrides import FIRST_DATE, LAST_DATE
from data.session_table import NS_PER_MINUTE, SessionTable, session_table
from data.session_templates import CHICAGO, SessionTemplate, get_template
from utils.errors import ConfigError, DataError
from utils.wording import counted

EXCHANGE_ZONE = CHICAGO
MINUTES_PER_DAY = 1_440
SESSION_OPEN_MINUTE = 17 * 60
"""Minute of the Chicago day at which a session opens."""

SESSION_MINUTES = 23 * 60
"""Length of a full session."""

RTH_START_MINUTE = 15 * 60 + 30
"""08:30 Chicago, in minutes since the session's open."""

RTH_END_MINUTE = 22 * 60
"""15:00 Chicago, in minutes since the session's open."""

SATURDAY = 5
"""Its `day_of_week` in pandas."""

_Dates = NDArray[np.datetime64]

NO_MINUTE = -1
"""What stands for minutes where the market is closed."""

SECONDS_PER_DAY = 86_400

Day = str | date | np.datetime64
"""A trade date, e.g. "2025-01-09"; a pandas.Timestamp without a zone is a date too."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The sessions of one family of products, from 1970 to 2099; make it with `calendar_of`.

    Every stamp is a bar's open. Bars of any order are accepted, so that unsorted data can be
    looked at before they are mended. The table of sessions is made on first use, once per process.

    Attributes:
        template: Ordinary hours, and whose holidays.
        overrides: A file of the user's exceptions, which go before the shipped ones; see
            data/calendar_overrides.toml for its form. It is read once per process.
    """

    template: SessionTemplate
    overrides: Path | None = None

    @property
    def table(self) -> SessionTable:
        """All sessions as arrays; a ConfigError if the overrides are not as they must be."""
        return session_table(self.template, self.overrides)

    def trade_dates(self, index: pd.DatetimeIndex) -> _Dates:
        """Return the trade date of each bar, shape (n,), datetime64[D].

        Arithmetic only: a bar on a holiday has that holiday's date, one in the daily break the
        date that has just ended, and, where weekends have no sessions, one on a weekend Monday's.

        Args:
            index: Bar opens, tz-aware.
        """
        wall = _checked(index).tz_convert(self.template.zone).tz_localize(None)
        to_midnight = -self.template.turn_minute % MINUTES_PER_DAY
        days = (wall + pd.Timedelta(minutes=to_midnight)).to_numpy().astype("datetime64[D]")
        if self.template.has_weekends:
            return np.asarray(days)
        return np.asarray(np.busday_offset(days, 0, roll="forward"))

    def is_open(self, index: pd.DatetimeIndex) -> NDArray[np.bool_]:
        """Return whether the market trades at each bar's open, shape (n,).

        False in the daily break and other pauses, on weekends and holidays, and after a halt.
        """
        return self.spans_of(index) >= 0

    def is_rth(self, index: pd.DatetimeIndex) -> NDArray[np.bool_]:
        """Return whether each bar opens in regular trading hours of an open market, shape (n,)."""
        is_open = self.is_open(index)
        if self.template.rth is None:
            return is_open
        wall = index.tz_convert(self.template.zone)
        minutes = np.asarray(wall.hour * 60 + wall.minute)
        start, end = self.template.rth
        return np.asarray(is_open & (minutes >= start) & (minutes < end))

    def minutes_since_open(self, index: pd.DatetimeIndex) -> NDArray[np.int64]:
        """Return whole minutes from the session's open to each bar's open, -1 where closed.

        Pauses within the session count: the clock runs on.
        """
        sessions, stamps, is_open = self._placed(index)
        minutes = (stamps - self.table.opens[sessions]) // NS_PER_MINUTE
        return np.where(is_open, minutes, NO_MINUTE)

    def minutes_to_close(self, index: pd.DatetimeIndex) -> NDArray[np.int64]:
        """Return whole minutes from each bar's open to its session's close, -1 where closed.

        The close is that day's own, so an early one on a half day; the last five-minute bar of a
        session has 5. Begun minutes count.
        """
        sessions, stamps, is_open = self._placed(index)
        minutes = -((stamps - self.table.closes[sessions]) // NS_PER_MINUTE)
        return np.where(is_open, minutes, NO_MINUTE)

    def sessions(self, first: Day, last: Day) -> pd.DataFrame:
        """Return the sessions of the trade dates from `first` to `last`, both included.

        Returns:
            Index `trade_date` (no zone), columns open and close (UTC), is_half_day (closes before
            the ordinary time) and note (text, usually empty). Holidays have no row.

        Raises:
            DataError: If the dates lie outside 1970 to 2099.
        """
        table, rows = self.table, self._rows(first, last)
        index = pd.DatetimeIndex(table.dates[rows].astype("datetime64[s]"), name="trade_date")
        return pd.DataFrame(
            {
                "open": utc_index(table.opens[rows]),
                "close": utc_index(table.closes[rows]),
                "is_half_day": table.is_half_day[rows],
                "note": table.notes[rows].astype(str),
            },
            index=index,
        )

    def expected_bars(self, first: Day, last: Day, bar_seconds: int) -> pd.DatetimeIndex:
        """Return the opens of all bars that should exist on these trade dates, in UTC.

        Bars lie on a grid from each session's open; a bar that a pause would cut ends there, and
        another one begins with the market.

        Args:
            first: First trade date.
            last: Last trade date, included.
            bar_seconds: Size of a bar; less than a day.

        Raises:
            ConfigError: If the size is not between a second and a day.
            DataError: If the dates lie outside 1970 to 2099.
        """
        if not 1 <= bar_seconds < SECONDS_PER_DAY:
            raise ConfigError(
                f"`bar_seconds` must be at least 1 and less than {SECONDS_PER_DAY:,}, "
                f"was {bar_seconds}; count daily bars by `sessions`"
            )
        table, rows = self.table, self._rows(first, last)
        spans = slice(*np.searchsorted(table.span_sessions, [rows.start, rows.stop]))
        anchors = table.opens[table.span_sessions[spans]]
        opens, closes = table.span_opens[spans], table.span_closes[spans]
        size = bar_seconds * 1_000_000_000
        first_bars = (opens - anchors) // size
        n_bars = -((anchors - closes) // size) - first_bars
        before = np.cumsum(n_bars) - n_bars
        steps = np.arange(n_bars.sum()) - np.repeat(before - first_bars, n_bars)
        stamps = np.maximum(np.repeat(anchors, n_bars) + steps * size, np.repeat(opens, n_bars))
        return utc_index(stamps).rename("timestamp")

    def spans_of(self, index: pd.DatetimeIndex) -> NDArray[np.int64]:
        """Return which span of `table` each bar opens in, shape (n,); -1 where closed.

        Raises:
            DataError: If a stamp has no zone, is missing, or lies outside 1970 to 2099.
        """
        spans, stamps = self.last_spans(index)
        return np.where(stamps < self.table.span_closes[spans], spans, -1)

    def last_spans(self, index: pd.DatetimeIndex) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the last span that had begun at each bar's open, and the opens in UTC ns, (n,).

        The market may have closed again since; `spans_of` says where it has.

        Raises:
            DataError: If a stamp has no zone, is missing, or lies outside 1970 to 2099.
        """
        stamps = _checked(index).tz_convert("UTC").as_unit("ns").asi8
        table = self.table
        outside = (stamps < table.span_opens[0]) | (stamps >= table.span_closes[-1])
        if outside.any():
            first = index[int(np.argmax(outside))]
            raise DataError(
                f"{int(outside.sum())} of {len(stamps)} bars lie outside the years that the "
                f"calendar knows, {FIRST_DATE.year} to {LAST_DATE.year}, first {first}; "
                f"correct or drop them"
            )
        return np.searchsorted(table.span_opens, stamps, side="right") - 1, stamps

    def _placed(
        self, index: pd.DatetimeIndex
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return each bar's session (the last one begun), its open in UTC ns, and if it is open."""
        spans, stamps = self.last_spans(index)
        table = self.table
        return table.span_sessions[spans], stamps, stamps < table.span_closes[spans]

    def _rows(self, first: Day, last: Day) -> slice:
        """Return which sessions of the table lie between two trade dates."""
        start, end = _day(first), _day(last)
        if start < np.datetime64(FIRST_DATE) or end > np.datetime64(LAST_DATE):
            raise DataError(
                f"the calendar knows trade dates from {FIRST_DATE} to {LAST_DATE}, "
                f"asked for {start} to {end}"
            )
        dates = self.table.dates
        begin = int(np.searchsorted(dates, start))
        return slice(begin, max(begin, int(np.searchsorted(dates, end, side="right"))))


def calendar_of(symbol: str, overrides: Path | None = None) -> Calendar:
    """Return the calendar of an instrument; a ConfigError names the known symbols.

    Args:
        symbol: E.g. "MNQ", any case.
        overrides: A file of exceptions that go before the shipped ones.
    """
    return calendar(get_instrument(symbol).session_template, overrides)


def calendar(template: str, overrides: Path | None = None) -> Calendar:
    """Return the calendar of a session template, e.g. "equity_index"; a ConfigError lists them."""
    return Calendar(get_template(template), overrides)


def utc_index(stamps: NDArray[np.int64]) -> pd.DatetimeIndex:
    """Return UTC nanoseconds as an index of nanoseconds, also where there are none."""
    return pd.DatetimeIndex(stamps.astype("datetime64[ns]"), tz="UTC")


def _checked(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the stamps if each has a zone and none is missing."""
    if index.tz is None:
        raise DataError(
            f"{counted(len(index), 'timestamp')} without a time zone; say which it is with "
            "tz_localize"
        )
    if index.hasnans:
        missing = counted(int(index.isna().sum()), "timestamp")
        raise DataError(f"{missing} missing (NaT); drop those rows")
    return index


def _day(day: Day) -> np.datetime64:
    if isinstance(day, pd.Timestamp) and day.tz is not None:
        raise ConfigError(f"{day} is a time, not a trade date; get its date with `trade_dates`")
    try:
        return np.datetime64(pd.Timestamp(day).date(), "D")
    except ValueError as error:
        raise ConfigError(f"{day!r} is no trade date; write YYYY-MM-DD") from error


def trade_dates(index: pd.DatetimeIndex) -> _Dates:
    """Return the trade date of each bar, shape (n,), datetime64[D].

    A bar at or after 17:00 Chicago belongs to the next day; Friday evening to Sunday, to Monday.

    Args:
        index: Bar opens, tz-aware.
    """
    shifted = _chicago(index) + pd.Timedelta(minutes=MINUTES_PER_DAY - SESSION_OPEN_MINUTE)
    days = shifted.to_numpy().astype("datetime64[D]")
    return np.asarray(np.busday_offset(days, 0, roll="forward"))


def session_starts(index: pd.DatetimeIndex) -> NDArray[np.bool_]:
    """Return whether each bar is the first one present of its trade date; row 0 is True."""
    dates = trade_dates(index)
    starts = np.ones(len(dates), dtype=np.bool_)
    starts[1:] = dates[1:] != dates[:-1]
    return starts


def minutes_since_open(index: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Return whole minutes from the last 17:00 Chicago to each bar's open, in [0, 1440)."""
    chicago = _chicago(index)
    minute_of_day = np.asarray(chicago.hour * 60 + chicago.minute, dtype=np.int64)
    return (minute_of_day - SESSION_OPEN_MINUTE) % MINUTES_PER_DAY


def is_rth(index: pd.DatetimeIndex) -> NDArray[np.bool_]:
    """Return whether each bar opens between 08:30 and 15:00 Chicago, Monday to Friday."""
    minutes = minutes_since_open(index)
    in_hours = (minutes >= RTH_START_MINUTE) & (minutes < RTH_END_MINUTE)
    return np.asarray(in_hours & (_chicago(index).day_of_week.to_numpy() < SATURDAY))


def _chicago(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the stamps as Chicago's wall clock shows them, without a zone."""
    return index.tz_convert(EXCHANGE_ZONE).tz_localize(None)
