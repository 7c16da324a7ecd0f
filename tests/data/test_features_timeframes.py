"""Features of larger bars: the same as on resampled bars, known when these are over and not before.

The reference runs the inner kernel over `resample_bars` and gives each row the last value whose bar
was over at the row's close.
"""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.calendar import calendar
from data.feature_set import FeatureSet
from data.indicators.averages import ema_distance_step
from data.indicators.bar import feature_bars
from data.indicators.frame_kernels import bar_change_step, bar_range_step
from data.indicators.momentum import rsi_step
from data.indicators.multi_timeframe import MULTI_TIMEFRAME_FEATURES
from data.indicators.session_levels import DAY_BARS
from data.resample import finished_buckets, merge_bars
from data.store import load_bars
from tests.helpers.bars import make_bars, real_data
from tests.helpers.feature_kit import assert_same_bits, walking_frame

CLOCK = calendar("equity_index")
FRAMES = {"15m": 15, "1h": 60}
INNER = {
    "rsi": (rsi_step, (14.0,), 4, 50.0),
    "ema_distance": (ema_distance_step, (20.0, 14.0), 4, 0.0),
    "change": (bar_change_step, (14.0,), 3, 0.0),
    "range": (bar_range_step, (14.0,), 3, 1.0),
}
SESSION_OPEN = "2024-03-07T23:00:00Z"
NS_PER_MINUTE = 60_000_000_000


def on_larger_bars(kind, larger):
    """Return what the inner kernel gives on each larger bar."""
    kernel, parameters, state_size, _ = INNER[kind]
    state, values = np.zeros(state_size), np.empty((len(larger), 1))
    for row, bar in enumerate(feature_bars(larger)):
        kernel(state, parameters, bar, values[row])
    return values[:, 0]


def as_of_the_close(frame, minutes, kind, bar_minutes):
    """Return the reference: the last larger bar's value that was known at each bar's close."""
    buckets = finished_buckets(frame.index, minutes, CLOCK, 60 * bar_minutes)
    values = on_larger_bars(kind, merge_bars(frame, buckets))
    closes = frame.index.as_unit("ns").asi8 + bar_minutes * NS_PER_MINUTE
    last = np.searchsorted(buckets.ends, closes, side="right") - 1
    known = np.where(last >= 0, values[np.maximum(last, 0)], np.nan)
    return np.where(np.isnan(known), INNER[kind][3], known)


def minute_bars(n_bars, start=SESSION_OPEN, step="1min", seed=5):
    rng = np.random.default_rng(seed)
    closes = 18_000.0 + 0.25 * np.cumsum(rng.integers(-8, 9, n_bars))
    return make_bars([(c - 0.25, c + 0.5, c - 1.0, c) for c in closes], start, step=step)


