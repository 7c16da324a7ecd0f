"""Tests of hits: ratios worked out by hand, patterns that are found, chances that are fair."""

import numpy as np
import pytest

from models.forecast.dependence import (
    dynamic_quantile_statistic,
    hit_tests,
    independence_ratio,
    kupiec_ratio,
    thinned_rows,
)


def hits_of(text):
    """Return hits from e.g. "0010"."""
    return np.array([letter == "1" for letter in text])


def test_kupiec_ratio_by_hand():
    # 2 (10 ln .1 + 90 ln .9 - 10 ln .05 - 90 ln .95), of 10 hits in 100 rows at 5 %
    assert kupiec_ratio(hits_of("1" * 10 + "0" * 90), 0.05) == pytest.approx(4.13084, abs=1e-5)
    assert kupiec_ratio(hits_of("1" * 5 + "0" * 95), 0.05) == pytest.approx(0.0, abs=1e-12)
    # no hit at all: -2 x 100 ln .95
    assert kupiec_ratio(hits_of("0" * 100), 0.05) == pytest.approx(10.25866, abs=1e-5)


def test_independence_ratio_by_hand():
    # pairs: 00 four, 01 two, 10 two, 11 one; 1 hit in 3 after a clear row and after a hit
    assert independence_ratio(hits_of("0000100110")) == pytest.approx(0.0, abs=1e-12)
    # pairs of 0011110000: 00 four, 01 one, 11 three, 10 one:
    # 2 (4 ln .8 + ln .2 + 3 ln .75 + ln .25 - 4 ln(4/9) - 5 ln(5/9))
    assert independence_ratio(hits_of("0011110000")) == pytest.approx(2.86260, abs=1e-5)
    assert independence_ratio(hits_of("0000")) == 0.0


def test_dynamic_quantile_statistic_by_hand_without_lags():
    hits, forecasts = hits_of("11000000"), np.array([1.0, 1, 0, 0, 0, 0, 0, 0])
    # hits - .25 regressed on 1 and the forecast: .75 twice, -.25 six times: all is explained
    statistic, n_degrees = dynamic_quantile_statistic(hits, 0.25, forecasts, n_lags=0)
    assert n_degrees == 2
    assert statistic == pytest.approx((2 * 0.5625 + 6 * 0.0625) / 0.1875)


def test_dynamic_quantile_statistic_of_a_forecast_that_never_changes_has_a_degree_less():
    hits = np.random.default_rng(0).random(300) < 0.1
    assert dynamic_quantile_statistic(hits, 0.1, np.full(300, 0.01))[1] == 5
    assert dynamic_quantile_statistic(hits, 0.1, np.linspace(1, 2, 300))[1] == 6


def test_hit_tests_of_clustered_hits_reject_their_independence_alone():
    hits = hits_of(("1" * 10 + "0" * 90) * 10)
    found = hit_tests(hits, 0.1, np.arange(1000.0))
    assert (found.n_rows, found.n_hits) == (1_000, 100)
    assert found.kupiec == 1.0
    assert max(found.independence, found.christoffersen, found.dynamic_quantile) < 1e-10


def test_hit_tests_find_hits_that_the_forecast_foretells():
    generator = np.random.default_rng(4)
    forecasts = generator.normal(size=2_000)
    hits = generator.random(2_000) < np.where(forecasts > 0, 0.15, 0.05)
    found = hit_tests(hits, 0.1, forecasts)
    assert found.kupiec > 0.05 < found.independence
    assert found.dynamic_quantile < 1e-4


def test_hit_tests_of_fewer_than_five_expected_hits_are_absent():
    found = hit_tests(np.zeros(499, dtype=bool), 0.01, np.zeros(499))
    assert (found.n_rows, found.n_hits) == (499, 0)
    assert (found.kupiec, found.christoffersen, found.dynamic_quantile) == (None, None, None)
    assert hit_tests(np.zeros(500, dtype=bool), 0.01, np.zeros(500)).kupiec < 0.01


def test_hit_tests_of_honest_hits_reject_about_one_in_twenty():
    generator = np.random.default_rng(7)
    found = [
        hit_tests(generator.random(1_500) < 0.1, 0.1, generator.normal(size=1_500))
        for _ in range(600)
    ]
    for name in ("kupiec", "independence", "christoffersen", "dynamic_quantile"):
        rejected = np.mean([getattr(each, name) < 0.05 for each in found])
        assert 0.025 < rejected < 0.08, name  # 600 draws of 5 %: .032 to .068


def test_thinned_rows_are_a_horizon_apart_whatever_is_left_out():
    is_scored = np.ones(10, dtype=bool)
    is_scored[[1, 3]] = False
    assert thinned_rows(is_scored, 3).tolist() == [0, 6, 9]
    assert thinned_rows(is_scored, 1).tolist() == [0, 2, 4, 5, 6, 7, 8, 9]
