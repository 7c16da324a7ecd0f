"""Whether an alert is due, or the same was told within its repeat interval."""

from datetime import datetime

from trading.alert_kinds import ALERT_KINDS
from utils.registry import lookup

MAX_REMEMBERED = 10_000
"""Alerts whose last time is known; beyond, the oldest are forgotten, and told again."""


class AlertRepeats:
    """When alerts were told last, by kind and subject."""

    def __init__(self) -> None:
        """Begin with none."""
        self._last: dict[tuple[str, str], datetime] = {}

    def is_due(self, kind: str, subject: str, at: datetime) -> bool:
        """Return whether an alert is to be told; if so, it counts as told.

        Raises:
            ConfigError: If there is no such kind.
        """
        repeat = lookup(ALERT_KINDS, kind, "alert").repeat_seconds
        last = self._last.get((kind, subject))
        if last is not None and 0 <= (at - last).total_seconds() < repeat:
            return False  # a clock set back must silence nobody
        self._last.pop((kind, subject), None)  # the newest lie last
        self._last[kind, subject] = at
        if len(self._last) > MAX_REMEMBERED:
            del self._last[next(iter(self._last))]
        return True
