"""Clocks that stand still, or creep, so that no test depends on the day on which it is run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """A clock that always shows the same time, given as ISO 8601 with an offset."""

    text: str

    def now(self) -> datetime:
        """Return that time, aware."""
        return datetime.fromisoformat(self.text)


class CreepingClock:
    """The time of a market that is stepped, and between steps as many seconds more as pass here.

    In lockstep the market's time stands between two bars, so that no deadline ever comes; by this
    clock deadlines come as quickly as they are long, and bars as quickly as they are stepped. It
    never goes back, and never runs into the next bar.

    Attributes:
        rate: Its seconds per second.
    """

    rate = 1.0

    def __init__(self, market_time: Callable[[], datetime], most_seconds: float = 290.0) -> None:
        """Go by a market.

        Args:
            market_time: What time it is there, aware.
            most_seconds: How far it may creep beyond that: less than a bar.
        """
        self._market_time = market_time
        self._most_seconds = most_seconds
        self._stood_at = market_time()
        self._since = time.monotonic()
        self._latest = self._stood_at

    def now(self) -> datetime:
        """Return the time, aware."""
        stands_at, monotonic = self._market_time(), time.monotonic()
        if stands_at != self._stood_at:
            self._stood_at, self._since = stands_at, monotonic
        crept = min(monotonic - self._since, self._most_seconds)
        self._latest = max(self._latest, stands_at + timedelta(seconds=crept))
        return self._latest
