"""Where folds may be cut, and how far gaps reach, on sessions of three bars."""

import numpy as np
import pytest

from config.fold_settings import Unit
from data.fold_edges import even_blocks, fold_edges
from data.fold_gap import FoldGap
from tests.helpers.folds import dates_of
from utils.errors import ConfigError, DataError

SIX = dates_of([3] * 6)
HALF_DAY = dates_of([3, 3, 3, 1, 3, 3, 3])  # edges at rows 0, 3, 6, 9, 10, 13, 16, 19

GAPS = [
    # dates, unit, (purge, embargo, its unit), edge of the test, where training (ends, begins again)
    (SIX, Unit.SESSIONS, (1, 1, Unit.SESSIONS), 4, (2, 6)),  # row 12: 9 - 1 = 8, so 6; 15 + 3 = 18
    (
        SIX,
        Unit.SESSIONS,
        (3, 1, Unit.SESSIONS),
        4,
        (2, 7),
    ),  # 9 - 3 = 6; 15 + 5 = 20, one is missing
    (SIX, Unit.SESSIONS, (4, 1, Unit.SESSIONS), 4, (1, 7)),  # 9 - 4 = 5
    (SIX, Unit.SESSIONS, (1, 2, Unit.SESSIONS), 4, (1, 7)),
    (SIX, Unit.SESSIONS, (1, 1, Unit.SESSIONS), 1, (-1, 3)),  # row 3: 0 - 1, one session is missing
    (SIX, Unit.SESSIONS, (1, 3, Unit.SESSIONS), 1, (-3, 5)),
    (SIX, Unit.SESSIONS, (2, 4, Unit.BARS), 4, (2, 7)),  # 12 - 4 - 2 = 6; 12 + 4 + 2 + 2 = 20
    (SIX, Unit.BARS, (2, 4, Unit.BARS), 12, (6, 20)),
    (SIX, Unit.BARS, (2, 4, Unit.BARS), 5, (-1, 13)),
    (SIX, Unit.BARS, (2, 1, Unit.SESSIONS), 13, (7, 22)),  # whole sessions: 9..11, and 15..17
    (SIX, Unit.BARS, (2, 1, Unit.SESSIONS), 12, (7, 19)),  # bar 11, the last tested, is of 9..11
    (SIX, Unit.BARS, (2, 1, Unit.SESSIONS), 18, (13, 25)),  # past the end, as if sessions went on
    (HALF_DAY, Unit.SESSIONS, (2, 1, Unit.SESSIONS), 5, (2, 8)),  # 10 - 2 = 8: two sessions begun
    (HALF_DAY, Unit.SESSIONS, (1, 1, Unit.SESSIONS), 5, (3, 7)),
    (HALF_DAY, Unit.SESSIONS, (2, 1, Unit.SESSIONS), 3, (1, 6)),  # after: the half day, 10 + 4 = 14
]


@pytest.mark.parametrize(("dates", "unit", "left_out", "test", "expected"), GAPS)
def test_fold_edges_gaps_by_hand(dates, unit, left_out, test, expected):
    """The lookback is two bars; a test block begins, or another one ends, at the edge `test`."""
    purge, embargo, embargo_unit = left_out
    gap = FoldGap(horizon_bars=purge, embargo=embargo, embargo_unit=embargo_unit)
    edges = fold_edges(dates, unit, gap)
    assert (edges.stop_before(test), edges.start_after(test, lookback_bars=2)) == expected


@pytest.mark.parametrize("unit", Unit)
def test_fold_edges_of_many_tests_are_those_of_each(unit):
    edges = fold_edges(HALF_DAY, unit, FoldGap(horizon_bars=2))
    tests = np.arange(edges.n_units + 1)
    assert edges.stops_before(tests).tolist() == [edges.stop_before(int(test)) for test in tests]


def test_fold_edges_lie_at_every_bar_or_at_every_session():
    sessions = fold_edges(HALF_DAY, Unit.SESSIONS, FoldGap(horizon_bars=2))
    assert sessions.rows.tolist() == [0, 3, 6, 9, 10, 13, 16, 19]
    assert sessions.span(2, 4) == slice(6, 10)
    bars = fold_edges(HALF_DAY, Unit.BARS, FoldGap(horizon_bars=2))
    assert bars.rows.tolist() == list(range(20))
    assert bars.span(2, 4) == slice(2, 4)


