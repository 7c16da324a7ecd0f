"""Diebold and Mariano's test: by hand, its size and power, and what it cannot say."""

import numpy as np
import pytest

from models.forecast.diebold_mariano import diebold_mariano
from models.forecast.long_run import clustered_error, long_run_variance, newey_west_lags
from utils.errors import ConfigError, DataError

DAYS = np.arange(14)


def test_diebold_mariano_without_lags_is_students_t_by_hand():
    rival = np.tile([1.0, 3.0], 7)
    found = diebold_mariano(np.zeros(14), rival, DAYS, n_lags=0)
    # mean 2, deviation 1 (ddof 0): 2 sqrt(14) sqrt(13 / 14)
    assert found.t == pytest.approx(2.0 * 13**0.5)
    assert found.mean_difference == 2.0
    assert found.p_value < 1e-4
    assert diebold_mariano(rival, np.zeros(14), DAYS, n_lags=0).t == -found.t


def test_diebold_mariano_with_lags_by_hand():
    rival = np.tile([2.0, 2.0, 0.0, 0.0], 4)
    found = diebold_mariano(np.zeros(16), rival, np.arange(16), n_lags=1)
    # departures ++--...: squares 16, neighbours 8 - 7 = 1, weight 1/2: (16 + 1) / 16;
    # correction with 2 steps: (16 + 1 - 4 + 2 / 16) / 16
    assert found.t == pytest.approx(1.0 / (1.0625 / 16) ** 0.5 * (13.125 / 16) ** 0.5)
    assert found.n_lags == 1


def test_diebold_mariano_weighs_days_alike_and_leaves_unknown_rows_out():
    days = np.repeat(np.arange(14), 3)
    losses = np.zeros(42)
    rival = np.repeat(np.tile([1.0, 3.0], 7), 3)
    losses[0], rival[0] = np.nan, 77.0
    rival[4] = np.inf
    found = diebold_mariano(losses, rival, days, n_lags=0)
    assert (found.mean_difference, found.n_days) == (2.0, 14)
    assert found.t == pytest.approx(2.0 * 13**0.5)


@pytest.mark.parametrize(
    ("n_days", "rival", "reason"),
    [
        (11, np.arange(11.0), "needs >= 12 days, was 11 days"),
        (0, np.empty(0), "needs >= 12 days, was 0 days"),
        (14, np.zeros(14), "the losses differ by the same on every day"),
        (14, np.full(14, 0.1), "the losses differ by the same on every day"),
    ],
)
def test_diebold_mariano_that_cannot_be_made_says_why(n_days, rival, reason):
    found = diebold_mariano(np.zeros(n_days), rival, np.arange(n_days))
    assert (found.t, found.p_value, found.reason) == (None, None, reason)


def test_diebold_mariano_refuses_what_does_not_fit_in_one_line():
    with pytest.raises(ConfigError, match="`n_lags` must be >= 0, was -1"):
        diebold_mariano(np.zeros(14), np.ones(14), DAYS, n_lags=-1)
    with pytest.raises(DataError, match=r"were \(14,\), \(13,\) and \(14,\)"):
        diebold_mariano(np.zeros(14), np.ones(13), DAYS)


def test_diebold_mariano_of_equal_forecasters_rejects_about_one_in_twenty():
    generator = np.random.default_rng(0)
    p_values = [
        diebold_mariano(np.zeros(200), generator.standard_t(5, 200), np.arange(200)).p_value
        for _ in range(1_500)
    ]
    assert 0.035 < np.mean(np.array(p_values) < 0.05) < 0.065


def test_diebold_mariano_of_days_that_hang_together_is_less_sure_than_without_lags():
    generator = np.random.default_rng(1)
    shocks = generator.normal(size=(400, 204))
    together = sum(shocks[:, 4 - lag : 204 - lag] for lag in range(5))
    zeros, days = np.zeros(200), np.arange(200)
    rejected = {
        lags: np.mean([diebold_mariano(zeros, row, days, lags).p_value < 0.05 for row in together])
        for lags in (0, 15)
    }
    assert rejected[0] > 0.25
    assert rejected[15] < 0.12


def test_newey_west_lags_are_the_rule_of_thumb_within_the_record():
    assert [newey_west_lags(n) for n in (1, 3, 12, 100, 320)] == [0, 1, 2, 4, 5]


def test_long_run_variance_of_values_in_turn_by_hand():
    # departures +1 -1 +1 -1: squares 4, neighbours -3, weight 1/2: 4 - 3
    assert long_run_variance(np.array([3.0, 1.0, 3.0, 1.0]), 0) == 1.0
    assert long_run_variance(np.array([3.0, 1.0, 3.0, 1.0]), 1) == 0.25


def test_clustered_error_by_hand():
    # +1 -1 over 12 days in turn, 2 lags: squares 12, neighbours -11 and 10, weights 2/3 and 1/3:
    # 12 - 44/3 + 20/3 = 4; times 12/11, over 12 x 12
    by_day = np.tile([1.0, -1.0], 6)
    assert clustered_error(by_day, np.arange(12)) == pytest.approx((4 / 11 / 12) ** 0.5)


def test_clustered_error_of_rows_that_repeat_is_that_of_the_days():
    by_day = np.random.default_rng(2).normal(size=50)
    by_day -= by_day.mean()
    once = clustered_error(by_day, np.arange(50))
    often = clustered_error(np.repeat(by_day, 20), np.repeat(np.arange(50), 20))
    assert often == pytest.approx(once)
    assert np.isnan(clustered_error(by_day[:11], np.arange(11)))
