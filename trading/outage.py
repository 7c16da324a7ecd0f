"""How long a broker has been out of reach, less the daily restart; and when somebody must know."""

from datetime import datetime

from config.connection_settings import ConnectionSettings
from trading.restart_window import RestartWindow


class Outage:
    """Adds up the time without a broker; what falls in the restart's window does not count.

    An outage that outlasts the window counts from its end: a restart that does not come back is
    the one that nobody would notice.
    """

    def __init__(self, settings: ConnectionSettings) -> None:
        """Begin with a broker in reach."""
        self._settings = settings
        self._restart = RestartWindow(settings)
        self._seen_at: float | None = None
        self._unplanned_seconds = 0.0
        self._n_alerts = 0

    @property
    def is_on(self) -> bool:
        """Whether there is one now."""
        return self._seen_at is not None

    @property
    def passed(self) -> tuple[float, ...]:
        """The limits that the outage has passed, unscaled seconds; none without one."""
        return self._settings.alert_after_seconds[: self._n_alerts] if self.is_on else ()

    def is_planned(self, now: datetime) -> bool:
        """Return whether an outage at `now` (aware) is the daily restart's."""
        return self._restart.in_window(now)

    def begin(self, monotonic: float) -> None:
        """Note that the broker is out of reach, unless that is known."""
        if self._seen_at is None:
            self._seen_at, self._unplanned_seconds, self._n_alerts = monotonic, 0.0, 0

    def end(self) -> None:
        """Note that the broker is back."""
        self._seen_at = None

    def alerts(self, monotonic: float, now: datetime) -> tuple[float, ...]:
        """Count the time since the last look, and return the limits that it has now passed.

        Args:
            monotonic: Seconds of a clock that is never set.
            now: The time of day, which says whether this time counts.

        Returns:
            Limits in unscaled seconds, e.g. (60.0,), each once per outage.
        """
        if self._seen_at is None:
            return ()
        if not self.is_planned(now):
            self._unplanned_seconds += monotonic - self._seen_at
        self._seen_at = monotonic
        limits = self._settings.alert_after_seconds
        reached = [one for one in limits if self._settings.scaled(one) <= self._unplanned_seconds]
        new = tuple(reached[self._n_alerts :])
        self._n_alerts = len(reached)
        return new
