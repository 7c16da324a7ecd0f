"""One thread that sends messages to one service, so that a service that hangs holds up nobody.

Messages wait in a queue of bounded length; what does not fit is dropped and counted, what could
not be sent is tried again, and what is left when the trader ends is tried once more.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, replace

from config.operation_settings import AlertSettings
from trading.alert_service import Message, Service
from utils.logger import get_logger

_LOG = get_logger("alerts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCounts:
    """What became of the messages given to a channel; an attempt that failed may still succeed."""

    n_sent: int = 0
    n_failed_attempts: int = 0
    n_given_up: int = 0
    n_dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One message, how often it has failed, and from when it may be tried (monotonic seconds)."""

    message: Message
    n_failed: int
    due: float


class AlertChannel:
    """The queue and the thread of one service.

    Args:
        service: Where messages go; called in the channel's own thread only.
        label: What to call it in the log; no address.
        settings: Bounds and times.
    """

    def __init__(self, service: Service, label: str, settings: AlertSettings) -> None:
        self._service = service
        self._label = label
        self._settings = settings
        self._waiting: deque[_Attempt] = deque()
        self._counts = ChannelCounts()
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"alerts {label}", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> ChannelCounts:
        """What became of the messages so far."""
        with self._changed:
            return self._counts

    def put(self, message: Message) -> bool:
        """Queue a message and return at once: whether it fitted."""
        with self._changed:
            if self._is_closing or len(self._waiting) >= self._settings.queue_size:
                self._counts = replace(self._counts, n_dropped=self._counts.n_dropped + 1)
                return False
            self._waiting.append(_Attempt(message=message, n_failed=0, due=time.monotonic()))
            self._changed.notify()
        return True

    def close(self, seconds: float) -> bool:
        """Take no more messages, and wait so long for the rest; return whether none is left."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (attempt := self._next()) is not None:
            self._send(attempt)

    def _next(self) -> _Attempt | None:
        """Wait for the attempt that is due first; None when closing and nothing is left."""
        with self._changed:
            while True:
                attempt = min(self._waiting, key=lambda waiting: waiting.due, default=None)
                if attempt is None and self._is_closing:
                    return None
                seconds = None if attempt is None else attempt.due - time.monotonic()
                if attempt is not None and (self._is_closing or attempt.due <= time.monotonic()):
                    self._waiting.remove(attempt)
                    return attempt
                self._changed.wait(seconds)

    def _send(self, attempt: _Attempt) -> None:
        try:
            has_arrived = self._service.send(attempt.message)
        except Exception as error:  # a service's own mistake must not end the thread
            _LOG.warning("alert service %s failed: %s", self._label, type(error).__name__)
            has_arrived = False
        with self._changed:
            self._note(attempt, has_arrived)

    def _note(self, attempt: _Attempt, has_arrived: bool) -> None:
        counts = self._counts
        if has_arrived:
            self._counts = replace(counts, n_sent=counts.n_sent + 1)
            return
        n_failed = attempt.n_failed + 1
        counts = replace(counts, n_failed_attempts=counts.n_failed_attempts + 1)
        if self._is_closing or n_failed > self._settings.n_retries:
            counts = replace(counts, n_given_up=counts.n_given_up + 1)
            _LOG.error("alert not delivered to service %s: %s", self._label, attempt.message.title)
        else:
            due = time.monotonic() + self._settings.retry_seconds
            self._waiting.append(replace(attempt, n_failed=n_failed, due=due))
        self._counts = counts
