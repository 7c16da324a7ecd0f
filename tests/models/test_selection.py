"""Which evaluation is kept: numbers by hand, and how often luck alone has one kept."""

import numpy as np
import pytest

from models.selection import LEAST_BARS, Selection, least_errors, standard_error


def _anything() -> Selection:
    return Selection(20, 1.0)


def test_first_evaluation_is_kept_where_anything_may_be():
    assert _anything().offer(np.array([-1.0, -2.0]))


def test_better_evaluation_is_kept():
    selection = _anything()
    selection.offer(np.array([1.0, 1.0]))
    assert selection.offer(np.array([1.0, 1.5]))
    assert selection.best.tolist() == [1.0, 1.5]


@pytest.mark.parametrize(
    ("worse", "is_kept"),
    [
        # differences 2, -1, 2, -1: sum 2, deviation sqrt(9 / 3), error 3.46
        ([8.0, 11.0, 8.0, 11.0], True),
        # differences 1, 1, 3, 1: sum 6, deviation 1, error 2, twice 4
        ([9.0, 9.0, 7.0, 9.0], False),
        # differences 2, 0, 2, 0: sum 4, deviation sqrt(4 / 3), error 2.31, twice 4.62
        ([8.0, 10.0, 8.0, 10.0], True),
    ],
)
def test_later_evaluation_is_kept_unless_it_is_told_from_the_best(worse, is_kept):
    selection = _anything()
    selection.offer(np.full(4, 10.0))
    assert selection.offer(np.array(worse)) is is_kept
    assert selection.best.tolist() == [10.0, 10.0, 10.0, 10.0]


def test_loss_does_not_take_the_place_of_never_trading_however_uncertain():
    selection = _anything()
    selection.offer(np.zeros(4))
    assert not selection.offer(np.array([-100.0, 99.0, -100.0, 99.0]))
    assert selection.offer(np.array([-99.0, 100.0, -99.0, 100.0]))


def test_never_trading_does_not_take_the_place_of_a_gain_however_uncertain():
    selection = _anything()
    selection.offer(np.array([100.0, -99.0, 100.0, -99.0]))
    assert not selection.offer(np.zeros(4))


def test_smaller_loss_that_cannot_be_told_apart_takes_the_place_of_a_loss():
    selection = _anything()
    selection.offer(np.array([-1.0, 0.0]))
    assert selection.offer(np.array([0.0, -2.0]))


def test_never_trading_is_told_from_a_steady_loss():
    selection = _anything()
    selection.offer(np.zeros(100))
    assert not selection.offer(np.full(100, -1.0) + 0.1 * (-1.0) ** np.arange(100))


def test_least_errors_are_those_of_a_share_of_the_chance():
    # one-sided: .05 beyond 1.645 deviations, .05 / 20 beyond 2.807 (tables of the normal)
    assert least_errors(1, 0.05) == pytest.approx(1.644854)
    assert least_errors(20, 0.05) == pytest.approx(2.807034)
    assert least_errors(20, 1e-6) == pytest.approx(5.326724)
    assert least_errors(20, 1.0) is None


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        # of 100: sum 30, deviation sqrt(91 / 99), error 9.59: 3.13 of them, more than 2.807
        ([1.0] * 13 + [-1.0] * 7, True),
        # sum 20, deviation sqrt(96 / 99), error 9.85: 2.03 of them
        ([1.0] * 6 + [-1.0] * 4, False),
        ([0.0], False),
        ([-1.0] * 13 + [1.0] * 7, False),
    ],
)
def test_evaluation_that_luck_explains_is_not_kept(changes, is_kept):
    selection = Selection(20, 0.05)
    assert selection.offer(np.resize(changes, LEAST_BARS)) is is_kept
    assert (selection.best is not None) is is_kept


def test_few_bars_tell_nothing_from_luck():
    gains = np.resize([1.0, 1.1], LEAST_BARS)
    assert not Selection(1, 0.05).offer(gains[1:])
    assert not Selection(1, 0.05).offer(np.array([7.0]))
    assert Selection(1, 0.05).offer(gains)


def test_best_is_chosen_among_what_luck_does_not_explain():
    selection = Selection(20, 0.05)
    assert not selection.offer(np.resize([100.0, -50.0, 90.0, -100.0], LEAST_BARS))
    assert selection.offer(np.resize([1.0, 1.1], LEAST_BARS))
    assert selection.best.sum() == pytest.approx(105.0)


def test_luck_alone_has_something_kept_no_more_often_than_it_may():
    random = np.random.default_rng(3)
    n_trainings, n_offers, kept = 1_000, 20, 0
    for _ in range(n_trainings):
        selection = Selection(n_offers, 0.05)
        kept += any(selection.offer(random.normal(size=200)) for _ in range(n_offers))
    # 50 are expected; five deviations of a binomial are 34
    assert 16 < kept < 84


def test_equal_evaluations_are_not_told_apart():
    selection = _anything()
    selection.offer(np.array([3.0, -1.0]))
    assert selection.offer(np.array([3.0, -1.0]))


def test_standard_error_is_that_of_the_sum():
    # deviation 2 among 4 values
    assert standard_error(np.array([1.0, 5.0, 3.0, 3.0])) == pytest.approx(2.0 * np.sqrt(8 / 3))
    assert standard_error(np.array([7.0])) == 0.0
