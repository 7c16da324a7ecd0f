"""Walk-forward folds: tables by hand on sessions of three bars, and real bars."""

import numpy as np
import pytest

from config.fold_settings import FoldKind, Unit
from config.instruments import get_instrument
from data.calendar import calendar_of
from data.fold_gap import FoldGap
from data.fold_plan import FoldPlan
from data.folds import plan_folds
from data.store import load_bars
from tests.helpers.bars import real_data
from tests.helpers.folds import assert_whole_sessions, bounds, dates_of, rows_of
from utils.errors import ConfigError, DataError

TEN = dates_of([3] * 10)
ONE_SESSION = FoldGap(horizon_bars=2)
"""Purge of 2 bars: next to the embargo it costs a session, where no session is cut."""

THREE_BARS = FoldGap(horizon_bars=2, embargo=3, embargo_unit=Unit.BARS)
"""Five bars in all."""


def plan(kind="rolling", gap=ONE_SESSION, **changes):
    return FoldPlan(kind=FoldKind(kind), gap=gap, **changes)


def table(folds):
    """Return (training rows, test rows) of each fold."""
    return [(bounds(fold.train[0]), bounds(fold.test)) for fold in folds]


IN_SESSIONS = [
    # settings beside training on 3 sessions and testing on 2; training and test rows
    ({}, [((0, 9), (15, 21)), ((6, 15), (21, 27))]),
    ({"kind": "expanding"}, [((0, 9), (15, 21)), ((0, 15), (21, 27))]),
    ({"kind": "anchored", "anchor": "2024-01-04"}, [((6, 15), (21, 27))]),  # row 6
    ({"kind": "anchored", "anchor": 6}, [((6, 15), (21, 27))]),
    ({"kind": "anchored", "anchor": 4}, [((6, 15), (21, 27))]),  # in the middle of a session
    ({"kind": "anchored", "anchor": "2023-12-01"}, [((0, 9), (15, 21)), ((0, 15), (21, 27))]),
    ({"n_folds": 1}, [((0, 9), (15, 21))]),
    ({"step": 3}, [((0, 9), (15, 21)), ((9, 18), (24, 30))]),
    (
        {"least_test_length": 1},  # the tenth session too
        [((0, 9), (15, 21)), ((6, 15), (21, 27)), ((12, 21), (27, 30))],
    ),
    ({"least_test_length": 1, "n_folds": 2}, [((0, 9), (15, 21)), ((6, 15), (21, 27))]),
    ({"test_length": None, "n_folds": 2}, [((0, 9), (15, 21)), ((6, 15), (21, 30))]),
    # half of ten are five
    (
        {"kind": "expanding", "train_length": None, "test_length": 1},
        [((0, 15), (21, 24)), ((0, 18), (24, 27)), ((0, 21), (27, 30))],
    ),
    (
        {"train_length": None, "test_length": None, "n_folds": 2},
        [((0, 15), (21, 24)), ((3, 18), (24, 30))],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), IN_SESSIONS)
def test_plan_folds_in_sessions_by_hand(changes, expected):
    folds = plan_folds(TEN, plan(**{"train_length": 3, "test_length": 2} | changes))
    assert table(folds) == expected
    assert [fold.number for fold in folds] == list(range(1, len(expected) + 1))


IN_BARS = [
    # settings beside training on 8 bars and testing on 4
    ({"step": 6}, [((0, 8), (13, 17)), ((6, 14), (19, 23)), ((12, 20), (25, 29))]),
    (
        {},
        [((0, 8), (13, 17)), ((4, 12), (17, 21)), ((8, 16), (21, 25)), ((12, 20), (25, 29))],
    ),
    ({"kind": "expanding", "n_folds": 2}, [((0, 8), (13, 17)), ((0, 12), (17, 21))]),
    ({"kind": "anchored", "anchor": 4, "n_folds": 2}, [((4, 12), (17, 21)), ((4, 16), (21, 25))]),
    # an embargo of a session: rows 12..14, 15..17 and 18..20, whole
    ({"gap": ONE_SESSION}, [((2, 10), (15, 19)), ((5, 13), (19, 23)), ((8, 16), (23, 27))]),
    (
        {"train_length": None, "test_length": None, "n_folds": 3},
        [((0, 15), (20, 23)), ((3, 18), (23, 26)), ((6, 21), (26, 30))],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), IN_BARS)
def test_plan_folds_in_bars_by_hand(changes, expected):
    usual = {"gap": THREE_BARS, "unit": Unit.BARS, "train_length": 8, "test_length": 4}
    assert table(plan_folds(TEN, plan(**usual | changes))) == expected


def test_plan_folds_purge_of_two_bars_next_to_a_half_day_of_one_takes_two_sessions():
    half_day = dates_of([3, 3, 3, 1, 3, 3, 3])
    folds = plan_folds(half_day, plan(train_length=2, test_length=1))
    # the last embargo is rows 13..15; of the others the purge takes rows 7..8, and 8..9
    assert table(folds) == [((0, 6), (10, 13)), ((0, 6), (13, 16)), ((6, 10), (16, 19))]


