"""Log lines written in a thread of their own, so that no terminal and no disk stops a trader.

A terminal that somebody has paused with Ctrl-S, or a pipe that nobody reads, would else hold up the
loop at the next line. What does not fit the queue is lost, counted, and said so once there is room.
"""

import copy
import logging
import threading
from collections import deque

from utils.wording import counted


class LogThread(logging.Handler):
    """Hands records on to another handler.

    Filters of its own are asked in the thread that logs, before the record waits.

    Args:
        handler: What writes; called in this thread alone.
        n_waiting: Records that may wait.
    """

    def __init__(self, handler: logging.Handler, n_waiting: int) -> None:
        super().__init__()
        self._handler = handler
        self._n_waiting = n_waiting
        self._waiting: deque[logging.LogRecord] = deque()
        self._n_lost = 0
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record written, and return at once."""
        with self._changed:
            if self._is_closing or len(self._waiting) >= self._n_waiting:
                self._n_lost += 1
                return
            self._waiting.append(copy.copy(record))  # its thread writes into what it is given
            self._changed.notify()

    def finish(self, seconds: float) -> bool:
        """Wait so long for what is still to be written; return whether nothing is left."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (record := self._next()) is not None:
            self._write(record)
            self._tell_of_losses(record)

    def _next(self) -> logging.LogRecord | None:
        """Wait for a record; None when closing and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            return self._waiting.popleft() if self._waiting else None

    def _write(self, record: logging.LogRecord) -> None:
        try:
            self._handler.handle(record)
        except Exception:  # standard error may be closed; there is nobody left to tell
            with self._changed:
                self._n_lost += 1

    def _tell_of_losses(self, last: logging.LogRecord) -> None:
        with self._changed:
            n_lost, self._n_lost = self._n_lost, 0
        if not n_lost:
            return
        text = f"{counted(n_lost, 'line')} found no room in the log's queue"
        record = logging.LogRecord(last.name, logging.WARNING, "", 0, text, None, None)
        self._write(record)
