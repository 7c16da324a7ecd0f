"""Volume features against numbers worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from data.calendar import trade_dates
from data.feature_set import FeatureSet
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import flat_frame

RISING = [(98.0 + 2 * i, 100.0 + 2 * i, 98.0 + 2 * i, 100.0 + 2 * i) for i in range(20)]
"""Bars of two points that each close two points higher, at their high."""


def standing(price):
    return (price, price, price, price)


def values_of(name, rows, volumes):
    frame = make_bars(rows).assign(volume=np.asarray(volumes, dtype=np.float64))
    return FeatureSet([name]).compute(frame)[:, 0]


def test_cmf_weighs_the_close_location_by_volume():
    """19 bars of 10 that close half-way up (0.5), one of 190 at its low: (95 - 190) / 380."""
    rows = [(102.0, 104.0, 100.0, 103.0)] * 19 + [(102.0, 104.0, 100.0, 100.0)]
    values = values_of("cmf", rows, [10] * 19 + [190])
    assert np.isnan(values[:19]).all()
    assert values[19] == pytest.approx(-0.25)


def test_obv_change_unchanged_closes_add_nothing():
    """One rise on 100, one fall on 50, 18 unchanged closes on 10 each: (100 - 50) / 330."""
    rows = [standing(100.0)] + [standing(101.0)] + [standing(100.0)] * 19
    values = values_of("obv_change", rows, [10, 100, 50] + [10] * 18)
    assert np.isnan(values[:20]).all()
    assert values[20] == pytest.approx(50.0 / 330.0)


def test_vpt_change_is_a_mean_over_contracts():
    """Ten percent on 30 of 220 contracts."""
    rows = [standing(100.0)] + [standing(110.0)] * 20
    assert values_of("vpt_change", rows, [1, 30] + [10] * 19)[20] == pytest.approx(300.0 / 220.0)


def test_nvi_change_sees_only_bars_of_falling_volume():
    """The rise of a quarter comes on rising volume, the one of a tenth on falling volume."""
    rows = [standing(100.0)] * 19 + [standing(125.0), standing(137.5)]
    values = values_of("nvi_change", rows, [10] * 19 + [20, 5])
    assert values[20] == pytest.approx(100.0 * math.log(1.1))


def test_force_index_of_a_steady_rise_is_one_range_a_bar():
    values = values_of("force_index", RISING, [5] * 20)
    assert np.isnan(values[:13]).all()
    assert values[13:].tolist() == pytest.approx([1.0] * 7)


def test_ease_of_movement_counts_a_bar_without_volume_as_zero():
    """Each bar 2 x 2 / 5 = 0.8, times 5 contracts over 2 x 2 points: 1. With one of 14 bars empty

    13/14 of the eases and 13/14 of the mean volume remain.
    """
    busy = values_of("ease_of_movement", RISING, [5] * 20)
    assert np.isnan(busy[:14]).all()
    assert busy[14:].tolist() == pytest.approx([1.0] * 6)
    empty = values_of("ease_of_movement", RISING, [5] * 19 + [0])
    assert empty[19] == pytest.approx((13.0 / 14.0) ** 2)


def test_vwap_band_measures_in_deviations_weighted_by_volume():
    """1 at 100 and 3 at 104: mean 103, variance (9 + 3 x 1) / 4 = 3; the close is 1 above."""
    rows = [standing(100.0), standing(104.0)]
    assert values_of("vwap_band", rows, [1, 3]).tolist() == pytest.approx([0.0, 1 / math.sqrt(3.0)])


def next_day(rows, volumes):
    """Return bars of which the last opens a session of its own, 17:00 Chicago of the next day."""
    frame = make_bars(rows).assign(volume=np.asarray(volumes, dtype=np.float64))
    stamps = frame.index[:-1].append(pd.DatetimeIndex(["2024-01-02 23:00"], tz="UTC"))
    return frame.set_axis(stamps.rename("timestamp"), axis=0)


@pytest.mark.parametrize(
    ("name", "first_alone"),
    [("vwap_band", 0.0), ("ad_session", 0.0), ("up_volume_share", 0.5), ("vwap_slope", 0.0)],
)
def test_session_features_forget_the_session_before(name, first_alone):
    rows = [*RISING[:16], standing(120.0)]
    values = FeatureSet([name]).compute(next_day(rows, [5] * 17))[:, 0]
    assert values[15] > first_alone
    assert values[16] == first_alone


def test_vwap_slope_is_what_the_average_moved_in_ranges():
    """VWAP from 100 to (14 x 100 + 115) / 15 = 101; ATR14 (13 x 2 + 15) / 14 = 41 / 14."""
    rows = [(100.0, 101.0, 99.0, 100.0)] * 14 + [standing(115.0)]
    values = values_of("vwap_slope", rows, [1] * 15)
    assert values[13] == 0.0
    assert values[14] == pytest.approx(14.0 / 41.0)


def test_ad_session_accumulates_from_the_first_bar():
    rows = [(102.0, 104.0, 100.0, 103.0), (102.0, 104.0, 100.0, 100.0)]
    assert values_of("ad_session", rows, [10, 30]).tolist() == [0.5, -0.625]  # 5/10, -25/40


def test_up_volume_share_counts_half_of_a_bar_without_direction():
    rows = [(100.0, 101.0, 100.0, 101.0), (101.0, 101.0, 100.0, 100.0), standing(100.0)]
    assert values_of("up_volume_share", rows, [10, 20, 10]) == pytest.approx([1.0, 1 / 3, 0.375])


def test_volume_z_of_a_lone_trade_is_seven():
    """One of 50 values differs: it stands sqrt(49) deviations off, whatever its size."""
    values = values_of("volume_z", [standing(100.0)] * 50, [0] * 49 + [1])
    assert values[49] == pytest.approx(7.0)


def test_pvo_of_volume_that_starts_is_the_ratio_of_the_weights():
    """EMAs of one contract after none: 2/13 and 2/27; 100 (27 / 13 - 1) = 107.69."""
    values = values_of("pvo", [standing(100.0)] * 30, [0] * 29 + [1])
    assert values[28] == 0.0
    assert values[29] == pytest.approx(1400.0 / 13.0)


def by_session(volumes_per_session):
    """Return bars of one volume per session: 84 of the first from 09:00, then whole sessions."""
    frame = flat_frame(100.0, 0.0, 84 + 276 * (len(volumes_per_session) - 1))
    dates = trade_dates(pd.DatetimeIndex(frame.index))
    frame["volume"] = np.asarray(volumes_per_session)[pd.factorize(dates)[0]].astype(np.float64)
    return frame


def test_volume_by_time_compares_with_the_same_minutes_of_sessions_before():
    """In the evening there are two sessions before the last, by day the first one too."""
    values = FeatureSet(["volume_by_time"]).compute(by_session([10, 10, 30, 40]))[:, 0]
    assert np.isnan(values[:276]).all()
    assert set(values[276:360]) == {1.0}  # the second session by day: 10 over 10
    assert set(values[360:636]) == {3.0}
    assert set(values[636 : 636 + 192]) == {2.0}  # 17:00 to 09:00: 40 over the mean of 10 and 30
    assert values[636 + 192 :] == pytest.approx(2.4)  # 40 over the mean of 10, 10 and 30


def test_volume_by_time_keeps_ten_sessions():
    values = FeatureSet(["volume_by_time"]).compute(by_session([10, 1000] + [10] * 11))[:, 0]
    assert values[-277] == pytest.approx(10.0 / 109.0)  # by day 1000 is one of the last ten
    assert values[-1] == 1.0


def test_session_volume_by_time_compares_whole_sessions_only():
    values = FeatureSet(["session_volume_by_time"]).compute(by_session([99, 10, 30, 40]))[:, 0]
    assert np.isnan(values[:276]).all()
    assert set(values[276:360]) == {1.0}  # the first session began at 09:00 and is not kept
    assert set(values[360:636]) == {3.0}
    assert values[636:] == pytest.approx(2.0)


def test_session_volume_by_time_of_a_half_day_compares_the_same_minutes():
    """The last session stops after 100 bars: what it did not trade is not missing."""
    frame = by_session([10, 10, 20]).iloc[: 84 + 276 + 100]
    values = FeatureSet(["session_volume_by_time"]).compute(frame)[:, 0]
    assert set(values[-100:]) == {2.0}
