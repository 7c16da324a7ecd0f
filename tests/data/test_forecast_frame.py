"""Forecasts in a frame of bars: selected apart from features, and refused where they could leak."""

import numpy as np
import pandas as pd
import pytest

from data.feature_frames import walking_frame
from data.feature_set import FeatureSet
from data.forecast_frame import forecast_values
from data.forecast_names import TRAINED_UNTIL
from data.forecast_store import with_forecasts
from data.preprocessor import Scaler
from tests.helpers.forecasts import make_store
from utils.errors import ArtifactError, ConfigError, DataError

BARS = walking_frame(120)
NAMES = ("forecast_h12_spread", "forecast_h3_q50")


@pytest.fixture(name="frame", scope="module")
def _frame(tmp_path_factory):
    path = tmp_path_factory.mktemp("stores") / "store"
    make_store(path, BARS, (40, 80, 120))
    return with_forecasts(BARS, path)


def moved(frame, row, minutes):
    """Return the frame with what was learnt for a row moved in time."""
    frame = frame.copy()
    place = frame.columns.get_loc(TRAINED_UNTIL)
    frame.iloc[row, place] = frame.iloc[row, place] + pd.Timedelta(minutes=minutes)
    return frame


def test_forecast_values_are_the_columns_in_the_order_asked_for(frame):
    values = forecast_values(frame, NAMES)

    assert values.shape == (120, 2)
    assert np.isnan(values[:40]).all()
    np.testing.assert_array_equal(values[40:, 1], frame["forecast_h3_q50"].to_numpy()[40:])


def test_forecast_values_learnt_exactly_the_longest_horizon_before_are_refused(frame):
    # Rows are five minutes apart; the store's longest horizon is 12 bars, an hour.
    row = 90
    until = frame[TRAINED_UNTIL].iloc[row]
    gap = (frame.index[row] - until) / pd.Timedelta("1min")

    forecast_values(moved(frame, row, gap - 65), NAMES)
    with pytest.raises(DataError) as caught:
        forecast_values(moved(frame, row, gap - 60), NAMES)

    assert frame.index[row].isoformat() in str(caught.value)
    assert "(1 of 80 rows)" in str(caught.value)


def test_forecast_values_of_a_short_horizon_keep_the_rule_of_the_longest_column(frame):
    row = 80
    late = moved(frame, row, 40)  # 25 minutes before it: enough for 3 bars, too late for 12

    with pytest.raises(DataError, match="more than h12"):
        forecast_values(late, ["forecast_h3_q50"])
    only_short = late[[name for name in late.columns if "_h12_" not in name]]
    forecast_values(only_short, ["forecast_h3_q50"])


def test_forecast_values_without_stamps_of_what_they_were_learnt_from_are_refused(frame):
    forged = frame.drop(columns=TRAINED_UNTIL)

    with pytest.raises(DataError, match="nobody knows what they were learnt from"):
        forecast_values(forged, NAMES)
    with pytest.raises(DataError, match="must hold stamps with a zone, was float64"):
        forecast_values(forged.assign(**{TRAINED_UNTIL: 0.0}), NAMES)
    with pytest.raises(DataError, match="train_end was unknown"):
        forecast_values(
            frame.assign(**{TRAINED_UNTIL: pd.DatetimeIndex([pd.NaT] * 120, tz="UTC")}), NAMES
        )


def test_forecast_values_with_a_hole_or_missing_are_refused_in_one_line(frame):
    hole = frame.copy()
    hole.iloc[100, hole.columns.get_loc(NAMES[0])] = np.nan

    with pytest.raises(DataError, match="`forecast_h12_spread` must be finite after its first"):
        forecast_values(hole, NAMES)
    with pytest.raises(DataError, match="did you mean `forecast_h12_spread`"):
        forecast_values(frame, ["forecast_h12_spred"])
    with pytest.raises(DataError, match="the bars have no forecasts"):
        forecast_values(BARS, NAMES)


def test_feature_set_has_forecasts_after_all_features(frame):
    features = FeatureSet(["rsi", "macd"], forecasts=NAMES)
    plain = FeatureSet(["rsi", "macd"])

    assert features.names == plain.names
    assert features.forecasts == NAMES
    assert features.columns == (*plain.columns, *NAMES)
    assert features.hash != plain.hash
    values = features.compute(frame)
    np.testing.assert_array_equal(values[:, : len(plain.columns)], plain.compute(BARS))
    np.testing.assert_array_equal(values[:, -2:], forecast_values(frame, NAMES))


def test_feature_set_stored_and_restored_keeps_forecasts_apart():
    features = FeatureSet(["rsi"], forecasts=NAMES)

    restored = FeatureSet.from_dict(features.to_dict())

    assert (restored.names, restored.forecasts) == (("rsi",), NAMES)
    assert restored.hash == features.hash


def test_feature_set_of_before_there_were_forecasts_is_restored_unchanged():
    stored = FeatureSet(["rsi"]).to_dict()

    assert [set(identity) for identity in stored["features"]] == [
        set(FeatureSet(["rsi"]).specs[0].identity())
    ]
    assert FeatureSet.from_dict(stored).forecasts == ()
    stored["features"].append({"name": "forecast:rsi"})
    with pytest.raises(ArtifactError, match="no column of forecasts"):
        FeatureSet.from_dict(stored)


def test_feature_set_with_a_forecast_among_the_features_is_refused(frame):
    with pytest.raises(ConfigError, match="give it in `forecast_columns`"):
        FeatureSet(["rsi", "forecast_h12_spread"], tuple(frame.columns))
    with pytest.raises(ConfigError, match="`rsi` is no column of forecasts"):
        FeatureSet(["rsi"], forecasts=["rsi"])
    with pytest.raises(ConfigError, match="is no column of forecasts"):
        FeatureSet(["rsi"], forecasts=[TRAINED_UNTIL])
    with pytest.raises(ConfigError, match="select each forecast column once"):
        FeatureSet(["rsi"], forecasts=NAMES * 2)
    with pytest.raises(ConfigError, match="must be a list of names"):
        FeatureSet(["rsi"], forecasts="forecast_h12_spread")


def test_scaler_fitted_on_train_rows_does_not_see_forecasts_of_later_ones(frame):
    features = FeatureSet(["rsi"], forecasts=NAMES)
    poisoned = frame.copy()
    poisoned.loc[poisoned.index[100:], list(NAMES)] *= 1_000.0

    fits = [
        Scaler.fit(features.compute(each)[:100], features.columns) for each in (frame, poisoned)
    ]

    assert fits[0] == fits[1]
    assert fits[0].columns[-2:] == NAMES
