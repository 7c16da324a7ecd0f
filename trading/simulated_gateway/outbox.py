"""What one client is still to be sent, in order, with what may go wrong on the way.

Messages go out at once; only a delay, a freeze or a split has them wait for a task of their own.
"""

import asyncio
from collections import deque

from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.wire import frame

FROZEN_POLL_SECONDS = 0.005
MAX_PENDING_BYTES = 64 << 20
"""A client that leaves that much unread is cut off."""


class Outbox:
    """The way out to one client.

    Args:
        writer: Of its connection.
        faults: Are obeyed as they are when a message is put in.
    """

    def __init__(self, writer: asyncio.StreamWriter, faults: Faults) -> None:
        self._writer = writer
        self._faults = faults
        self._pending: deque[tuple[float, bytes]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_dead = False

    def put(self, fields: list[str]) -> None:
        """Send a message, its id first; nothing of it after the connection is gone."""
        if self.is_dead:
            return
        for _ in range(self._copies(int(fields[0]))):
            self._put_bytes(frame(fields))

    def kill(self) -> None:
        """Send nothing any more, and say nothing of that."""
        self._is_dead = True
        self._pending.clear()

    @property
    def is_dead(self) -> bool:
        """Whether what is put in goes nowhere; a line that was a black hole once stays one."""
        self._is_dead = self._is_dead or self._faults.is_black_hole or self._writer.is_closing()
        return self._is_dead

    async def flush(self) -> None:
        """Wait until all is sent that waits."""
        if self._task is not None:
            await self._task

    def _copies(self, message_id: int) -> int:
        """Return how often a message goes out: never, once or twice."""
        if count_down(self._faults.drop_out, message_id):
            return 0
        return 2 if count_down(self._faults.dup_out, message_id) else 1

    def _put_bytes(self, content: bytes) -> None:
        faults = self._faults
        is_late = faults.is_frozen or faults.delay_seconds > 0.0 or faults.split_bytes > 0
        if not is_late and not self._pending:
            self._write(content)
            return
        loop = asyncio.get_running_loop()
        self._pending.append((loop.time() + faults.delay_seconds, content))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._send_pending())

    async def _send_pending(self) -> None:
        while self._pending:
            due, content = self._pending[0]
            await self._until(due)
            if self.is_dead:
                self._pending.clear()
                return
            await self._write_in_pieces(content)
            self._pending.popleft()

    async def _until(self, due: float) -> None:
        """Wait for a time of the loop's clock, and for a thaw."""
        await asyncio.sleep(max(due - asyncio.get_running_loop().time(), 0.0))
        while self._faults.is_frozen and not self.is_dead:
            await asyncio.sleep(FROZEN_POLL_SECONDS)

    async def _write_in_pieces(self, content: bytes) -> None:
        size = self._faults.split_bytes or len(content)
        for start in range(0, len(content), size):
            self._write(content[start : start + size])
            await asyncio.sleep(0.0)

    def _write(self, content: bytes) -> None:
        self._writer.write(content)
        if self._writer.transport.get_write_buffer_size() > MAX_PENDING_BYTES:
            self._writer.transport.abort()


def count_down(left: dict[int, int], message_id: int) -> bool:
    """Return whether a message's turn has come, and count it; -1 counts for ever."""
    n_left = left.get(message_id, 0)
    if n_left > 0:
        left[message_id] = n_left - 1
    return n_left != 0
