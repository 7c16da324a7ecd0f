"""Make a stream of bars whole: each close once, in order, and every hole named.

Pure: it takes what a broker tells and returns what follows. The bar that is forming changes until
one of a later time comes; only then it is over, so no close is told at or before a bar's end.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from data.feature_stream import REVISABLE_BARS
from trading.data_events import (
    BarClosed,
    BarEvent,
    BarGap,
    BarMoved,
    BarRevised,
    BarsDisordered,
    SeenBar,
)

CountExpected = Callable[[datetime, datetime], int]
"""How many bars the calendar expects that open after the one time and before the other."""


class BarSequence:
    """The bars of one contract.

    Attributes:
        last_closed: Open time of the last bar that was told; None before the first.
        needs_history: Whether updates jumped over bars that history may have.
    """

    def __init__(self, n_expected: CountExpected, last_closed: datetime | None = None) -> None:
        """Begin after a bar that is known already, or with none.

        Args:
            n_expected: The calendar.
            last_closed: Open time of that bar; whether it has been revised since nobody can tell.
        """
        self.last_closed = last_closed
        self.needs_history = False
        self._n_expected = n_expected
        self._forming: SeenBar | None = None
        self._told: deque[SeenBar] = deque(maxlen=REVISABLE_BARS)

    def take_history(self, bars: Sequence[SeenBar]) -> list[BarEvent]:
        """Take what history has, the forming bar last, and return what of it is new or other.

        Holes that are still there are told now: nobody can fill them.
        """
        events = _disorder(bars)
        ordered = [bar for _, bar in sorted({bar.time: bar for bar in bars}.items())]
        self.needs_history = False
        if not ordered:
            return events
        for bar in ordered[:-1]:
            events += self._close(bar, is_from_history=True)
        return [*events, *self._gap_before(ordered[-1].time), *self._move(ordered[-1])]

    def holes(self, bars: Sequence[SeenBar]) -> list[BarGap]:
        """Return the holes that history has in what it would tell, and take nothing of it."""
        times = sorted({bar.time for bar in bars})
        if self.last_closed is not None:
            times = [self.last_closed, *(time for time in times if time > self.last_closed)]
        return [gap for after, before in pairwise(times) for gap in self._gap(after, before)]

    def take_update(self, bar: SeenBar) -> list[BarEvent]:
        """Take one update of the forming bar, or the first of the next one."""
        forming = self._forming
        if self.needs_history:  # which will tell this bar too, after those before it
            return []
        if forming is None or bar.time == forming.time:
            return self._move(bar)
        if bar.time < forming.time:
            return [BarsDisordered(n_double=0, n_late=1)]
        events = self._close(forming, is_from_history=False)
        self.needs_history = self._n_expected(forming.time, bar.time) > 0
        return events + self._move(bar)

    def finish(self, last: datetime) -> list[BarEvent]:
        """Close the forming bar where it opened at `last` or before: none will come after it."""
        forming = self._forming
        if forming is None or forming.time > last or self.needs_history:
            return []
        return self._close(forming, is_from_history=False)

    def _move(self, bar: SeenBar) -> list[BarEvent]:
        """Take a bar for the one that is forming."""
        before, self._forming = self._forming, bar
        return [] if bar == before else [BarMoved(bar=bar)]

    def _close(self, bar: SeenBar, *, is_from_history: bool) -> list[BarEvent]:
        if self.last_closed is not None and bar.time <= self.last_closed:
            return self._revise(bar)
        events = self._gap_before(bar.time)
        self.last_closed = bar.time
        self._told.append(bar)
        return [*events, BarClosed(bar=bar, is_from_history=is_from_history)]

    def _revise(self, bar: SeenBar) -> list[BarEvent]:
        """Compare a bar with what was told of its time, as far back as anybody can use it."""
        if not self._told or bar.time < self._told[0].time:
            return []
        known = {one.time: one for one in self._told}
        if known.get(bar.time) == bar:
            return []
        known[bar.time] = bar
        self._told.clear()
        self._told.extend(one for _, one in sorted(known.items()))
        return [BarRevised(bar=bar)]

    def _gap_before(self, time: datetime) -> list[BarGap]:
        return [] if self.last_closed is None else self._gap(self.last_closed, time)

    def _gap(self, after: datetime, before: datetime) -> list[BarGap]:
        n_missing = self._n_expected(after, before)
        if n_missing <= 0:
            return []
        return [BarGap(after=after, before=before, n_missing=n_missing)]


def _disorder(bars: Sequence[SeenBar]) -> list[BarEvent]:
    """Return what is wrong with the order of bars, if anything is."""
    times = [bar.time for bar in bars]
    n_double = len(times) - len(set(times))
    n_late = sum(after < before for before, after in pairwise(times))
    return [BarsDisordered(n_double=n_double, n_late=n_late)] if n_double or n_late else []


def count_by_seconds(bar_seconds: int) -> CountExpected:
    """Return a calendar that never closes: a bar every so many seconds."""
    step = timedelta(seconds=bar_seconds)
    return lambda after, before: max(0, (before - after) // step - 1)
