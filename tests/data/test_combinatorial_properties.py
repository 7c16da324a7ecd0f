"""What holds of any combinatorial splits: gaps on both sides, all choices, each test used once."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.fold_settings import Unit
from data.combinatorial import CombinatorialPlan, backtest_paths, combinatorial_splits
from data.fold_gap import FoldGap
from tests.helpers.folds import assert_whole_sessions, dates_of, purged_bars, rows_of
from utils.errors import DataError


@st.composite
def cases(draw):
    """Return trade dates and a plan; most plans fit."""
    lengths = draw(st.lists(st.integers(2, 5), min_size=30, max_size=60))
    embargo_unit = draw(st.sampled_from(Unit))
    least = 1 if embargo_unit == Unit.SESSIONS else max(lengths)
    n_groups = draw(st.integers(2, 6))
    own = CombinatorialPlan(
        gap=FoldGap(
            horizon_bars=draw(st.integers(1, 6)),
            embargo=least + draw(st.integers(0, 1)),
            embargo_unit=embargo_unit,
        ),
        lookback_bars=draw(st.integers(1, 6)),
        n_groups=n_groups,
        n_tested=draw(st.integers(1, n_groups - 1)),
        unit=draw(st.sampled_from(Unit)),
        validation_length=draw(st.integers(0, 2)),
    )
    return dates_of(lengths), own


def fitting(dates, own):
    """Return the splits; none where the plan does not fit, which then says what is missing."""
    try:
        return combinatorial_splits(dates, own)
    except DataError as error:
        message = str(error)
    assert "are missing" in message
    return ()


examples = settings(max_examples=100, deadline=None, derandomize=True)


@pytest.mark.property
@examples
@given(case=cases())
def test_combinatorial_splits_keep_the_gaps_around_every_tested_group(case):
    dates, own = case
    for split in fitting(dates, own):
        validation = () if split.validation is None else (split.validation,)
        learnt = rows_of([*split.train, *validation])
        for test in split.tests:
            assert not np.isin(np.arange(test.start, test.stop), learnt).any()
            before, after = purged_bars(dates, own.gap, learnt, test)
            assert before is None or before >= own.gap.n_purged
            assert after is None or after >= own.gap.n_purged + own.lookback_bars


@pytest.mark.property
@examples
@given(case=cases())
def test_combinatorial_splits_labels_that_are_learnt_reach_no_test_or_validation(case):
    dates, own = case
    for split in fitting(dates, own):
        horizon = np.arange(1, own.gap.horizon_bars + 1)
        labels = rows_of(split.train)[:, None] + horizon
        apart = [*split.tests, *(() if split.validation is None else (split.validation,))]
        for span in apart:
            tested = np.arange(span.start, span.stop)
            assert not np.isin(labels, tested).any()
            assert not np.isin(rows_of(split.train), tested[:, None] + horizon).any()


@pytest.mark.property
@examples
@given(case=cases())
def test_combinatorial_splits_are_all_choices_and_cut_no_session(case):
    dates, own = case
    splits = fitting(dates, own)
    if not splits:
        return
    assert len(splits) == own.n_splits
    assert len({split.groups for split in splits}) == own.n_splits
    groups = dict(
        itertools.chain.from_iterable(zip(one.groups, one.tests, strict=True) for one in splits)
    )
    whole = rows_of(groups[number] for number in range(own.n_groups))
    assert whole.tolist() == list(range(len(dates)))
    if own.unit == Unit.SESSIONS:
        for split in splits:
            assert_whole_sessions(dates, [*split.train, *split.tests])


@pytest.mark.property
@examples
@given(n_groups=st.integers(2, 8), data=st.data())
def test_backtest_paths_use_every_test_once_and_take_every_group(n_groups, data):
    own = CombinatorialPlan(
        gap=FoldGap(horizon_bars=2),
        lookback_bars=2,
        n_groups=n_groups,
        n_tested=data.draw(st.integers(1, n_groups - 1)),
    )
    paths = backtest_paths(own)
    assert paths.shape == (own.n_paths, own.n_groups)
    used = [(int(number), group) for path in paths for group, number in enumerate(path)]
    assert len(set(used)) == len(used)
    expected = {
        (number, group)
        for number, groups in enumerate(own.tested_groups, start=1)
        for group in groups
    }
    assert set(used) == expected


@pytest.mark.property
@examples
@given(
    per_group=st.integers(1, 9),
    n_groups=st.integers(2, 5),
    validation=st.integers(0, 2),
    data=st.data(),
)
def test_combinatorial_splits_fit_once_what_was_missing_at_most_is_there(
    per_group, n_groups, validation, data
):
    own = CombinatorialPlan(
        gap=FoldGap(horizon_bars=data.draw(st.integers(1, 8))),
        lookback_bars=data.draw(st.integers(1, 8)),
        n_groups=n_groups,
        n_tested=data.draw(st.integers(1, n_groups - 1)),
        validation_length=validation,
    )
    n_sessions = per_group * n_groups
    try:
        combinatorial_splits(dates_of([3] * n_sessions), own)
    except DataError as error:
        missing = int(str(error).split(" by: ")[1].split()[0])
    else:
        return
    assert len(combinatorial_splits(dates_of([3] * (n_sessions + missing)), own)) == own.n_splits
