"""Columns that not every frame has: what they may hold, in a file and in a live bar."""

import numpy as np
import pandas as pd
import pytest

from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars
from tests.helpers.feature_kit import assert_same_bits, check_frame, walking_frame
from utils.errors import DataError

GAPS = ("roll_gap", "other_roll_gap")
OTHERS = ("other_close", "other_volume")


def with_value(name, value):
    """Return forty bars with a second market; one row of a column holds `value`."""
    frame = check_frame().iloc[:40].assign(roll_gap=0.0, other_roll_gap=0.0)
    frame.iloc[7, frame.columns.get_loc(name)] = value
    return frame


def test_feature_bars_of_a_frame_without_them_have_no_gaps_and_no_second_market():
    bars = feature_bars(walking_frame(3))
    assert [bars[name].tolist() for name in GAPS] == [[0.0] * 3] * 2
    assert all(np.isnan(bars[name]).all() for name in OTHERS)


@pytest.mark.parametrize("name", GAPS)
def test_feature_bars_refuse_a_gap_that_is_nan_as_a_joined_roll_list_leaves_it(name):
    frame = walking_frame(40)
    joined = frame.join(pd.Series([225.0], index=[frame.index[20]], name=name))
    with pytest.raises(DataError, match=rf"`{name}` .*39 of 40 rows .*15:00.*\(nan\)"):
        FeatureSet(["rsi"]).compute(joined)


@pytest.mark.parametrize("name", OTHERS)
def test_feature_bars_take_nan_where_the_second_market_is_absent(name):
    assert np.isnan(feature_bars(with_value(name, np.nan))[name][7])


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in (*GAPS, *OTHERS) for value in (np.inf, -np.inf)]
    + [("other_volume", -1.0)],
)
def test_feature_bars_and_stream_refuse_what_cannot_be(name, value):
    with pytest.raises(DataError, match=f"`{name}` of the bars must be finite.*1 of 40 rows"):
        feature_bars(with_value(name, value))
    bars = feature_bars(with_value(name, 1.0))
    stream = FeatureSet(["rsi"]).stream()
    stream.update(bars[0])
    snapshot = stream.snapshot()
    bars[name][7] = value
    with pytest.raises(DataError, match=f"`{name}` of a live bar must be finite"):
        stream.update(bars[7])
    assert stream.snapshot() == snapshot


@pytest.mark.parametrize("name", GAPS)
def test_stream_refuses_a_gap_that_is_nan(name):
    bars = feature_bars(with_value(name, 0.0))
    bars[name][7] = np.nan
    with pytest.raises(DataError, match=f"`{name}` of a live bar must be finite"):
        FeatureSet(["rsi"]).stream().revise(0, bars)


def test_stream_takes_bars_without_a_second_market():
    frame = walking_frame(40)
    features = FeatureSet(["rsi"])
    stream = features.stream()
    rows = np.array([stream.update(bar) for bar in feature_bars(frame)])
    assert_same_bits(rows, features.compute(frame))


@pytest.mark.parametrize("name", [*GAPS, *OTHERS])
def test_feature_bars_refuse_text(name):
    frame = walking_frame(3).assign(**{name: "none"})
    with pytest.raises(DataError, match=f"column `{name}` of the bars must hold numbers, was"):
        feature_bars(frame)
