"""IB's limits on requests for history, as its documentation has them for bars under a minute."""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from trading.simulated_gateway.requests import AskHistory

SAME_AGAIN = timedelta(seconds=15)
BURST = timedelta(seconds=2)
MAX_BURST = 6
WINDOW = timedelta(minutes=10)
MAX_IN_WINDOW = 60


class HistoryPacing:
    """Remembers requests of the last ten minutes."""

    def __init__(self) -> None:
        """Begin with none."""
        self._asked: deque[tuple[datetime, AskHistory]] = deque()

    def is_violated(self, request: AskHistory, now: datetime) -> bool:
        """Note a request; return whether it comes too soon after others.

        The same again within 15 s, six or more of one contract within 2 s, more than 60 in ten
        minutes.
        """
        asked = replace(request, request_id=0)
        while self._asked and now - self._asked[0][0] >= WINDOW:
            self._asked.popleft()
        same = [time for time, other in self._asked if other == asked]
        alike = [time for time, other in self._asked if other.contract == asked.contract]
        is_repeated = any(now - time < SAME_AGAIN for time in same)
        is_burst = sum(now - time < BURST for time in alike) >= MAX_BURST - 1
        is_too_many = len(self._asked) >= MAX_IN_WINDOW
        self._asked.append((now, asked))
        return is_repeated or is_burst or is_too_many
