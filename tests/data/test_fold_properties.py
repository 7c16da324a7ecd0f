"""What holds of any walk-forward folds: whole, in order, and apart from what they learn from."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.fold_settings import FoldKind, Unit
from data.fold_gap import FoldGap
from data.fold_plan import FoldPlan
from data.folds import plan_folds
from tests.helpers.folds import assert_whole_sessions, dates_of, purged_bars, rows_of
from utils.errors import DataError


@st.composite
def gaps(draw, longest):
    """Return a gap that fits sessions of `longest` bars at most."""
    horizon = draw(st.integers(1, 8))
    unit = draw(st.sampled_from(Unit))
    least = 1 if unit == Unit.SESSIONS else longest
    return FoldGap(
        horizon_bars=horizon,
        purge_bars=draw(st.none() | st.integers(horizon, horizon + 4)),
        embargo=least + draw(st.integers(0, 2)),
        embargo_unit=unit,
    )


@st.composite
def cases(draw):
    """Return trade dates and a plan; most plans fit."""
    lengths = draw(st.lists(st.integers(2, 6), min_size=20, max_size=40))
    unit, kind = draw(st.sampled_from(Unit)), draw(st.sampled_from(FoldKind))
    validation, test = draw(st.integers(0, 2)), draw(st.integers(2, 5))
    own = FoldPlan(
        kind=kind,
        gap=draw(gaps(max(lengths))),
        unit=unit,
        train_length=draw(st.none() | st.integers(1, 6)),
        test_length=test,
        step=draw(st.none() | st.integers(test, test + 2)),
        least_test_length=draw(st.none() | st.just(2)),
        validation_length=validation,
        anchor=draw(st.integers(0, 12)) if kind == FoldKind.ANCHORED else None,
    )
    return dates_of(lengths), own


def fitting(dates, own):
    """Return the folds; none where the plan does not fit, which then says what is missing."""
    try:
        return plan_folds(dates, own)
    except DataError as error:
        message = str(error)
    assert "are missing" in message
    return ()


examples = settings(max_examples=150, deadline=None, derandomize=True)


@pytest.mark.property
@examples
@given(case=cases())
def test_folds_keep_purge_and_embargo_between_all_they_read_and_the_test(case):
    dates, own = case
    for fold in fitting(dates, own):
        before, after = purged_bars(dates, own.gap, rows_of([fold.readable]), fold.test)
        assert before >= own.gap.n_purged
        assert after is None  # nothing that follows the test is read


@pytest.mark.property
@examples
@given(case=cases())
def test_folds_labels_that_are_learnt_reach_no_other_rows(case):
    dates, own = case
    for fold in fitting(dates, own):
        last_label = rows_of(fold.train).max() + own.gap.horizon_bars
        assert last_label < fold.test.start
        if fold.validation is not None:
            assert last_label < fold.validation.start
            assert fold.validation.stop - 1 + own.gap.horizon_bars < fold.test.start


@pytest.mark.property
@examples
@given(case=cases())
def test_folds_test_blocks_follow_each_other_and_are_as_long_as_asked(case):
    dates, own = case
    folds = fitting(dates, own)
    units = dates if own.unit == Unit.SESSIONS else np.arange(len(dates))
    lengths = [len(np.unique(units[fold.test])) for fold in folds]
    assert all(length == own.test_length for length in lengths[:-1])
    if folds:
        assert own.shortest_test <= lengths[-1] <= own.test_length
    for one, two in itertools.pairwise(folds):
        between = len(np.unique(units[one.test.stop : two.test.start]))
        assert one.test.stop <= two.test.start
        assert between == own.stride - own.test_length


@pytest.mark.property
@examples
@given(case=cases())
def test_folds_train_from_where_their_kind_says_and_cut_no_session(case):
    dates, own = case
    units = dates if own.unit == Unit.SESSIONS else np.arange(len(dates))
    for fold in fitting(dates, own):
        if own.kind == FoldKind.ROLLING and own.train_length is not None:
            assert len(np.unique(units[fold.readable])) == own.train_length
        if own.kind == FoldKind.EXPANDING:
            assert fold.readable.start == 0
        if own.validation_length:
            assert len(np.unique(units[fold.validation])) == own.validation_length
        if own.unit == Unit.SESSIONS:
            assert_whole_sessions(dates, [fold.readable, *fold.train, fold.test])


@pytest.mark.property
@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    n_sessions=st.integers(1, 12),
    changes=st.fixed_dictionaries(
        {
            "kind": st.sampled_from([FoldKind.ROLLING, FoldKind.EXPANDING]),
            "unit": st.sampled_from(Unit),
            "train_length": st.none() | st.integers(1, 30),
            "test_length": st.none() | st.integers(2, 20),
            "n_folds": st.integers(1, 4),
            "gap": st.builds(
                FoldGap,
                horizon_bars=st.integers(1, 8),
                embargo=st.integers(3, 5),
                embargo_unit=st.just(Unit.BARS),
            ),
        }
    ),
)
def test_folds_fit_once_what_was_missing_is_there_and_not_before(n_sessions, changes):
    own = FoldPlan(**changes)
    dates = dates_of([3] * n_sessions)
    try:
        plan_folds(dates, own)
    except DataError as error:
        missing = int(str(error).split("had ")[1].split(": ")[1].split()[0])
    else:
        return
    more = missing if own.unit == Unit.BARS else 3 * missing
    enough = dates_of([3] * (n_sessions + -(-more // 3)))[: len(dates) + more]
    assert plan_folds(enough, own)
    with pytest.raises(DataError, match=": 1 are missing$"):
        plan_folds(enough[: -1 if own.unit == Unit.BARS else -3], own)
