"""Clocks that stand still, so that no test depends on the day on which it is run."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """A clock that always shows the same time, given as ISO 8601 with an offset."""

    text: str

    def now(self) -> datetime:
        """Return that time, aware."""
        return datetime.fromisoformat(self.text)
