"""Rounds: the number that is best for all held-out blocks together, and what is forecast then."""

import numpy as np

from models.signal_cross_fit import cross_fit, trained
from models.signal_task import held_out_folds
from tests.helpers.signals import LOOKBACK, linear_task

TASK = linear_task(1_000, noise=0.0)
FOLDS = held_out_folds(len(TASK.moves), LOOKBACK, 4)


class Counter:
    """Forecasts the moves, missing by its distance from a best number of rounds."""

    def __init__(self, is_free, best=3):
        self.is_free = is_free
        self.best = best
        self.n_rounds = 0

    def advance(self):
        self.n_rounds += 1

    def forecasts(self, start, stop):
        return TASK.moves[start:stop] + abs(self.n_rounds - self.best)


def test_cross_fit_finds_the_best_number_of_rounds_and_its_forecasts():
    found = cross_fit(TASK, FOLDS, Counter, max_rounds=10, patience=2)
    assert found.n_rounds == 3
    np.testing.assert_array_equal(found.held_out, TASK.moves)


def test_cross_fit_stops_when_its_patience_is_over():
    made = []

    def make(is_free):
        made.append(Counter(is_free))
        return made[-1]

    cross_fit(TASK, FOLDS, make, max_rounds=10, patience=2)
    assert [trainee.n_rounds for trainee in made] == [5] * 4


def test_cross_fit_takes_the_last_round_where_it_still_helps():
    found = cross_fit(TASK, FOLDS, lambda free: Counter(free, 50), max_rounds=7, patience=2)
    assert found.n_rounds == 7


def test_cross_fit_learns_from_labelled_windows_outside_the_gap_only():
    made = []

    def make(is_free):
        made.append(is_free)
        return Counter(is_free)

    cross_fit(TASK, FOLDS, make, max_rounds=1, patience=1)
    for fold, is_free in zip(FOLDS, made, strict=True):
        expected = TASK.has_label.copy()
        expected[fold.gap_start : fold.gap_stop] = False
        np.testing.assert_array_equal(is_free, expected)


def test_cross_fit_of_the_last_block_knows_nothing_of_the_others():
    found = cross_fit(TASK, FOLDS[-1:], Counter, max_rounds=4, patience=4)
    assert np.isnan(found.held_out[: FOLDS[-1].start]).all()


def test_trained_learns_from_all_labels_for_as_many_rounds():
    trainee = trained(Counter, TASK, 4)
    assert trainee.n_rounds == 4
    np.testing.assert_array_equal(trainee.is_free, TASK.has_label)
