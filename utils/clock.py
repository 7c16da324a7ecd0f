"""Time as a port, so that tests and simulations run on their own clock."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that knows what time it is."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        ...


CATCHING_UP = 0.5
"""Seconds that pass per second while the machine's clock is behind the time that was told."""


class SystemClock:
    """The clock of the machine, but for that it never stands still and never runs backwards.

    Set back, it runs at half speed until the machine's has caught up: who waits until a time would
    wait for as long as it was set back otherwise, a repair of a missing stop too.
    """

    def __init__(self) -> None:
        """Begin with the machine's time."""
        self._told, self._at = time.time(), time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        with self._lock:
            at = time.monotonic()
            slowly = self._told + (at - self._at) * CATCHING_UP
            self._told, self._at = max(time.time(), slowly), at
            return datetime.fromtimestamp(self._told, UTC)
