"""Trend features against numbers worked out by hand."""

import numpy as np
import pytest

from data.feature_set import FeatureSet
from tests.helpers.bars import make_bars


def values_of(name, frame):
    return FeatureSet([name]).compute(frame)


def closes_of(closes):
    return make_bars([(close, close, close, close) for close in closes])


def ramp(n_bars=4_000):
    """Return bars that close 1 higher each, 2 below their high and 2 above their low: ranges of 4.

    Long enough for averages to have forgotten their beginning. An exponential average with span n
    lags (n - 1) / 2 behind such closes, and so does a mean of n; a weighted one (n - 1) / 3.
    """
    closes = [1_000.0 + i for i in range(n_bars)]
    return make_bars([(close, close + 2, close - 2, close) for close in closes])


ON_A_RAMP = {
    "sma_distance_10": [1.125],  # a lag of 4.5 points, of 4
    "sma_distance_20": [2.375],
    "sma_distance_50": [6.125],
    "wma_distance_10": [0.75],
    "wma_distance_30": [2.4166667],
    "ema_distance_10": [1.125],
    "ema_distance_20": [2.375],
    "ema_distance_50": [6.125],
    "ema_distance_200": [24.875],
    "ema_cross_20_50": [3.75],
    "ema_cross_50_200": [18.75],
    "kama_distance": [0.3125],  # weight (2/3)^2 = 4/9 lags (1 - 4/9) / (4/9) = 1.25 points
    "directional_indicators": [25.0, 0.0],  # rises of 1 of 4
    "vortex": [1.25, 0.75],  # 5 up and 3 down of 4
    "aroon": [100.0, 0.0],
    "aroon_oscillator": [100.0],
    "mass_index": [25.0],  # ranges that do not change
    "dpo": [-0.375],  # 11 points back, the mean 9.5 back
    "linreg_slope": [0.25],
    "linreg_r2": [1.0],
    "ichimoku_lines": [1.0, 3.125],  # midpoints lag (9 - 1) / 2 and (26 - 1) / 2 points
    "ichimoku_cloud": [8.5625, 12.875],  # 26 bars on top of lags of (4 + 12.5) / 2 and 25.5
    "psar_distance": [1.0],  # held behind the low two bars ago, which is 4 below this close
    "psar_side": [1.0],
    "supertrend_distance": [3.0],
    "supertrend_side": [1.0],
}


@pytest.mark.parametrize("name", ON_A_RAMP)
def test_trend_feature_on_a_ramp(name):
    assert values_of(name, ramp())[-1].tolist() == pytest.approx(ON_A_RAMP[name], abs=1e-7)


def test_regression_line_through_a_step():
    """Ten closes of 100, ten of 101: squares of time 665, of price 5, products 50."""
    frame = make_bars([(c, c + 2, c - 2, c) for c in [100.0] * 10 + [101.0] * 10])
    assert values_of("linreg_r2", frame)[19, 0] == pytest.approx(0.7518797)  # 50^2 / (665 * 5)
    assert values_of("linreg_slope", frame)[19, 0] == pytest.approx(0.0187970)  # 50 / 665 / 4


def test_aroon_of_equal_extremes_takes_the_oldest():
    """A low ten bars ago is 15 of 25 young; all highs are equal, so the oldest counts."""
    rows = [(100, 102, 98, 100)] * 15 + [(100, 102, 90, 100)] + [(100, 102, 98, 100)] * 10
    assert values_of("aroon", make_bars(rows))[25].tolist() == [0.0, 60.0]
    assert values_of("aroon_oscillator", make_bars(rows))[25, 0] == -60.0


def test_parabolic_stop_turns_where_the_low_crosses_it():
    """Stops: none, 10.5, then 10.49 held behind the low of 9; 9 + 0.04 * 3 = 9.12; then 9.12 +
    0.06 * 3.88 = 9.3528, which the low of 9 crosses."""
    rows = [(9, 10, 9, 9.5), (10, 11, 10, 10.5), (11, 12, 11, 12), (12, 13, 12, 13), (13, 13, 9, 9)]
    values = values_of("psar_side", make_bars(rows))
    assert np.isnan(values[:2]).all()
    assert values[2:, 0].tolist() == [1.0, 1.0, -1.0]


def test_parabolic_stop_on_turning_is_the_old_extreme():
    """14 bars of range 4, then a fall below the stop: the stop is the highest high, 102."""
    frame = make_bars([(100, 102, 98, 100)] * 14 + [(100, 100, 84, 88)])
    values = values_of("psar_distance", frame)
    atr = (4.0 * 13 + 16.0) / 14.0
    assert values[14, 0] == pytest.approx((88.0 - 102.0) / atr)


def test_supertrend_turns_below_the_lower_band_and_follows_the_upper_one():
    """Ten ranges of 4 about 100: bands 88 and 112. The fall has range 20: ATR (36 + 20) / 10 = 5.6,
    bands 90 -+ 16.8, of which only the upper one closes in: 88 and 106.8."""
    frame = make_bars([(100, 102, 98, 100)] * 10 + [(100, 100, 80, 82)])
    distances = values_of("supertrend_distance", frame)
    assert np.isnan(distances[:9]).all()
    assert distances[9:, 0].tolist() == pytest.approx([3.0, -4.4285714])  # (82 - 106.8) / 5.6
    assert values_of("supertrend_side", frame)[9:, 0].tolist() == [1.0, -1.0]


def test_cloud_does_not_know_the_last_26_bars():
    """A jump of 50 points now moves price, not the cloud over it."""
    quiet = [(100, 102, 98, 100)] * 78
    jump = [(100, 152, 98, 150)]
    values = values_of("ichimoku_cloud", make_bars(quiet + jump))
    atr = (4.0 * 13 + 54.0) / 14.0
    assert values[77].tolist() == [0.0, 0.0]
    assert values[78].tolist() == pytest.approx([50.0 / atr, 50.0 / atr])


def test_trend_cycle_of_a_fall_that_turns_into_a_rise_goes_from_bottom_to_top():
    values = values_of("stc", closes_of([1_000.0 + 0.01 * (i - 120) ** 2 for i in range(200)]))
    assert values[-1, 0] == pytest.approx(100.0, abs=1e-3)


def test_trend_cycle_that_never_turned_is_in_the_middle():
    values = values_of("stc", closes_of([1_000.0 + 0.01 * i**2 for i in range(200)]))
    assert (values[71:] == 50.0).all()


def test_trend_cycle_keeps_its_place_where_nothing_moves_any_more():
    frame = closes_of([1_000.0 + 0.01 * i**2 for i in range(200)] + [1_400.0] * 4_000)
    values = values_of("stc", frame)[71:, 0]
    assert (values >= 0.0).all()
    assert (values <= 100.0).all()
    assert values[-1] == values[-2]


def test_mass_index_where_ranges_double_for_good_returns_to_its_length():
    rows = [(100, 102, 98, 100)] * 60 + [(100, 104, 96, 100)] * 200
    values = values_of("mass_index", make_bars(rows))[:, 0]
    assert values[59] == 25.0
    assert values[62] > 25.5
    assert values[-1] == pytest.approx(25.0)
