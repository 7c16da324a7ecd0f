"""From settings to rows, by hand on sessions of three bars."""

import pytest

from config.settings import FoldSettings, checked
from data.planned_folds import check_fold_settings, planned_folds
from tests.helpers.folds import bounds, dates_of
from utils.errors import ConfigError, DataError

TWELVE = dates_of([3] * 12)


def folds_of(share=0.0, dates=TWELVE, **values):
    settings = checked(FoldSettings, values, "test")
    return planned_folds(dates, settings, lookback_bars=2, validation_share=share)


def table(folds):
    """Return the rows that are learnt from, that choose, and that are tested."""
    return [
        (
            bounds(fold.train),
            None if fold.validation is None else bounds(fold.validation),
            [bounds(test) for test in fold.tests],
        )
        for fold in folds
    ]


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        # six sessions train, a purge of 2 bars and the embargo cost two, four are tested
        ({"n_folds": 1}, [((0, 18), None, [(24, 36)])]),
        (
            {"kind": "rolling", "n_folds": 2},
            [((0, 18), None, [(24, 30)]), ((6, 24), None, [(30, 36)])],
        ),
        # neither number nor length: three folds
        (
            {},
            [
                ((0, 18), None, [(24, 27)]),
                ((0, 21), None, [(27, 30)]),
                ((0, 24), None, [(30, 36)]),
            ],
        ),
        # as many as a length of four makes
        (
            {"train_length": 2, "test_length": 4},
            [((0, 6), None, [(12, 24)]), ((0, 18), None, [(24, 36)])],
        ),
        # one session chooses, one is purged before it
        ({"n_folds": 1, "validation_length": 1}, [((0, 12), (15, 18), [(24, 36)])]),
        ({"n_folds": 1, "kind": "anchored", "anchor": 6}, [((6, 21), None, [(27, 36)])]),
        # in bars no session has to stay whole: 2 bars of purge, one session of embargo
        (
            {"unit": "bars", "train_length": 10, "test_length": 6, "n_folds": 1},
            [((0, 10), None, [(15, 21)])],
        ),
    ],
)
def test_walk_forward_folds_lie_where_they_were_asked_for(values, rows):
    assert table(folds_of(**values)) == rows


def test_validation_share_is_of_the_first_training_and_at_least_one_unit():
    assert [bounds(fold.validation) for fold in folds_of(share=0.4, n_folds=1)] == [(12, 18)]
    assert [bounds(fold.validation) for fold in folds_of(share=0.01, n_folds=1)] == [(15, 18)]
    own = folds_of(share=0.34, n_folds=1, validation_length=0)
    assert own[0].validation is None
    assert [fold.n_purged for fold in folds_of(share=0.01, n_folds=1)] == [3]


def test_combinatorial_split_trains_on_its_longest_run_alone():
    # groups of three sessions, 0-9, 9-18, 18-27, 27-36; beside a tested one two sessions are left
    # out before it, and after it the embargo, then 2 bars of purge and 2 of lookback
    splits = folds_of(combinatorial=True, n_groups=4, n_tested=1)
    assert [split.groups for split in splits] == [(0,), (1,), (2,), (3,)]
    assert table(splits) == [
        ((18, 36), None, [(0, 9)]),
        ((27, 36), None, [(9, 18)]),
        ((0, 12), None, [(18, 27)]),
        ((0, 21), None, [(27, 36)]),
    ]


def test_combinatorial_split_validates_at_the_end_of_the_run_it_trains_on():
    splits = folds_of(combinatorial=True, n_groups=4, n_tested=1, validation_length=1)
    assert [(bounds(split.train), bounds(split.validation)) for split in splits] == [
        ((18, 30), (33, 36)),
        ((27, 30), (33, 36)),
        ((0, 6), (9, 12)),
        ((0, 15), (18, 21)),
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"purge_bars": 3, "horizon_bars": 5},
            "`purge_bars` must be >= the label horizon .5., was 3",
        ),
        ({"embargo": 0}, "`embargo` must be >= one session, was 0 sessions"),
        ({"anchor": 3}, "`anchor` is for anchored folds"),
        ({"combinatorial": True, "anchor": 3}, "`anchor` is for walk-forward folds"),
        ({"combinatorial": True, "test_length": 3}, "`test_length` is for walk-forward folds"),
        ({"combinatorial": True, "n_groups": 2, "n_tested": 2}, "`n_tested` must be >= 1 and <"),
        ({"step": 3}, "`step` goes with `test_length`"),
    ],
)
def test_contradictions_are_named_before_any_bar_is_read(values, message):
    with pytest.raises(ConfigError, match=message):
        check_fold_settings(checked(FoldSettings, values, "test"))


def test_embargo_in_bars_is_held_against_the_longest_session():
    with pytest.raises(ConfigError, match=r"one session \(3 bars, the longest .* was 2 bars"):
        folds_of(embargo=2, embargo_unit="bars")


def test_folds_that_do_not_fit_say_how_many_sessions_are_missing():
    with pytest.raises(DataError, match=r"at least 24 sessions are needed .*: 12 are missing"):
        folds_of(train_length=10, test_length=4, n_folds=3)
