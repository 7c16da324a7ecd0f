"""Which evaluation is kept: numbers by hand."""

import numpy as np
import pytest

from models.selection import Selection, is_told_apart


def test_first_evaluation_is_kept():
    assert Selection().offer(np.array([-1.0, -2.0]))


def test_better_evaluation_is_kept():
    selection = Selection()
    selection.offer(np.array([1.0, 1.0]))
    assert selection.offer(np.array([1.0, 1.5]))
    assert selection.best_changes_usd.tolist() == [1.0, 1.5]


@pytest.mark.parametrize(
    ("worse", "is_kept"),
    [
        # differences 2, -1, 2, -1: sum 2, deviation 1.5, error 3
        ([8.0, 11.0, 8.0, 11.0], True),
        # differences 1, 0, 3, 1: sum 5, deviation sqrt(19) / 4, error 2.18, twice 4.36
        ([9.0, 10.0, 7.0, 9.0], False),
        # differences 2, 0, 2, 0: sum 4, deviation 1, error 2, twice 4
        ([8.0, 10.0, 8.0, 10.0], True),
    ],
)
def test_later_evaluation_is_kept_unless_it_is_told_from_the_best(worse, is_kept):
    selection = Selection()
    selection.offer(np.full(4, 10.0))
    assert selection.offer(np.array(worse)) is is_kept
    assert selection.best_changes_usd.tolist() == [10.0, 10.0, 10.0, 10.0]


def test_loss_does_not_take_the_place_of_never_trading_however_uncertain():
    selection = Selection()
    selection.offer(np.zeros(4))
    assert not selection.offer(np.array([-100.0, 99.0, -100.0, 99.0]))
    assert selection.offer(np.array([-99.0, 100.0, -99.0, 100.0]))


def test_smaller_loss_that_cannot_be_told_apart_takes_the_place_of_a_loss():
    selection = Selection()
    selection.offer(np.array([-1.0, 0.0]))
    assert selection.offer(np.array([0.0, -2.0]))


def test_equal_evaluations_are_not_told_apart():
    same = np.array([3.0, -1.0])
    assert not is_told_apart(same, same)


def test_never_trading_is_told_from_a_steady_loss():
    selection = Selection()
    selection.offer(np.zeros(100))
    assert not selection.offer(np.full(100, -1.0) + 0.1 * (-1.0) ** np.arange(100))
