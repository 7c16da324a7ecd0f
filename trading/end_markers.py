"""Whether a list that a broker tells has come in full: no end marker, no list.

Positions, open orders and completed orders are asked for without a request id, so a marker that
comes too late could end the next list before it has begun, and an account in a position would look
flat. Hence markers are counted against what was asked.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from utils.errors import TemporaryGatewayError


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKey:
    """Which list: what EndSeen says of it, and the request id where there is one."""

    of: str
    request_id: int | None = None


@dataclass(slots=True, kw_only=True)
class _Wait:
    key: ListKey
    n_missing: int
    end: asyncio.Future[None]


class EndMarkers:
    """Waits for the end of one list at a time, on one connection.

    A list that was not answered is reckoned with for `late_seconds`: until then the next of its
    kind needs one marker more.
    """

    def __init__(self, late_seconds: float) -> None:
        self._late_seconds = late_seconds
        self._unanswered: dict[ListKey, list[float]] = {}
        self._turn = asyncio.Lock()
        self._wait: _Wait | None = None

    async def ask(self, key: ListKey, send: Callable[[], None], limit_seconds: float) -> None:
        """Send a request and return when its list has ended.

        Args:
            key: Which list.
            send: Puts the request on the wire.
            limit_seconds: How long the list may take, from when it is sent.

        Raises:
            TemporaryGatewayError: If it did not end in time, or was broken off: it may not be
                taken for complete, least of all for empty.
        """
        async with self._turn:
            loop = asyncio.get_running_loop()
            asked = self._still_late(key, loop.time())
            wait = _Wait(key=key, n_missing=len(asked) + 1, end=loop.create_future())
            self._wait = wait
            try:
                send()
                asked = [*asked, loop.time()]  # not before: what was not sent owes no marker
                async with asyncio.timeout(limit_seconds):
                    await wait.end
            except TimeoutError as error:
                raise TemporaryGatewayError(
                    f"the broker did not tell all {key.of.replace('_', ' ')} within "
                    f"{limit_seconds:g} s; what came is incomplete; ask again"
                ) from error
            finally:
                self._wait = None
                n_answered = len(asked) - max(0, wait.n_missing)  # a doubled marker is one too many
                self._owe(key, asked[max(0, n_answered) :])

    def end(self, key: ListKey) -> None:
        """Hear an end marker; one that nobody waits for is the oldest unanswered request's."""
        wait = self._wait
        if wait is None or wait.key != key:
            self._owe(key, self._unanswered.get(key, [])[1:])
            return
        wait.n_missing -= 1
        if wait.n_missing == 0 and not wait.end.done():
            wait.end.set_result(None)

    def break_off(self, reason: str) -> None:
        """Fail the list that is coming, if one is: something happened that puts it in doubt."""
        if self._wait is not None and not self._wait.end.done():
            of = self._wait.key.of.replace("_", " ")
            text = f"the list of {of} was broken off: {reason}; ask again"
            self._wait.end.set_exception(TemporaryGatewayError(text))

    def _owe(self, key: ListKey, asked: list[float]) -> None:
        self._unanswered.pop(key, None)  # keys with a request id would add up
        if asked:
            self._unanswered[key] = asked

    def _still_late(self, key: ListKey, now: float) -> list[float]:
        times = self._unanswered.get(key, [])
        return [asked for asked in times if now - asked < self._late_seconds]
