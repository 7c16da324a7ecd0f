"""Microstructure features against numbers worked out by hand."""

import math

import numpy as np
import pytest

from data.feature_set import FeatureSet
from tests.helpers.bars import make_bars

UP = (100.0, 102.0, 100.0, 102.0)
DOWN = (102.0, 102.0, 100.0, 100.0)
BOUNCES = [UP, DOWN] * 26
"""Closes that go back and forth by two points, at the high and at the low of two-point bars."""


def values_of(name, rows, volumes=5.0):
    frame = make_bars(rows).assign(volume=np.broadcast_to(volumes, len(rows)).astype(np.float64))
    return FeatureSet([name]).compute(frame)[:, 0]


def closing(closes):
    return [(close, close, close, close) for close in closes]


def test_roll_spread_of_a_bounce_is_the_bounce():
    """Neighbouring changes are 2 and -2, their covariance -4: 2 sqrt(4) = 4 points of ATR 2.

    49 products over 49 pairs, around a mean of 0.
    """
    values = values_of("roll_spread", BOUNCES)
    assert np.isnan(values[:50]).all()
    assert values[50:].tolist() == pytest.approx([2.0] * 2)


def test_roll_spread_of_a_drift_is_zero():
    rising = [(98.0 + 2 * i, 100.0 + 2 * i, 98.0 + 2 * i, 100.0 + 2 * i) for i in range(51)]
    assert values_of("roll_spread", rising)[50] == 0.0


def test_corwin_schultz_of_equal_ranges_takes_all_of_them_for_spread():
    """With x = ln(1.02): b = 2 x^2, g = x^2, so a = x (3.414214 - 2.414214) = x.

    The spread is 2 (1.02 - 1) / (1.02 + 1) = 0.0198020.
    """
    values = values_of("corwin_schultz", [(101.0, 102.0, 100.0, 101.0)] * 22)
    assert np.isnan(values[:20]).all()
    assert values[20:].tolist() == pytest.approx([4.0 / 2.02] * 2)


def test_corwin_schultz_takes_the_gap_between_bars_out():
    rows = [(101.0, 102.0, 100.0, 100.0)] * 20 + [(111.0, 112.0, 110.0, 111.0)]
    assert values_of("corwin_schultz", rows)[20] == pytest.approx(4.0 / 2.02)


def test_amihud_of_a_thinner_market_rises_against_its_usual():
    """Half the volume: the mean of 20 is 1.05 times, that of span 276 is 1 + 2 / 277 times."""
    rows = closing([100.0, 200.0] * 139)
    values = values_of("amihud", rows, [10.0] * 277 + [5.0])
    assert np.isnan(values[:276]).all()
    assert values[276:].tolist() == pytest.approx([1.0, 1.05 / (1.0 + 2.0 / 277.0)])


def test_kyle_lambda_of_a_bounce_is_a_range_per_bar_of_volume():
    """Changes of 2 on 5 signed contracts: 0.4 a contract, 2 points a bar of 5, an ATR of 2."""
    values = values_of("kyle_lambda", BOUNCES)
    assert np.isnan(values[:50]).all()
    assert values[50:].tolist() == pytest.approx([1.0] * 2)


def test_wicks_and_body_share_the_bar():
    rows = [(102.0, 110.0, 100.0, 104.0), (104.0, 110.0, 100.0, 102.0), (105.0,) * 4]
    assert values_of("upper_wick", rows).tolist() == pytest.approx([0.6, 0.6, 0.0])
    assert values_of("lower_wick", rows).tolist() == pytest.approx([0.2, 0.2, 0.0])
    assert values_of("body_share", rows).tolist() == pytest.approx([0.2, -0.2, 0.0])


def test_close_location_14_is_a_mean():
    rows = [(102.0, 104.0, 100.0, 104.0)] * 7 + [(102.0, 104.0, 100.0, 101.0)] * 7
    values = values_of("close_location_14", rows)
    assert np.isnan(values[:13]).all()
    assert values[13] == pytest.approx(0.25)  # 7 x 1 and 7 x -0.5


def test_signed_volume_takes_one_deviation_for_two_thirds_more_bought():
    """2 N(1) - 1 = 0.682689 of 30 is bought in a rise, the same share of 10 sold in a fall."""
    values = values_of("signed_volume", BOUNCES[:42], [30.0, 10.0] * 21)
    assert np.isnan(values[:39]).all()
    assert values[39:].tolist() == pytest.approx([0.682689492 * 20.0 / 40.0] * 3)


def test_tick_run_counts_and_an_unchanged_close_leaves_it():
    values = values_of("tick_run", closing([1.0, 2.0, 3.0, 3.0, 4.0, 2.0, 2.0, 1.0]))
    assert math.isnan(values[0])
    assert values[1:].tolist() == [1.0, 2.0, 2.0, 3.0, -1.0, -1.0, -2.0]


def test_zero_return_share_of_ten_unchanged_closes_in_fifty():
    values = values_of("zero_return_share", closing([float(i) for i in range(1, 42)] + [41.0] * 10))
    assert np.isnan(values[:50]).all()
    assert values[50] == pytest.approx(0.2)


def rolled(rows, gap):
    """Return bars of which the last is the first of a new contract, `gap` points higher."""
    return make_bars(rows).assign(roll_gap=[0.0] * (len(rows) - 1) + [gap])


def test_zero_return_share_sees_through_a_roll():
    frame = rolled(closing([100.0] * 50 + [110.0]), 10.0)
    assert FeatureSet(["zero_return_share"]).compute(frame)[50, 0] == 1.0


def test_corwin_schultz_sees_through_a_roll():
    """The last pair is two bars of 110 to 112: 2 x 2 / 222 in place of 2 x 2 / 202."""
    frame = rolled([(101.0, 102.0, 100.0, 101.0)] * 20 + [(111.0, 112.0, 110.0, 111.0)], 10.0)
    values = FeatureSet(["corwin_schultz"]).compute(frame)[:, 0]
    assert values[20] == pytest.approx((19.0 * 400.0 / 202.0 + 400.0 / 222.0) / 20.0)
