"""What is said of forecasts: no more than seeds and days bear out."""

import numpy as np
import pytest

from backtest.resampling import Interval
from scripts.benchmarks.forecast_value_gain import Gain, days_interval, sign_chance

WIDE = Interval(low=-50.0, high=90.0, point=20.0)
ABOVE = Interval(low=5.0, high=90.0, point=20.0)
BELOW = Interval(low=-90.0, high=-5.0, point=-20.0)


@pytest.mark.parametrize(
    ("differences", "chance"),
    [
        ((0.1, 0.2, 0.3, 0.1, 0.5), 1 / 32),
        ((0.1, 0.2, 0.3, 0.1, -0.5), 6 / 32),
        ((-0.1, -0.2, -0.3, -0.1, -0.5), 1.0),
        ((0.0, 0.2, 0.3, 0.0, 0.5), 1 / 8),
        ((0.0, 0.0), 1.0),
    ],
)
def test_sign_chance_is_a_fair_coins_and_leaves_ties_out(differences, chance):
    assert sign_chance(differences) == pytest.approx(chance)


@pytest.mark.parametrize(
    ("differences", "days", "verdict"),
    [
        ((0.1, 0.2, 0.3, 0.1, 0.5), None, "significant gain"),
        ((0.1, 0.2, 0.3, 0.1, -0.01), None, "no significant gain"),
        ((0.1, 0.2, 0.3, 0.1, 0.5), WIDE, "no significant gain"),
        ((0.1, 0.2, 0.3, 0.1, 0.5), ABOVE, "significant gain"),
        ((0.1, 0.2, 0.3, 0.1, -0.01), ABOVE, "no significant gain"),
        ((-0.1, -0.2, -0.3, -0.1, -0.5), None, "significant loss"),
        ((-0.1, -0.2, -0.3, -0.1, -0.5), WIDE, "no significant gain"),
        ((-0.1, -0.2, -0.3, -0.1, -0.5), BELOW, "significant loss"),
        ((0.0,) * 5, Interval(low=0.0, high=0.0, point=0.0), "no significant gain"),
    ],
)
def test_verdict_is_no_more_than_both_tests_bear_out(differences, days, verdict):
    assert Gain(differences=differences, days=days).verdict == verdict


def test_days_are_of_the_seeds_mean_and_where_all_are_alike_their_sum_is_certain():
    found = days_interval([[3.0, 1.0] * 30, [5.0, 3.0] * 30], [[1.0, 1.0] * 30, [1.0, 1.0] * 30])
    assert found.point == pytest.approx(60 * 2.0)
    assert found.low < found.point < found.high
    steady = days_interval([[2.0] * 60], [[0.5] * 60])
    assert (steady.low, steady.point, steady.high) == pytest.approx((90.0, 90.0, 90.0))


def test_days_of_luck_alone_have_an_interval_on_both_sides_of_nothing():
    lucky = np.random.default_rng(1).normal(2.0, 100.0, size=(1, 100))
    found = days_interval(lucky, np.zeros((1, 100)))
    assert found.low < 0.0 < found.high
