"""Time in a rehearsal: the market's, which the trader goes by, and the machine's, held at first.

Bars of last year are traded at the time that it was then, so that trading days, the age of data
and the stamps of the journal agree with each other and with the bars.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class MarketTime(Protocol):
    """What knows the market's time; it may be asked from any thread."""

    def now(self) -> datetime:
        """Return the market's time, aware, UTC."""


class ReplayClock:
    """The market's time as a Clock for the trader's thread; it never goes back.

    Reading it asks the market's own attributes, not its thread: it is read thousands of times a
    second, and each of these is replaced as a whole.

    Attributes:
        rate: Market seconds per second of the machine; infinite where it goes on only when told.
    """

    def __init__(self, market: MarketTime, rate: float) -> None:
        """Go by a market."""
        self.rate = rate
        self._market = market
        self._latest = market.now()

    def now(self) -> datetime:
        """Return the market's time, aware, UTC."""
        self._latest = max(self._latest, self._market.now())
        return self._latest


class HeldClock:
    """A clock that stands until it is released, and from then on goes as seconds do.

    A trader that takes seconds to start would otherwise miss minutes of a fast market. It goes by
    what is never set, so that a rehearsal does not jump with the clock of the machine.
    """

    def __init__(self) -> None:
        """Stand at the machine's time."""
        self._start = datetime.now(UTC)
        self._released_at: float | None = None

    def release(self) -> None:
        """Begin to go; a second call changes nothing."""
        if self._released_at is None:
            self._released_at = time.monotonic()

    def now(self) -> datetime:
        """Return its time, aware, UTC."""
        if self._released_at is None:
            return self._start
        return self._start + timedelta(seconds=time.monotonic() - self._released_at)
