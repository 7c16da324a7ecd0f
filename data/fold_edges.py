"""The edges at which folds may be cut, with the gaps that reach from one to another.

The words are those of data/folds.py. All is counted in edges, so that the folds themselves are the
same arithmetic whether lengths are in bars or in sessions.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from config.fold_settings import Unit
from data.fold_gap import FoldGap
from data.splits import MIN_TEST_BARS
from utils.errors import ConfigError, DataError

TRADE_DATE = np.dtype("datetime64[D]")

Dates = NDArray[np.datetime64]
Block = tuple[int, int]
"""First edge of some units, and the edge after them."""

_Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: lengths are kept once counted
class FoldEdges:
    """The edges of some bars: edge i is where unit i begins, a bar or a session.

    Attributes:
        unit: What lies between two edges.
        gap: What is left out around test rows.
        rows: (n_units + 1,) row of each edge, ascending; the last is the number of bars.
        sessions: (n_sessions + 1,) first row of each session; the last is the number of bars.
    """

    unit: Unit
    gap: FoldGap
    rows: _Integers
    sessions: _Integers

    @property
    def n_units(self) -> int:
        """Bars or sessions in all."""
        return len(self.rows) - 1

    @cached_property
    def longest_session(self) -> int:
        """Bars of the longest session."""
        return int(np.diff(self.sessions).max())

    @cached_property
    def longest_unit(self) -> int:
        """Bars between two edges, at most."""
        return int(np.diff(self.rows).max())

    @property
    def least_units(self) -> int:
        """Units that a test block must have at least."""
        return MIN_TEST_BARS if self.unit == Unit.BARS else 1

    def span(self, start: int, stop: int) -> slice:
        """Return the rows from one edge to another."""
        return slice(int(self.rows[start]), int(self.rows[stop]))

    def tested(self, start: int, stop: int, name: str) -> slice:
        """Return the rows of a test block.

        Args:
            start: Its first edge.
            stop: The edge after it.
            name: What an error calls it.

        Raises:
            DataError: If it has too few bars.
        """
        rows = self.span(start, stop)
        if rows.stop - rows.start < MIN_TEST_BARS:
            raise DataError(
                f"{name} has {rows.stop - rows.start} bar to test on, it needs at least "
                f"{MIN_TEST_BARS}, one to decide on and one to trade on: test longer blocks"
            )
        return rows

    def stops_before(self, tests: _Integers) -> _Integers:
        """Return the edge at which training ends at the latest before test blocks, same shape.

        Below 0 where the bars begin too late for any training: by the units that are missing,
        sessions of the longest one's length.

        Args:
            tests: The edges at which the test blocks begin, any shape.
        """
        return self._edges_until(self._embargoed_before(self.rows[tests]) - self.gap.n_purged)

    def stop_before(self, test: int) -> int:
        """Return what `stops_before` does, for one test block."""
        return int(self.stops_before(np.array(test)))

    def start_after(self, test_stop: int, lookback_bars: int) -> int:
        """Return the edge from which on rows may be learnt from again after a test block.

        Beyond the last edge where the bars end too early for that, by the units that are missing.

        Args:
            test_stop: The edge at which the test block ends.
            lookback_bars: Rows of one observation.
        """
        row = self._embargoed_after(int(self.rows[test_stop])) + self.gap.n_purged + lookback_bars
        beyond = row - int(self.rows[-1])
        if beyond > 0:
            return self.n_units + self._units_of(beyond)
        return int(np.searchsorted(self.rows, row))

    def held_back(
        self, start: int, stop: int, length: int, name: str
    ) -> tuple[slice, slice | None]:
        """Return which rows of a run of training units are learnt from, and which validate.

        Args:
            start: First edge of the run.
            stop: The edge after it.
            length: Units at its end that validate; with 0, all are learnt from.
            name: What an error calls the fold.

        Raises:
            DataError: If nothing is left to learn from.
        """
        if length == 0:
            return self.span(start, stop), None
        needed, first = self.least_run(length), stop - length
        learnt = self._purged_before(first) if stop - start >= needed else start
        if learnt <= start:
            needed = max(needed, stop - start + 1)
            raise DataError(
                f"{name} needs at least {needed} {self.unit} to train on, of which it holds back "
                f"{length} for its validation and purges {self.gap.n_purged} bars before them, had "
                f"{stop - start}: {needed - stop + start} are missing; train on more, or validate "
                f"on less"
            )
        return self.span(start, learnt), self.span(first, stop)

    def least_run(self, validation_length: int) -> int:
        """Return the units of training of which a validation leaves something to learn from."""
        if validation_length == 0:
            return 1
        return 1 + validation_length + self._units_of(self.gap.n_purged)

    def _units_of(self, n_bars: int) -> int:
        """Return how many units so many bars take up, the longest ones, a begun one counted."""
        return math.ceil(n_bars / self.longest_unit)

    def _purged_before(self, edge: int) -> int:
        return int(self._edges_until(self.rows[edge] - self.gap.n_purged))

    def _embargoed_before(self, rows: _Integers) -> _Integers:
        """Return the rows at which embargoes begin that end before `rows`."""
        if self.gap.embargo_unit == Unit.BARS:
            return rows - self.gap.embargo
        first = self._sessions_of(rows) - self.gap.embargo
        known = self.sessions[np.maximum(first, 0)]
        return np.where(first >= 0, known, first * self.longest_session)

    def _embargoed_after(self, row: int) -> int:
        """Return the row at which an embargo ends that begins after the bar before `row`."""
        if self.gap.embargo_unit == Unit.BARS:
            return row + self.gap.embargo
        last = int(self._sessions_of(np.array(row - 1))) + 1 + self.gap.embargo
        beyond = max(last - (len(self.sessions) - 1), 0)
        return int(self.sessions[last - beyond]) + beyond * self.longest_session

    def _sessions_of(self, rows: _Integers) -> _Integers:
        """Return the number of the session that each row is in; after the last bar, a new one."""
        return np.asarray(np.searchsorted(self.sessions, rows, side="right") - 1)

    def _edges_until(self, rows: _Integers) -> _Integers:
        """Return the last edge at or before each row; edges before the first bar are negative."""
        known = np.searchsorted(self.rows, rows, side="right") - 1
        return np.where(rows >= 0, known, rows // self.longest_unit)


def fold_edges(trade_dates: Dates, unit: Unit, gap: FoldGap) -> FoldEdges:
    """Return the edges of bars.

    Args:
        trade_dates: (n,) datetime64[D], the trade date of each bar, oldest first, as
            `Calendar.trade_dates` gives them.
        unit: Whether a fold may be cut at every bar, or only where a session begins.
        gap: What is to be left out around test rows.

    Raises:
        ConfigError: If these are no trade dates, or the embargo is shorter than a session.
        DataError: If there are no bars, or they are not oldest first.
    """
    _check_dates(trade_dates)
    n_bars = len(trade_dates)
    changes = np.flatnonzero(trade_dates[1:] != trade_dates[:-1]) + 1
    sessions = np.concatenate([[0], changes, [n_bars]]).astype(np.int64)
    rows = sessions if unit == Unit.SESSIONS else np.arange(n_bars + 1, dtype=np.int64)
    edges = FoldEdges(unit=unit, gap=gap, rows=rows, sessions=sessions)
    if gap.embargo_unit == Unit.BARS and gap.embargo < edges.longest_session:
        raise ConfigError(
            f"`embargo` must be >= one session ({edges.longest_session} bars, the longest of "
            f"these), was {gap.embargo} bars: averages and open positions would reach from "
            f"training into the test rows"
        )
    return edges


def even_blocks(start: int, stop: int, n_blocks: int) -> list[Block]:
    """Return blocks of all units from `start` to `stop`, whose lengths differ by one at most.

    Args:
        start: First edge.
        stop: The edge after the last block.
        n_blocks: How many; no more than there are units.
    """
    bounds = [start + number * (stop - start) // n_blocks for number in range(n_blocks + 1)]
    return list(itertools.pairwise(bounds))


def _check_dates(trade_dates: Dates) -> None:
    if trade_dates.dtype != TRADE_DATE:
        raise ConfigError(
            f"`trade_dates` must be {TRADE_DATE}, one date per bar, were {trade_dates.dtype}: get "
            f"them from the bars' index with `Calendar.trade_dates`"
        )
    if len(trade_dates) == 0:
        raise DataError("no bars to make folds of")
    is_sorted = trade_dates[1:] >= trade_dates[:-1]
    if not is_sorted.all():
        row = int(is_sorted.argmin()) + 1
        raise DataError(
            f"trade dates must be oldest first, were {trade_dates[row]} after "
            f"{trade_dates[row - 1]} at row {row}: sort the bars"
        )
