"""When the next order that closes a position may go out, after some that the broker refused.

Asked at each tick, a broker that refuses would be sent ten orders a second, and would bar us.
"""

import time
from datetime import datetime

from trading.order_identity import Role
from trading.trader_books import TraderBooks

FIRST_SECONDS, LAST_SECONDS = 1.0, 30.0


class ClosingTurns:
    """Waits longer after each order that came to nothing."""

    def __init__(self, books: TraderBooks) -> None:
        """Remember no order yet."""
        self._books = books
        self._n_refused = 0
        self._free_at = 0.0

    def begin_anew(self) -> None:
        """Let the next order out at once: somebody wants it anew."""
        self._n_refused = -1

    def is_free(self, since: datetime) -> bool:
        """Return whether an order may go out now.

        Args:
            since: When the closing began.
        """
        n_refused = len(self._books.in_vain(Role.FLATTEN, since))
        if self._n_refused < 0:
            self._free_at = 0.0
        elif n_refused > self._n_refused:
            wait = min(FIRST_SECONDS * 2.0 ** (n_refused - 1), LAST_SECONDS)
            self._free_at = time.monotonic() + wait
        self._n_refused = n_refused
        return time.monotonic() >= self._free_at
