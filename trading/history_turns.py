"""When history may be asked for on a connection: never the same twice within 15 s.

A subscription asks for history each time that it starts: after every reconnection, silence, gap and
refusal. The broker refuses what comes too often (162), and what is then asked again at once is
refused again. The limits are those of downloads, data/ib_pacing.py has them.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from config.connection_settings import ConnectionSettings
from data.ib_pacing import Pacer, PacingLimits


class _MonotonicClock:
    """Seconds that never run backwards, and that no rehearsal holds up."""

    def now(self) -> datetime:
        """Return a time, aware; only the distance of two means anything."""
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=time.monotonic())


class HistoryTurns:
    """Lets requests for history out one after the other, as the broker wants them."""

    def __init__(self, settings: ConnectionSettings) -> None:
        """Remember no request yet: those of an earlier process are not known."""
        limits = PacingLimits(identical_seconds=settings.scaled(settings.history_again_seconds))
        is_paced = settings.history_again_seconds > 0
        self._pacer = Pacer(limits, _MonotonicClock()) if is_paced else None

    async def until_free(self, contract: str, text: str) -> None:
        """Return once a request may be sent.

        Args:
            contract: What for.
            text: All of it, to tell requests that are the same.
        """
        if self._pacer is not None:
            while (seconds := self._pacer.seconds_to_wait(contract, text)) > 0:
                await asyncio.sleep(seconds)

    def note(self, contract: str, text: str) -> None:
        """Remember that this request is sent now."""
        if self._pacer is not None:
            self._pacer.note(contract, text)
