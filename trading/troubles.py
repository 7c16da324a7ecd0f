"""Errors of what only shows how trading goes: logged, not often, and trading goes on."""

import threading
import time

from utils.errors import FuturesGymError
from utils.logger import get_logger

_LOG = get_logger("operations")

REPEAT_SECONDS = 3_600.0
"""An error of one kind is not logged again sooner."""


class Troubles:
    """Logs each kind of error of each part once an hour; may be told from any thread."""

    def __init__(self) -> None:
        self._logged: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def note(self, part: str, error: Exception) -> None:
        """Log an error, unless the like of it was logged within the hour.

        Args:
            part: What failed, e.g. "status.json".
            error: How; with its traceback where it is none of ours.
        """
        kind, now = (part, type(error).__name__), time.monotonic()
        with self._lock:
            last = self._logged.get(kind)
            if last is not None and now - last < REPEAT_SECONDS:
                return
            self._logged[kind] = now
        is_ours = isinstance(error, FuturesGymError)
        text = "%s does not work, trading goes on: %s"
        _LOG.error(text, part, error, exc_info=None if is_ours else error)
