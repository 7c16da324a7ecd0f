"""When the broker restarts, every day alike: an outage then is no surprise, an entry before none.

A window is one stretch of real time: it begins and ends by the clock of its zone, so that a change
to or from summer time moves it, and lengthens or shortens one that lies over the change.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.connection_settings import ConnectionSettings
from trading.time_spans import Span
from utils.errors import ConfigError

ONE_DAY = timedelta(days=1)


class RestartWindow:
    """The daily restart of a connection; one that begins and ends at the same time is none."""

    def __init__(self, settings: ConnectionSettings, no_entry_before_seconds: float = 0.0) -> None:
        """Take the times of a connection.

        Args:
            settings: Where `planned_from`, `planned_until` and `planned_zone` are read.
            no_entry_before_seconds: How long before it is near; not scaled, since it is a distance
                to a time of day.

        Raises:
            ConfigError: If that is negative or more than a day.
        """
        if not 0.0 <= no_entry_before_seconds <= ONE_DAY.total_seconds():
            raise ConfigError(
                "`no_entry_before_restart_seconds` must be from 0 to a day (86,400), was "
                f"{no_entry_before_seconds}"
            )
        self._begin, self._end = settings.planned_from, settings.planned_until
        self._zone = ZoneInfo(settings.planned_zone)
        self._lead = timedelta(seconds=no_entry_before_seconds)

    def in_window(self, now: datetime) -> bool:
        """Return whether `now` (aware) is in a window: from its start to just before its end."""
        return any(span.opens <= now < span.closes for span in self._windows(now))

    def is_near(self, now: datetime) -> bool:
        """Return whether `now` (aware) is in a window, or so shortly before one."""
        return any(span.opens - self._lead <= now < span.closes for span in self._windows(now))

    def _windows(self, now: datetime) -> tuple[Span, ...]:
        """Return the windows of yesterday, today and tomorrow."""
        if self._begin == self._end:
            return ()
        today = now.astimezone(self._zone).date()
        return tuple(self._window(today + shift * ONE_DAY) for shift in (-1, 0, 1))

    def _window(self, day: date) -> Span:
        last = day if self._begin < self._end else day + ONE_DAY
        return Span(self._utc(day, self._begin), self._utc(last, self._end))

    def _utc(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone).astimezone(UTC)