def test_plan_folds_validation_ends_at_the_gap_and_is_purged():
    (fold,) = plan_folds(TEN, plan(train_length=6, test_length=2, validation_length=2))
    assert fold.train == (slice(0, 9),)  # sessions 0 to 2; the third goes for the purge
    assert fold.validation == slice(12, 18)
    assert fold.readable == slice(0, 18)
    assert fold.test == slice(24, 30)
    in_bars = plan(
        gap=THREE_BARS, unit=Unit.BARS, train_length=10, test_length=15, validation_length=3
    )
    (fold,) = plan_folds(TEN, in_bars)
    assert (fold.train, fold.validation, fold.test) == (
        (slice(0, 5),),
        slice(7, 10),
        slice(15, 30),
    )


def test_plan_folds_without_validation_may_read_what_they_learn_from():
    (fold,) = plan_folds(TEN, plan(train_length=6, test_length=2))
    assert fold.validation is None
    assert fold.readable == slice(0, 18)


MISSING = [
    # ten sessions of three bars; settings; what the line says
    (
        {"train_length": 8, "test_length": 2},
        r"1 rolling fold: at least 12 sessions are needed \(8 to train on, 2 left out, 2 to test "
        r"on, 2 or more at a time\), had 10: 2 are missing$",
    ),
    (
        {"train_length": 30, "test_length": 2},
        r"1 rolling fold: at least 34 sessions .* had 10: 24 are missing$",
    ),
    (
        {"kind": "expanding", "train_length": 3, "test_length": 2, "n_folds": 4, "step": 3},
        r"4 expanding folds: at least 16 .*\(3 to train on, 2 left out, 11 to test on, 2 or",
    ),
    (
        {"kind": "anchored", "anchor": 6, "train_length": 5, "test_length": 2},
        r"1 anchored fold: at least 11 .*\(2 before the anchor, 5 to train .* 10: 1 are missing$",
    ),
    (
        {"train_length": 3, "n_folds": 6},
        r"6 rolling folds: .* 11 .*\(3 to train on, 2 left out, 6 to test on, 1 or .*: 1 are miss",
    ),
    (
        {"train_length": 8, "test_length": 8, "n_folds": 5, "gap": THREE_BARS, "unit": Unit.BARS},
        r"5 rolling folds: at least 53 bars .*\(8 to train on, 5 left out, 40 to .* 30: 23 are m",
    ),
    (
        {"n_folds": 500, "gap": THREE_BARS, "unit": Unit.BARS},
        r"500 rolling folds: at least 2009 bars are needed \(1004 to train on, 5 left out, 1000 "
        r"to test on, 2 or more at a time\), had 30: 1979 are missing$",
    ),
]


@pytest.mark.parametrize(("changes", "message"), MISSING)
def test_plan_folds_that_do_not_fit_say_what_is_missing(changes, message):
    with pytest.raises(DataError, match=f"^too few bars for {message}"):
        plan_folds(TEN, plan(**changes))


def test_plan_folds_of_a_single_session_say_what_is_missing():
    with pytest.raises(DataError, match="at least 7 sessions .* had 1: 6 are missing$"):
        plan_folds(dates_of([3]), plan(train_length=3, test_length=2))


@pytest.mark.parametrize("anchor", ["2024-01-12", 30])
def test_plan_folds_anchored_beyond_the_bars_are_refused(anchor):
    with pytest.raises(
        DataError, match=f"^`anchor` {anchor} lies beyond the bars, .* is row 29, of 2024-01-11: "
    ):
        plan_folds(TEN, plan("anchored", train_length=3, test_length=2, anchor=anchor))


def test_plan_folds_with_a_test_block_of_one_bar_are_refused():
    with pytest.raises(
        DataError, match="^fold 2 has 1 bar to test on, it needs at least 2, one to decide on"
    ):
        plan_folds(dates_of([3, 3, 3, 3, 3, 1]), plan(train_length=2, test_length=1))


def test_plan_folds_that_validate_on_all_but_the_purge_are_refused():
    with pytest.raises(DataError, match="^fold 1 needs at least 4 sessions .* 3: 1 are missing"):
        plan_folds(TEN, plan(train_length=3, test_length=2, validation_length=2))


def test_plan_folds_embargo_of_fewer_bars_than_a_session_is_refused():
    gap = FoldGap(horizon_bars=2, embargo=2, embargo_unit=Unit.BARS)
    with pytest.raises(ConfigError, match=r"^`embargo` must be >= one session \(3 bars"):
        plan_folds(TEN, plan(gap=gap, train_length=3, test_length=2))


def test_plan_folds_of_real_bars_are_whole_sessions_a_session_apart():
    bars = load_bars(real_data("NQ_5min.parquet"), get_instrument("NQ"))
    dates = calendar_of("NQ").trade_dates(bars.index)
    own = plan(gap=FoldGap(horizon_bars=12), train_length=120, test_length=20, validation_length=15)
    folds = plan_folds(dates, own)
    assert len(np.unique(dates)) == 337
    assert len(folds) == 10  # 120 to train on and 2 left out: 215 to test on, 15 of them too few
    for fold in folds:
        assert_whole_sessions(dates, [fold.readable, *fold.train, fold.validation, fold.test])
        assert len(np.unique(dates[fold.readable])) == 120
        assert len(np.unique(dates[fold.validation])) == 15
        assert len(np.unique(dates[fold.test])) == 20
        left_out = dates[fold.readable.stop : fold.test.start]
        assert len(np.unique(left_out)) == 2  # the embargo, and one for the purge
    tested = rows_of([fold.test for fold in folds])
    assert (np.diff(tested) == 1).all()
