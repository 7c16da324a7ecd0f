"""What is free for margin, and what a contract needs of it, as the risk guard wants to know them.

How long ago the broker told its figure is measured by the machine's own seconds, not the market's:
what is to be noticed is a broker that no longer answers, and a replayed market has weekends that
pass in no time.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from config.instrument_type import Instrument
from config.margins import margin_of
from trading.broker_events import BrokerEvent, ConnectionLost, FundsSeen
from utils.errors import TemporaryGatewayError

MAX_AGE_SECONDS = 600.0
ASKS_PER_AGE = 3
"""So often it is asked for before it is too old: what stays the same is not told by itself."""

UNANSWERED_SECONDS = 10.0
"""Without any figure it is asked for again so soon."""


class FundsGateway(Protocol):
    """A broker that tells what an account has free."""

    @property
    def is_connected(self) -> bool:
        """Whether there is a socket."""

    def follow_funds(self, account: str) -> None:
        """Have it told now and whenever it changes; again, even if it is the same."""


class Funds:
    """The newest figure of one account, as long as it can be relied on.

    Attributes:
        initial_margin_usd: To open one contract that may be held overnight.
    """

    def __init__(
        self,
        account: str,
        instrument: Instrument,
        own_margins: Path | None = None,
        max_age_seconds: float = MAX_AGE_SECONDS,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Know nothing of the account yet.

        Args:
            account: Whose; figures of others are passed over.
            instrument: What is traded; all its contracts need the same.
            own_margins: The user's file of margins, see config/margins.py.
            max_age_seconds: From when on a figure counts as not known.
            elapsed: Seconds of a clock that nobody sets.

        Raises:
            ConfigError: If the file of margins cannot be used.
        """
        self.initial_margin_usd = margin_of(instrument.symbol, own_margins).initial_usd
        self._account = account
        self._max_age_seconds = max_age_seconds
        self._elapsed = elapsed
        self._seen: tuple[float, float] | None = None
        self._asked_at: float | None = None

    @property
    def available_usd(self) -> float | None:
        """What is free for margin; None where it is not known, or was told too long ago."""
        if self._seen is None:
            return None
        at, available = self._seen
        return available if self._elapsed() - at <= self._max_age_seconds else None

    def hear(self, event: BrokerEvent) -> None:
        """Hear the broker; the end of a connection ends what it had told."""
        if isinstance(event, ConnectionLost):
            self._seen = self._asked_at = None
        elif isinstance(event, FundsSeen) and event.account == self._account:
            is_figure = math.isfinite(event.available_usd)
            self._seen = (self._elapsed(), event.available_usd) if is_figure else None

    def ask_when_due(self, gateway: FundsGateway) -> None:
        """Ask for the figure once a connection is there, and again before it is too old.

        Call it at every look; where it cannot be asked now, it is at the next one.
        """
        now = self._elapsed()
        if not (gateway.is_connected and self._is_due(now)):
            return
        try:
            gateway.follow_funds(self._account)
        except TemporaryGatewayError:
            return
        self._asked_at = now

    def _is_due(self, now: float) -> bool:
        if self._asked_at is None:
            return True
        every_seconds = self._max_age_seconds / ASKS_PER_AGE
        if self._seen is None:
            every_seconds = min(every_seconds, UNANSWERED_SECONDS)
        return now - self._asked_at >= every_seconds
