"""Tiny calendars, and what lies between the rows of folds, counted row by row."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from config.fold_settings import Unit
from data.fold_gap import FoldGap

FIRST_DATE = np.datetime64("2024-01-02")

Dates = NDArray[np.datetime64]
Rows = NDArray[np.int64]


def dates_of(lengths: Sequence[int]) -> Dates:
    """Return the trade dates of sessions of so many bars each, a day apart."""
    return np.repeat(FIRST_DATE + np.arange(len(lengths)), np.asarray(lengths, dtype=np.int64))


def bounds(rows: slice) -> tuple[int, int]:
    """Return first row and end of a range."""
    return rows.start, rows.stop


def rows_of(spans: Iterable[slice]) -> Rows:
    """Return the numbers of the rows of several ranges, in their order."""
    return np.concatenate([np.arange(span.start, span.stop) for span in spans])


def purged_bars(
    dates: Dates, gap: FoldGap, learnt: Rows, test: slice
) -> tuple[int | None, int | None]:
    """Return how many rows are left out beside the embargo, before and after a test block.

    None on a side on which nothing is learnt.
    """
    before, after = learnt[learnt < test.start], learnt[learnt >= test.stop]
    return (
        _beyond(dates, gap, range(int(before.max()) + 1, test.start), test.start)
        if len(before)
        else None,
        _beyond(dates, gap, range(test.stop, int(after.min())), test.stop - 1)
        if len(after)
        else None,
    )


def _beyond(dates: Dates, gap: FoldGap, left_out: range, tested: int) -> int:
    """Return how many of the rows left out next to row `tested` are not of the embargo."""
    if gap.embargo_unit == Unit.BARS:
        return len(left_out) - gap.embargo
    session = np.unique(dates, return_inverse=True)[1]
    away = np.abs(session[list(left_out)] - session[tested])
    return int((away > gap.embargo).sum())


def assert_whole_sessions(dates: Dates, spans: Iterable[slice]) -> None:
    """Assert that each range begins with the first bar of a session and ends with the last."""
    for span in spans:
        assert span.start == 0 or dates[span.start] != dates[span.start - 1]
        assert span.stop == len(dates) or dates[span.stop] != dates[span.stop - 1]
