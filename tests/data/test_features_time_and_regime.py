"""Time, regime, change-point and session features against numbers worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from data.feature_set import FeatureSet
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import walking_frame


def at(chicago, names, n_bars=1):
    """Return features of flat bars, the first of which opens at a time in Chicago."""
    start = str(pd.Timestamp(chicago, tz="America/Chicago").tz_convert("UTC"))
    frame = make_bars([(10.0, 10.0, 10.0, 10.0)] * n_bars, start)
    return FeatureSet(list(names)).compute(frame)[-1].tolist()


CLOCK = (
    "minutes_since_open",
    "minutes_to_close",
    "session_progress",
    "rth_flag",
    "minutes_since_rth_open",
    "day_of_week",
)


@pytest.mark.parametrize(
    ("chicago", "values"),
    [
        # Sunday evening opens Monday's session
        ("2024-03-03 17:00", [0, 1_380, 0.0, 0, -390, 0]),
        # 5.5 hours before the regular open, 570 minutes into Wednesday's session
        ("2024-03-06 02:30", [570, 810, 570 / 1_380, 0, -360, 2]),
        ("2024-03-06 08:25", [925, 455, 925 / 1_380, 0, -5, 2]),
        ("2024-03-06 08:30", [930, 450, 930 / 1_380, 1, 0, 2]),
        ("2024-03-06 14:55", [1_315, 65, 1_315 / 1_380, 1, 385, 2]),
        ("2024-03-06 15:00", [1_320, 60, 1_320 / 1_380, 0, 390, 2]),
        ("2024-03-06 15:55", [1_375, 5, 1_375 / 1_380, 0, 390, 2]),
        # the daily break, where only other markets have bars
        ("2024-03-06 16:30", [1_410, 0, 1.0, 0, 390, 2]),
        # an evening after the clocks have changed
        ("2024-03-14 17:00", [0, 1_380, 0.0, 0, -390, 4]),
    ],
)
def test_clock_of_chicago(chicago, values):
    assert at(chicago, CLOCK) == pytest.approx(values)


def test_clock_does_not_know_half_days():
    """On the Friday after Thanksgiving the market closed at 12:15; the clock says 225 minutes."""
    assert at("2024-11-29 12:15", ["minutes_to_close"]) == [225.0]


def test_week_is_a_circle_of_five_sessions():
    """Tuesday's open is a fifth of the way: sin 72 and cos 72 degrees; Monday's is its start."""
    assert at("2024-03-03 17:00", ["week_sin", "week_cos"]) == pytest.approx([0.0, 1.0])
    assert at("2024-03-04 17:00", ["week_sin", "week_cos"]) == pytest.approx(
        [0.951056516, 0.309016994]
    )
    friday = at("2024-03-08 15:55", ["week_sin", "week_cos"])
    assert friday == pytest.approx([0.0, 1.0], abs=0.06)


def flat_bars(closes):
    return make_bars([(close, close, close, close) for close in closes])


def last_of(name, closes):
    return FeatureSet([name]).compute(flat_bars(closes))[-1]


def test_trend_strength_of_three_steps_up_and_one_down():
    """In 20 changes of 1, 15 up and 5 down: 10 of 20 steps; a line is 1."""
    changes = [1.0, 1.0, 1.0, -1.0] * 5
    assert last_of("trend_strength_20", 50.0 + np.cumsum([0.0, *changes])) == 0.5
    assert last_of("trend_strength_20", range(100, 121)) == 1.0


def test_choppiness_of_a_line_is_zero_and_of_a_pendulum_one_hundred():
    """A line covers 14 steps of 1 in a range of 14; a pendulum 14 of 10 in a range of 10."""
    assert last_of("choppiness_14", range(100, 115)) == pytest.approx(0.0)
    assert last_of("choppiness_14", [100.0, 110.0] * 8) == pytest.approx(100.0)


def test_volatility_regime_after_a_doubling():
    """For long 1 point a bar, then 2 for 12 bars: fast 2 - (11/13)^12 = 1.865292.

    Slow 2 - (275/277)^12 = 1.083283: difference over sum 0.265216.
    """
    closes = [100.0, 101.0] * 140 + [101.0 + 2.0 * (i % 2) - 2.0 for i in range(12)]
    assert abs(np.diff(closes)[-12:]).tolist() == [2.0] * 12
    assert last_of("volatility_regime", closes) == pytest.approx(0.265216, abs=1e-6)


def test_volatility_rank_after_more_movement_than_ever_is_one():
    closes = [100.0, 101.0] * 144 + [140.0]
    values = FeatureSet(["volatility_rank"]).compute(flat_bars(closes))
    assert np.isnan(values[:287]).all()
    assert values[287:, 0].tolist() == [0.5, 1.0]


def test_cusum_drift_adds_up_and_begins_anew_after_its_alarm():
    """Before, 1 point up and 1 down; then 2 points up each bar, which a slow average of sizes
    follows: the first is 2 usual sizes, so 2 - 0.5 = 1.5 of 8 are evidence.
    """
    quiet = [100.0, 101.0] * 51
    values = FeatureSet(["cusum_drift"]).compute(
        flat_bars(quiet + [101.0 + 2.0 * i for i in range(1, 12)])
    )[:, 0]
    before = values[101]
    assert before == pytest.approx(0.5 / 8.0)  # the last change, up: 1 - 0.5
    assert values[102] == pytest.approx((0.5 + 1.5) / 8.0)
    alarms = np.flatnonzero(values == 1.0)
    assert len(alarms) == 1
    assert 0.0 < values[alarms[0] + 1] < 0.25


def test_cusum_drift_falls_as_it_rises():
    frame = walking_frame()
    mirrored = frame.copy()
    mirrored["close"] = 36_000.0 - frame["close"]
    up = FeatureSet(["cusum_drift"]).compute(frame)[100:]
    down = FeatureSet(["cusum_drift"]).compute(mirrored)[100:]
    np.testing.assert_allclose(up, -down, atol=1e-9)


def test_cusum_volatility_one_shock_is_cut_at_four_usual_sizes():
    """Usual bars of 1 take 0.25 a bar off the evidence of more; a shock of 50 adds 4 - 1 - 0.25."""
    values = FeatureSet(["cusum_volatility"]).compute(flat_bars([100.0, 101.0] * 55 + [151.0]))
    assert values[-2, 0] == 0.0
    assert values[-1, 0] == pytest.approx(2.75 / 8.0)


def test_cusum_sees_a_change_of_volatility_within_an_hour():
    rng = np.random.default_rng(4)
    changes = np.concatenate([rng.normal(0.0, 1.0, 400), rng.normal(0.0, 3.0, 100)])
    values = FeatureSet(["cusum_volatility"]).compute(flat_bars(5_000.0 + np.cumsum(changes)))
    assert values[400:412].max() == 1.0
    calm = values[101:400, 0]
    assert (calm < 1.0).mean() > 0.98


def two_sessions(first, second):
    """Return bars of two sessions in a row, given as (open, high, low, close) at 17:00 on."""
    night = make_bars(first, "2024-01-01T23:00:00Z")
    day = make_bars(second, "2024-01-02T23:00:00Z")
    return pd.concat([night, day])


def test_previous_session_distances_are_in_true_ranges():
    """276 bars of range 2 around 100, one of them up to 120 and one down to 90; then 110."""
    first = [(100.0, 101.0, 99.0, 100.0)] * 276
    first[10], first[20] = (100.0, 120.0, 100.0, 100.0), (100.0, 100.0, 90.0, 100.0)
    frame = two_sessions(first, [(110.0, 111.0, 109.0, 110.0)])
    names = [f"previous_{level}_distance" for level in ("high", "low", "close")]
    values = FeatureSet(names).compute(frame)
    assert np.isnan(values[:276]).all()
    atr = 2.0 + (11.0 - 2.0) / 14.0  # long after the two wide bars, one of 111 - 100
    assert values[276] == pytest.approx([-10.0 / atr, 20.0 / atr, 10.0 / atr], rel=1e-6)


def test_previous_session_distances_are_zero_until_a_session_is_over():
    """One-minute bars: 276 of them end no session."""
    frame = make_bars([(100.0, 101.0, 99.0, 100.5)] * 300, step="1min")
    names = ["previous_high_distance", "session_range_ratio"]
    assert FeatureSet(names).compute(frame)[-1].tolist() == [0.0, 1.0]


def test_session_range_ratio_of_half_the_usual():
    frame = two_sessions(
        [(100.0, 104.0, 100.0, 100.0)] * 276,
        [(100.0, 101.0, 100.0, 100.0), (100.0, 100.0, 99.0, 100.0)],
    )
    values = FeatureSet(["session_range_ratio"]).compute(frame)[276:, 0]
    assert values.tolist() == [0.25, 0.5]


def test_overnight_position_follows_the_night_and_stays_with_it():
    """From 08:20 Chicago: two bars of the night with a range of 4, then the day goes beyond it."""
    rows = [(100.0, 102.0, 100.0, 101.0), (101.0, 102.0, 98.0, 99.0)]
    rows += [(99.0, 106.0, 99.0, 106.0), (106.0, 106.0, 50.0, 50.0)]
    frame = make_bars(rows, "2024-01-02T14:20:00Z")
    values = FeatureSet(["overnight_position"]).compute(frame)[:, 0]
    assert values.tolist() == [0.5, 0.25, 2.0, -2.0]


def test_overnight_position_without_a_night_is_the_middle():
    frame = make_bars([(100.0, 102.0, 100.0, 101.0)] * 3, "2024-01-02T14:30:00Z")
    assert FeatureSet(["overnight_position"]).compute(frame)[:, 0].tolist() == [0.5] * 3


def test_regime_features_do_not_change_what_is_past():
    """A regime that is found later does not rewrite the bars before: the whole point of online."""
    frame = walking_frame(600)
    names = ["volatility_regime", "volatility_rank", "cusum_drift", "cusum_volatility"]
    all_bars = FeatureSet(names).compute(frame)
    louder = frame.copy()
    louder.iloc[500:, :4] += 500.0 * np.sin(np.arange(100))[:, None]
    again = FeatureSet(names).compute(louder)
    assert again[:500].tobytes() == all_bars[:500].tobytes()
    assert math.isfinite(again[-1].sum())
