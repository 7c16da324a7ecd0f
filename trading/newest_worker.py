"""Does the newest of what it is given, in a thread of its own: nobody waits for it, nothing queues.

For what shows a state: of ten statuses that came while one was written, the last is all that
matters.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

Work = Callable[[Item], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often something is done.

    Attributes:
        least_seconds: From one time to the next.
        again_seconds: After so long without a new item the last one is done again; None never.
    """

    least_seconds: float
    again_seconds: float | None = None


class NewestWorker(Generic[Item]):
    """One thread, one item at a time; what is older than the newest is left out.

    Args:
        opened: Gives what does the work, entered and left in the thread.
        pace: How often it is done.
        failed: Hears each error of it, in the thread.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Work[Item]]],
        pace: Pace,
        failed: Callable[[Exception], None],
    ) -> None:
        self._opened = opened
        self._pace = pace
        self._failed = failed
        self._newest: Item | None = None
        self._last: Item | None = None
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="display", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Have this done, as soon as the one that is being done is; returns at once."""
        with self._changed:
            self._newest = item
            self._changed.notify()

    def close(self, seconds: float) -> bool:
        """Wait so long until the newest is done; return whether it was. Nothing is done after."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with self._opened() as work:
                while (item := self._next()) is not None:
                    self._do(work, item)
        except Exception as error:  # where it cannot even begin, others go on
            self._failed(error)

    def _do(self, work: Work[Item], item: Item) -> None:
        try:
            work(item)
        except Exception as error:  # an error of one item must not end the thread
            self._failed(error)
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing, self._pace.least_seconds)

    def _next(self) -> Item | None:
        """Wait for an item; None when closing and nothing is left."""
        with self._changed:
            while True:
                self._changed.wait_for(
                    lambda: self._newest is not None or self._is_closing, self._pace.again_seconds
                )
                if self._newest is not None:
                    self._last, self._newest = self._newest, None
                elif self._is_closing:
                    return None
                if self._last is not None:
                    return self._last
