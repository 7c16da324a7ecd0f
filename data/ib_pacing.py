"""When may the next history request be sent? As seldom as Interactive Brokers wants it.

Requests are counted in sliding windows. A bucket that refills evenly would let through almost
twice its size within one window, since it starts full. What an earlier process asked for counts
too: the times are kept in a file, so that starting again is no way around the limits.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from utils.clock import Clock
from utils.files import temporaries_of, write_json_atomically


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingLimits:
    """How often history may be asked for.

    Attributes:
        n_requests: Most requests within `window_seconds`; IB allows 60 in ten minutes.
        window_seconds: Length of that window.
        identical_seconds: Least time between two requests that are the same.
        n_burst: Most requests for one contract within `burst_seconds`; IB refuses the sixth.
        burst_seconds: Length of that window.
    """

    n_requests: int = 50
    window_seconds: float = 600.0
    identical_seconds: float = 15.0
    n_burst: int = 5
    burst_seconds: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that was sent.

    Attributes:
        at: When, in seconds since 1970.
        contract: What for, e.g. "MNQZ25".
        text: All of it, to tell requests that are the same.
    """

    at: float
    contract: str
    text: str


class Pacer:
    """Knows what was asked for, and how long to wait; waits for nobody itself.

    Args:
        limits: How often.
        clock: Says what time it is. Clocks are set back at times: what was asked in the future
            does not count.
        path: JSON file that remembers requests; None remembers them in this process only.
    """

    def __init__(self, limits: PacingLimits, clock: Clock, path: Path | None = None) -> None:
        """Take up what earlier processes asked for."""
        self._limits = limits
        self._clock = clock
        self._path = path
        self._asked = _remembered(path)
        if path is not None:
            self._remove_leftovers(path)

    def seconds_to_wait(self, contract: str, text: str) -> float:
        """Return after how many seconds this request may be sent; 0 for at once."""
        now, limits = self._now(), self._limits
        past = [asked for asked in self._asked if asked.at <= now]
        same = [asked.at for asked in past if asked.text == text]
        of_contract = [asked.at for asked in past if asked.contract == contract]
        free_at = (
            _free_at([asked.at for asked in past], limits.n_requests, limits.window_seconds),
            _free_at(of_contract, limits.n_burst, limits.burst_seconds),
            _free_at(same, 1, limits.identical_seconds),
        )
        return max(0.0, max(free_at) - now)

    def note(self, contract: str, text: str) -> None:
        """Remember that this request is sent now, and forget what no window reaches any more.

        Raises:
            ConfigError: If the file cannot be written.
        """
        now, limits = self._now(), self._limits
        reach = max(limits.window_seconds, limits.identical_seconds, limits.burst_seconds)
        kept = [asked for asked in self._asked if now - reach < asked.at <= now]
        self._asked = [*kept, Asked(at=now, contract=contract, text=text)]
        if self._path is not None:
            rows = [[asked.at, asked.contract, asked.text] for asked in self._asked]
            write_json_atomically(self._path, rows)

    def seconds_for(self, n_requests: int) -> float:
        """Return after how many seconds the last of so many more requests may be sent.

        By the long window alone, which is the one that takes minutes.
        """
        limits, now = self._limits, self._now()
        times = [asked.at for asked in self._asked if asked.at <= now]
        for _ in range(n_requests):
            times.append(max(now, _free_at(times, limits.n_requests, limits.window_seconds)))
        return times[-1] - now if n_requests else 0.0

    def _remove_leftovers(self, path: Path) -> None:
        """Remove what killed writers left; the file is shared, so a young one may be another's."""
        for leftover in temporaries_of(path):
            with suppress(FileNotFoundError):
                if leftover.stat().st_mtime < self._now() - self._limits.window_seconds:
                    leftover.unlink()

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _free_at(times: Sequence[float], n_most: int, seconds: float) -> float:
    """Return from when on a window of `seconds` holds fewer than `n_most` of these times."""
    return times[-n_most] + seconds if len(times) >= n_most else 0.0


def _remembered(path: Path | None) -> list[Asked]:
    """Return the requests in a file; none where there is no file, or it is damaged."""
    if path is None:
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        asked = (Asked(at=float(at), contract=str(of), text=str(text)) for at, of, text in rows)
        return sorted(asked, key=lambda one: one.at)
    except (OSError, ValueError, TypeError):
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """How long to wait before trying again: twice as long each time.

    Attributes:
        first_seconds: Before the second try.
        most_seconds: Never longer than this.
    """

    first_seconds: float
    most_seconds: float

    def seconds(self, n_failed: int) -> float:
        """Return how long to wait after so many failures in a row, at least one."""
        return float(min(self.first_seconds * 2.0 ** (n_failed - 1), self.most_seconds))
