"""Splitting rows by time."""

import pytest

from data.splits import Split, chronological_split, expanding_folds
from utils.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("n_rows", "test_fraction", "n_train"),
    [(10, 0.2, 8), (92_010, 0.2, 73_608), (100, 0.29, 71), (2, 0.5, 1), (10, 0.0, 10)],
)
def test_chronological_split_last_share_is_the_test(n_rows, test_fraction, n_train):
    expected = Split(train=slice(0, n_train), test=slice(n_train, n_rows))

    assert chronological_split(n_rows, test_fraction) == expected


@pytest.mark.parametrize("test_fraction", [-0.1, 1.0, float("nan")])
def test_chronological_split_fraction_out_of_bounds_is_refused(test_fraction):
    with pytest.raises(
        ConfigError, match=rf"^`test_fraction` must be in \[0, 1\), was {test_fraction}$"
    ):
        chronological_split(100, test_fraction)


@pytest.mark.parametrize(("n_rows", "test_fraction"), [(0, 0.0), (1, 0.2), (2, 0.2), (1, 0.9)])
def test_chronological_split_too_few_rows_are_refused(n_rows, test_fraction):
    with pytest.raises(DataError, match=rf"^too few bars \({n_rows}\) to hold back"):
        chronological_split(n_rows, test_fraction)


def test_expanding_folds_test_the_second_half_and_leave_the_embargo_out():
    # 100 rows, 3 folds: the tests cover rows 50..99, four rows before each are trained on by none
    assert expanding_folds(100, 3, 4) == (
        Split(train=slice(0, 46), test=slice(50, 66)),
        Split(train=slice(0, 62), test=slice(66, 82)),
        Split(train=slice(0, 78), test=slice(82, 100)),  # the last takes what is left over
    )


@pytest.mark.parametrize(("n_folds", "embargo_bars"), [(0, 0), (1, -1)])
def test_expanding_folds_counts_out_of_bounds_are_refused(n_folds, embargo_bars):
    with pytest.raises(ConfigError, match=f"were {n_folds} and {embargo_bars}$"):
        expanding_folds(100, n_folds, embargo_bars)


def test_expanding_folds_that_do_not_fit_say_how_many_bars_are_missing():
    with pytest.raises(DataError, match="need at least 554 bars, had 500: 54 are missing$"):
        expanding_folds(500, 3, 276)


def test_expanding_folds_smallest_test_block_has_a_decision_and_a_bar_to_trade_on():
    folds = expanding_folds(40, 10, 0)
    assert [fold.test.stop - fold.test.start for fold in folds] == [2] * 10
    with pytest.raises(
        DataError,
        match="11 folds of 2 test bars or more, .* need at least 44 .* 40: 4 are missing$",
    ):
        expanding_folds(40, 11, 0)