@pytest.mark.parametrize("kind", INNER)
@pytest.mark.parametrize("suffix", FRAMES)
@pytest.mark.parametrize("bar_minutes", [1, 5, 15])
def test_larger_bars_equal_resampled_ones_as_of_the_close(kind, suffix, bar_minutes):
    frame = minute_bars(1_320 // bar_minutes, step=f"{bar_minutes}min")
    features = FeatureSet([f"{kind}_{suffix}"])
    expected = as_of_the_close(frame, FRAMES[suffix], kind, bar_minutes)
    actual = features.compute(frame)[:, 0]
    assert_same_bits(actual[features.warm_up :], expected[features.warm_up :])


@pytest.mark.parametrize("kind", INNER)
@pytest.mark.parametrize("suffix", FRAMES)
def test_larger_bars_of_real_bars_equal_resampled_ones(kind, suffix):
    """But for the rows at which only a calendar knows that a half day is over."""
    frame = load_bars(real_data("NQ_5min.parquet"), get_instrument("NQ")).iloc[:40_000]
    features = FeatureSet([f"{kind}_{suffix}"])
    expected = as_of_the_close(frame, FRAMES[suffix], kind, 5)[features.warm_up :]
    differs = features.compute(frame)[features.warm_up :, 0] != expected
    rows = np.flatnonzero(differs) + features.warm_up
    stamps = frame.index[rows].tz_convert("America/Chicago")
    assert len(rows) <= 12
    assert all(is_last_of_its_session(frame.index, row) for row in rows), stamps


def is_last_of_its_session(index, row):
    return index[row + 1] - index[row] > pd.Timedelta(minutes=5)


@pytest.mark.parametrize("suffix", [*FRAMES, "1d"])
def test_larger_bars_change_only_when_one_of_them_is_over(suffix):
    frame = walking_frame(3_000)
    names = [f"{kind}_{suffix}" for kind in INNER]
    features = FeatureSet(names)
    values = features.compute(frame)[features.warm_up :]
    changed = np.flatnonzero((np.diff(values, axis=0) != 0.0).any(axis=1)) + features.warm_up + 1
    closes = frame.index[changed].tz_convert("America/Chicago") + pd.Timedelta(minutes=5)
    minutes = closes.hour * 60 + closes.minute
    assert len(changed) > 5
    assert set(minutes % FRAMES.get(suffix, 1_440)) == {0 if suffix in FRAMES else 16 * 60}


@pytest.mark.parametrize("name", ["change_15m", "range_1h"])
def test_larger_bar_does_not_show_its_last_but_one_bar(name):
    """A shock in the middle of a larger bar is not seen before that bar is over."""
    frame = minute_bars(276, step="5min")
    shocked = frame.copy()
    shocked.iloc[253:, :4] += 90.0  # 253 * 5 = 1,265 minutes: in [1,260, 1,275) and [1,260, 1,320)
    features = FeatureSet([name])
    same = features.compute(frame)[:, 0] == features.compute(shocked)[:, 0]
    first_seen = {"change_15m": 254, "range_1h": 263}[name]
    assert same[features.warm_up : first_seen].all()
    assert not same[first_seen]


def test_larger_bar_that_lacks_its_last_bar_is_over_when_the_next_opens():
    """The bar of 18:10 to 18:15 is missing: the 15-minute bar is known at 18:20, five minutes late,
    with what there was.
    """
    frame = minute_bars(276, step="5min")
    frame.iloc[250, 1:4] = [19_000.0, 17_000.0, 18_000.0]  # 1,250: the second of [1,245, 1,260)
    thin = frame.drop(frame.index[251])
    values = FeatureSet(["range_15m"]).compute(thin)[:, 0]
    assert values[250] == values[249]
    assert values[251] > 5.0  # the bar of 1,260, which opens in the next one


def test_one_odd_stamp_is_no_other_size_of_bars():
    features = FeatureSet(["rsi_15m"])
    frame = minute_bars(276 * 3, step="5min")
    odd = frame.copy()
    stamps = odd.index.to_list()
    stamps[100] += pd.Timedelta(minutes=2)
    odd.index = pd.DatetimeIndex(stamps, name=frame.index.name)
    same = features.compute(frame)[:, 0] == features.compute(odd)[:, 0]
    assert same[features.warm_up + 100 :].all()


def test_larger_bars_of_a_size_that_does_not_divide_go_by_their_open():
    """Ten-minute bars: those of 0 and 10 make the first quarter, that of 20 the second."""
    frame = minute_bars(120, step="10min")
    features = FeatureSet(["range_15m"])
    values = features.compute(frame)[features.warm_up :, 0]
    changes = np.flatnonzero(np.diff(values) != 0.0) + features.warm_up + 1
    assert set(changes % 3) == {1, 2}
    assert np.isfinite(values).all()


def test_larger_bars_of_bars_that_are_larger_still_are_these():
    """Bars of 30 minutes: each is its own 15-minute bar, once their size is known."""
    frame = minute_bars(200, step="30min")
    hours = frame[frame.index.hour != 21]
    features = FeatureSet(["rsi_15m", "rsi"])
    values = features.compute(hours)[features.warm_up :]
    np.testing.assert_array_equal(values[:, 0], values[:, 1])


def test_session_features_start_neutral_and_know_a_session_at_its_last_bar():
    frame = walking_frame(276 * 8)
    names = [name for name in MULTI_TIMEFRAME_FEATURES if name.endswith("_1d")]
    values = FeatureSet(names).compute(frame)
    assert np.isnan(values[:DAY_BARS]).all()
    assert values[DAY_BARS].tolist() == [50.0, 0.0, 0.0, 1.0]
    is_last = frame.index.tz_convert("America/Chicago").strftime("%H:%M") == "15:55"
    fifth = np.flatnonzero(is_last)[4]
    assert values[fifth - 1].tolist() == [50.0, 0.0, 0.0, 1.0]
    assert (values[fifth] != [50.0, 0.0, 0.0, 1.0]).all()


def test_session_change_and_range_by_hand():
    """Six sessions of range 4, each closing 2 above the last: true ranges 4, then 4 = 2 + 2."""
    rows = [(100.0 + 2 * day, 102.0 + 2 * day, 98.0 + 2 * day, 100.0 + 2 * day) for day in range(6)]
    frames = [
        make_bars([row] * 276, str(pd.Timestamp("2024-01-07T23:00Z") + pd.Timedelta(days=day)))
        for day, row in enumerate(rows[:5])
    ]
    values = FeatureSet(["change_1d", "range_1d"]).compute(pd.concat(frames))
    assert values[-1].tolist() == [0.5, 1.0]