def test_fold_edges_embargo_in_bars_shorter_than_the_longest_session_is_refused():
    gap = FoldGap(horizon_bars=1, embargo=3, embargo_unit=Unit.BARS)
    assert fold_edges(dates_of([3, 1, 2]), Unit.BARS, gap).n_units == 6
    with pytest.raises(
        ConfigError,
        match=r"^`embargo` must be >= one session \(4 bars, the longest of these\), was 3 bars: ",
    ):
        fold_edges(dates_of([3, 4, 2]), Unit.SESSIONS, gap)


@pytest.mark.parametrize("unit", Unit)
def test_fold_edges_without_bars_are_refused(unit):
    with pytest.raises(DataError, match="^no bars to make folds of$"):
        fold_edges(dates_of([]), unit, FoldGap(horizon_bars=1))


def test_fold_edges_of_stamps_instead_of_dates_are_refused():
    """Each stamp would count as a session of its own, and the embargo as one bar."""
    stamps = np.arange("2024-01-02T00:00", "2024-01-02T01:00", dtype="datetime64[m]")
    with pytest.raises(
        ConfigError, match=r"must be datetime64\[D\], one date per bar, were datetime64\[m\]: get"
    ):
        fold_edges(stamps, Unit.SESSIONS, FoldGap(horizon_bars=1))


@pytest.mark.parametrize("unit", Unit)
def test_fold_edges_of_unsorted_or_missing_dates_are_refused(unit):
    gap = FoldGap(horizon_bars=1)
    with pytest.raises(
        DataError, match="^trade dates must be oldest first, were 2024-01-02 after 2024-01-04 at ro"
    ):
        fold_edges(np.roll(SIX[:9], 2)[1:], unit, gap)
    missing = SIX.copy()
    missing[4] = np.datetime64("NaT")
    with pytest.raises(DataError, match="were NaT after 2024-01-03 at row 4: sort the bars$"):
        fold_edges(missing, unit, gap)


@pytest.mark.parametrize(
    ("start", "stop", "n_blocks", "expected"),
    [
        (0, 6, 3, [(0, 2), (2, 4), (4, 6)]),
        (5, 10, 2, [(5, 7), (7, 10)]),
        (0, 11, 4, [(0, 2), (2, 5), (5, 8), (8, 11)]),
        (3, 4, 1, [(3, 4)]),
    ],
)
def test_even_blocks_by_hand(start, stop, n_blocks, expected):
    assert even_blocks(start, stop, n_blocks) == expected


@pytest.mark.parametrize(
    ("dates", "unit", "run", "length", "learnt", "validation"),
    [
        (SIX, Unit.SESSIONS, (0, 6), 2, (0, 9), (12, 18)),  # purge of 2 bars: session 9..11
        (SIX, Unit.SESSIONS, (2, 6), 2, (6, 9), (12, 18)),
        (SIX, Unit.SESSIONS, (2, 6), 0, (6, 18), None),
        (SIX, Unit.BARS, (0, 10), 3, (0, 5), (7, 10)),
        (SIX, Unit.BARS, (4, 10), 3, (4, 5), (7, 10)),
        (HALF_DAY, Unit.SESSIONS, (0, 5), 1, (0, 6), (10, 13)),  # 10 - 2 = 8: two sessions begun
    ],
)
def test_fold_edges_validation_by_hand(dates, unit, run, length, learnt, validation):
    edges = fold_edges(dates, unit, FoldGap(horizon_bars=2))
    assert edges.held_back(*run, length, "fold 1") == (
        slice(*learnt),
        None if validation is None else slice(*validation),
    )


@pytest.mark.parametrize(
    ("dates", "unit", "run", "length", "numbers"),
    [
        (SIX, Unit.SESSIONS, (2, 5), 2, "4 sessions .* back 2 .* purges 2 bars .* had 3: 1 are"),
        (SIX, Unit.SESSIONS, (0, 1), 7, "9 sessions .* back 7 .* purges 2 bars .* had 1: 8 are"),
        (SIX, Unit.BARS, (4, 9), 3, "6 bars .* back 3 .* purges 2 bars .* had 5: 1 are"),
        (SIX, Unit.BARS, (0, 2), 5, "8 bars .* back 5 .* purges 2 bars .* had 2: 6 are"),
        (HALF_DAY, Unit.SESSIONS, (2, 5), 1, "4 sessions .* had 3: 1 are"),
    ],
)
def test_fold_edges_validation_that_leaves_nothing_says_what_is_missing(
    dates, unit, run, length, numbers
):
    edges = fold_edges(dates, unit, FoldGap(horizon_bars=2))
    with pytest.raises(DataError, match=f"^fold 7 needs at least {numbers} missing; train on more"):
        edges.held_back(*run, length, "fold 7")
