"""Feature values against numbers worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from data.feature_set import FeatureSet
from tests.helpers.feature_kit import walking_frame


def frame_of(rows, start="2024-03-07 15:00", freq="5min"):
    """Return bars from rows of open, high, low, close, volume."""
    stamps = pd.date_range(start, periods=len(rows), freq=freq, tz="UTC", name="timestamp")
    return pd.DataFrame(
        rows, index=stamps, columns=["open", "high", "low", "close", "volume"], dtype=np.float64
    )


def closes_of(closes):
    """Return bars that open, peak and trough at their close."""
    return frame_of([(close, close, close, close, 1.0) for close in closes])


def values_of(name, frame):
    return FeatureSet([name]).compute(frame)[:, 0]


def test_log_return_doubling_and_halving_is_ln_two():
    values = values_of("log_return", closes_of([100.0, 200.0, 100.0]))
    assert math.isnan(values[0])
    assert values[1:].tolist() == pytest.approx([0.6931471805599453, -0.6931471805599453])


def test_close_location_three_quarters_up_is_half():
    frame = frame_of([(2, 4, 0, 3, 1), (2, 4, 0, 4, 1), (2, 4, 0, 0, 1), (2, 2, 2, 2, 1)])
    assert values_of("close_location", frame).tolist() == [0.5, 1.0, -1.0, 0.0]


def test_roc_over_twelve_bars_is_percent_of_the_first():
    values = values_of("roc", closes_of([100.0] * 12 + [103.0, 99.0]))
    assert np.isnan(values[:12]).all()
    assert values[12:].tolist() == pytest.approx([3.0, -1.0])


def test_rsi_one_loss_among_thirteen_gains_is_weighted_by_age():
    """Thirteen gains of 1 average 1 - (13/14)^13 = 0.618424; one bar later, times 13/14, 0.574251.

    The loss of 1 weighs 1/14 = 0.071429: 0.574251 / (0.574251 + 0.071429) = 0.889374.
    """
    values = values_of("rsi", closes_of([100.0 + i for i in range(14)] + [112.0]))
    assert np.isnan(values[:13]).all()
    assert values[13] == 100.0
    assert values[14] == pytest.approx(88.937, abs=1e-3)


def test_atr_constant_range_is_that_range_in_percent():
    frame = frame_of([(200, 202, 198, 200, 1)] * 20 + [(200, 218, 200, 200, 1)])
    values = values_of("atr", frame)
    assert np.isnan(values[:13]).all()
    assert values[13:20].tolist() == [2.0] * 7
    assert values[20] == pytest.approx(2.5)  # (4 * 13 + 18) / 14 = 5 points of 200


def test_atr_gap_counts_into_the_true_range():
    frame = frame_of([(200, 202, 198, 200, 1)] * 14 + [(230, 232, 230, 200, 1)])
    assert values_of("atr", frame)[14] == pytest.approx(3.0)  # (4 * 13 + 32) / 14 = 6 of 200


def test_relative_volume_busy_bar_is_over_its_own_mean():
    frame = frame_of([(1, 1, 1, 1, 10)] * 19 + [(1, 1, 1, 1, 210)])
    assert values_of("relative_volume", frame)[19] == pytest.approx(10.5)  # mean (190 + 210) / 20


def test_stochastic_close_at_a_quarter_of_the_range():
    frame = frame_of([(110, 120, 100, 105, 1)] * 16)
    values = FeatureSet(["stochastic"]).compute(frame)
    assert np.isnan(values[:15]).all()
    assert values[15].tolist() == [25.0, 25.0]


def test_bollinger_lone_outlier_is_at_its_z_score():
    """Nineteen zeros' worth of 100 and one 120: mean 101, deviation sqrt(19), z = sqrt(19)."""
    values = values_of("bollinger", closes_of([100.0] * 19 + [120.0]))
    assert values[19] == pytest.approx(0.5 + 4.358898943540674 / 4)


def test_bollinger_width_is_four_deviations_of_the_mean():
    values = values_of("bollinger_width", closes_of([98.0, 102.0] * 10))
    assert values[19] == pytest.approx(8.0)


def test_volatility_of_alternating_returns_is_a_sample_deviation():
    values = values_of("volatility_20", closes_of([100.0, 200.0] * 10 + [100.0]))
    assert np.isnan(values[:20]).all()
    assert values[20] == pytest.approx(0.6931471805599453 * math.sqrt(20 / 19))


def test_adx_of_an_unbroken_rise_is_one_hundred():
    frame = frame_of([(100 + i, 101 + i, 99 + i, 100 + i, 1) for i in range(30)])
    values = values_of("adx", frame)
    assert np.isnan(values[:27]).all()
    assert values[27:].tolist() == [100.0] * 3


def test_vwap_distance_starts_anew_at_the_session_open():
    """13 quiet bars at 100, then a session that trades 1 at 103 and in its second bar 2 at 100."""
    quiet = [(100, 101, 99, 100, 5)] * 13
    opening = [(103, 104, 102, 103, 1), (100, 101, 99, 100, 2)]
    frame = frame_of(quiet + opening, start="2024-03-07 20:55")
    later = pd.date_range("2024-03-07 23:00", periods=2, freq="5min", tz="UTC")
    early = pd.date_range("2024-03-07 20:55", periods=13, freq="5min", tz="UTC")
    frame.index = early.append(later).rename("timestamp")
    values = values_of("vwap_distance", frame)
    assert values[13] == 0.0  # alone in its session, at its own average
    atr = (
        30.0 / 14.0 * 13.0 + 4.0
    ) / 14.0  # 13 ranges of 2, one of 4 (104 - 100), then 4 (103 - 99)
    assert values[14] == pytest.approx(-1.0 / atr)  # VWAP (103 + 2 * 100) / 3 = 101


def test_session_return_counts_from_the_first_open():
    frame = frame_of(
        [(100, 110, 100, 105, 1), (105, 130, 105, 125, 1)], "2024-03-07 21:55", "65min"
    )
    values = values_of("session_return", frame)
    assert values.tolist() == pytest.approx([math.log(1.05), math.log(125 / 105)])


def test_time_of_day_six_hours_into_the_session_is_a_quarter_turn():
    frame = frame_of([(1, 1, 1, 1, 1)] * 2, "2024-03-07 23:00", "6h")  # 17:00 and 23:00 Chicago
    values = FeatureSet(["time_sin", "time_cos"]).compute(frame)
    assert values[0] == pytest.approx([0.0, 1.0])
    assert values[1] == pytest.approx([1.0, 0.0], abs=1e-12)


def test_time_of_day_follows_the_clocks_of_chicago():
    winter = frame_of([(1, 1, 1, 1, 1)], "2024-03-07 14:30")  # 08:30 Chicago
    summer = frame_of([(1, 1, 1, 1, 1)], "2024-03-12 13:30")
    assert values_of("time_sin", winter)[0] == values_of("time_sin", summer)[0]


def test_window_features_do_not_depend_on_what_came_before_the_window():
    frame = walking_frame()
    names = [
        "volatility_20",
        "bollinger",
        "bollinger_width",
        "stochastic",
        "roc",
        "relative_volume",
    ]
    features = FeatureSet(names)
    late = features.compute(frame.iloc[200:])[features.warm_up :]
    assert late.tobytes() == features.compute(frame)[200 + features.warm_up :].tobytes()
