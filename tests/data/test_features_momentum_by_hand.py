"""Momentum features against numbers worked out by hand."""

import numpy as np
import pytest

from data.feature_set import FeatureSet
from tests.helpers.bars import make_bars


def values_of(name, frame):
    return FeatureSet([name]).compute(frame)


def closes_of(closes):
    return make_bars([(close, close, close, close) for close in closes])


def ramp(n_bars=400):
    """Return bars that close 1 higher each, 2 below their high and 2 above their low: ranges of 4.

    Long enough for averages to have forgotten their beginning. An exponential average with span n
    lags (n - 1) / 2 behind such closes, and so does a mean of n.
    """
    closes = [1_000.0 + i for i in range(n_bars)]
    return make_bars([(close, close + 2, close - 2, close) for close in closes])


ON_A_RAMP = {
    "momentum_10": [2.5],  # 10 points of 4
    "macd_signal": [1.75],  # lags of 12.5 - 5.5 = 7 points
    "macd_histogram": [0.0],
    "awesome_oscillator": [3.625],  # lags of 16.5 - 2 = 14.5 points
    "tsi": [100.0],  # each change is its own size
    "ultimate_oscillator": [50.0],  # each closes 2 above its low, of 4
    "rsi_7": [100.0],
    "rsi_21": [100.0],
    "stoch_rsi": [0.5, 0.5, 0.5],  # an RSI that stands still at 100
    "mfi": [100.0],
}


@pytest.mark.parametrize("name", ON_A_RAMP)
def test_momentum_feature_on_a_ramp(name):
    assert values_of(name, ramp())[-1].tolist() == pytest.approx(ON_A_RAMP[name], abs=1e-9)


def test_roc_of_two_lengths_is_percent_of_the_earlier_close():
    frame = closes_of([100.0] * 34 + [110.0, 125.0, 120.0])
    assert values_of("roc_3", frame)[36, 0] == pytest.approx(20.0)
    assert values_of("roc_36", frame)[36, 0] == pytest.approx(20.0)
    assert np.isnan(values_of("roc_36", frame)[:36]).all()


def test_slow_stochastic_and_williams_close_at_a_quarter_of_the_range():
    frame = make_bars([(110, 120, 100, 105)] * 28)
    assert values_of("stochastic_slow", frame)[27].tolist() == [25.0, 25.0]
    assert values_of("williams_r", frame)[27, 0] == -75.0


def test_slow_stochastic_averages_five_and_again_five():
    """Fast %K is 0 but for a last 100: slow %K 100 / 5, slow %D 20 / 5."""
    frame = make_bars([(110, 120, 100, 100)] * 27 + [(110, 120, 100, 120)])
    assert values_of("stochastic_slow", frame)[27].tolist() == pytest.approx([20.0, 4.0])


def test_stoch_rsi_first_fall_after_a_rise_is_at_the_bottom():
    """Places of 0.5, no range, until the fall; k = (0.5 + 0.5 + 0) / 3, d = (0.5 + 0.5 + k) / 3."""
    frame = closes_of([100.0 + i for i in range(40)] + [120.0])
    assert values_of("stoch_rsi", frame)[40].tolist() == pytest.approx([0.0, 1 / 3, 4 / 9])


def test_cci_lone_outlier_is_at_its_bound():
    """Nineteen of 100 and one of 120: mean 101, departure (19 + 19) / 20 = 1.9; 19 / 0.0285."""
    values = values_of("cci", closes_of([100.0] * 19 + [120.0]))
    assert values[19, 0] == pytest.approx(666.6666667)


def test_mfi_weighs_moves_by_price_and_volume():
    """Seven rises to 200 with 3 contracts, seven falls to 100 with 2: 4,200 of 5,600."""
    frame = closes_of([100.0, 200.0] * 7 + [100.0])
    frame["volume"] = [2.0, 3.0] * 7 + [2.0]
    assert values_of("mfi", frame)[14, 0] == pytest.approx(75.0)


def test_ultimate_oscillator_of_closes_at_the_high_is_one_hundred():
    frame = make_bars([(98 + i, 100 + i, 96 + i, 100 + i) for i in range(29)])
    assert values_of("ultimate_oscillator", frame)[28, 0] == 100.0


def test_kst_one_jump_of_ten_percent_counts_in_all_four_means():
    """10 / 10 + 2 * 10 / 10 + 3 * 10 / 10 + 4 * 10 / 15, and a ninth of it."""
    values = values_of("kst", closes_of([100.0] * 52 + [110.0]))
    assert values[52].tolist() == pytest.approx([8.6666667, 0.9629630])


def test_trix_of_steady_growth_is_that_growth():
    values = values_of("trix", closes_of([100.0 * 1.01**i for i in range(400)]))
    assert values[-1, 0] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "value"), [("ppo", 0.0), ("kst", 0.0), ("trix", 0.0), ("mfi", 50)]
)
def test_feature_in_percent_of_a_negative_price_has_its_documented_value(name, value):
    frame = closes_of([-50.0 + 0.25 * (i % 7) for i in range(80)])
    assert (values_of(name, frame)[60:] == value).all()
