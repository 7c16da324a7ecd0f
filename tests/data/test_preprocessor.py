"""Scalers: nominal constants, constants fitted on training rows only, storage."""

import json

import numpy as np
import pytest

from data.feature_set import FeatureSet
from data.features import FEATURES
from data.preprocessor import Scaler
from tests.helpers.feature_kit import check_frame, walking_frame
from utils.errors import ArtifactError, ConfigError, DataError

NAN = float("nan")


def test_scaler_nominal_takes_constants_of_the_table_and_leaves_external_columns():
    features = FeatureSet(["rsi", "stochastic", "mine"], frame_columns=["mine"])
    scaler = Scaler.nominal(features)
    assert scaler.columns == ("rsi", "stochastic_k", "stochastic_d", "mine")
    assert scaler.centre == (50.0, 50.0, 50.0, 0.0)
    assert scaler.spread == (12.0, 30.0, 30.0, 1.0)
    assert scaler.transform(np.array([74.0, 20.0, 80.0, 3.5])).tolist() == [2.0, -1.0, 1.0, 3.5]


def test_scaler_nominal_brings_every_feature_of_real_like_bars_into_reach():
    features = FeatureSet(tuple(FEATURES))
    values = features.compute(check_frame(features.warm_up))[features.warm_up :]
    scaled = Scaler.nominal(features).transform(values)
    assert np.isfinite(scaled).all()
    assert (np.abs(scaled) <= 5.0).all()


def test_scaler_fit_standardises_by_hand():
    rows = np.array([[NAN, 7.0], [1.0, 7.0], [3.0, 7.0]])
    scaler = Scaler.fit(rows, ["a", "b"])
    assert scaler.centre == (2.0, 7.0)
    assert scaler.spread == (1.0, 1.0)  # b never varies: its spread is 1, not 0
    scaled = scaler.transform(rows)
    assert scaled.dtype == np.float32
    assert np.isnan(scaled[0, 0])
    assert scaled[1:].tolist() == [[-1.0, 0.0], [1.0, 0.0]]


def test_scaler_fit_on_train_rows_knows_nothing_of_test_rows():
    """Test rows stand far off: fitted on all rows, the training rows would not centre on 0."""
    train = FeatureSet(["rsi", "roc"]).compute(walking_frame())
    test = train[50:] + 1_000.0
    scaler = Scaler.fit(train, ["rsi", "roc"])
    scaled = scaler.transform(train[13:])
    assert np.allclose(scaled.mean(axis=0), 0.0, atol=1e-5)
    assert np.allclose(scaled.std(axis=0), 1.0, atol=1e-5)
    assert (scaler.transform(test) == 5.0).all()
    assert scaler != Scaler.fit(np.vstack([train, test]), ["rsi", "roc"])


def test_scaler_transform_clips_and_keeps_shape():
    scaler = Scaler(columns=("a",), centre=(0.0,), spread=(1.0,), clip=2.0, kind="standard")
    scaled = scaler.transform(np.array([[9.0], [-9.0], [0.5], [NAN]]))
    assert scaled.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(scaled[:, 0], np.array([2.0, -2.0, 0.5, NAN], dtype=np.float32))


def test_scaler_fit_without_complete_rows_is_refused():
    with pytest.raises(DataError, match="none of 2 rows has all features"):
        Scaler.fit(np.array([[NAN, 1.0], [1.0, NAN]]), ["a", "b"])


@pytest.mark.parametrize("values", [[1e200, -1e200], [1.5e308, 1.5e308], [1e308, -1e308]])
def test_scaler_fit_values_too_large_to_square_are_refused_naming_the_column(values):
    rows = np.array([[1.0, values[0]], [2.0, values[1]]])
    with pytest.raises(DataError, match="column `b` are too large to scale"):
        Scaler.fit(rows, ["a", "b"])


def test_scaler_fit_values_too_small_to_square_count_as_constant():
    assert Scaler.fit(np.array([[1e-200], [2e-200]]), ["a"]).spread == (1.0,)


@pytest.mark.parametrize("n_rows", range(2, 12))
def test_scaler_fit_equal_values_are_constant_whatever_the_mean_is_rounded_to(n_rows):
    assert Scaler.fit(np.full((n_rows, 1), 0.1), ["a"]).spread == (1.0,)


def test_scaler_of_other_width_is_refused():
    scaler = Scaler.fit(np.ones((4, 2)), ["a", "b"])
    with pytest.raises(ConfigError, match="rows have 3 columns, the scaler is for 2"):
        scaler.transform(np.ones((4, 3)))
    with pytest.raises(ConfigError, match="rows have 2 columns, the scaler is for 1"):
        Scaler.fit(np.ones((4, 2)), ["a"])


def test_scaler_of_other_columns_is_refused():
    scaler = Scaler.fit(np.ones((4, 2)), ["a", "b"])
    scaler.check_columns(["a", "b"])
    with pytest.raises(ConfigError, match="the scaler is for columns a, b, the features are b, a"):
        scaler.check_columns(["b", "a"])


def test_scaler_survives_json():
    scaler = Scaler.nominal(FeatureSet(["rsi", "macd"]))
    assert Scaler.from_dict(json.loads(json.dumps(scaler.to_dict()))) == scaler


@pytest.mark.parametrize(
    "change",
    [
        {"spread": [0.0]},
        {"centre": []},
        {"clip": 0.0},
        {"centre": ["x"]},
        {"spread": [NAN]},
        {"kind": "?"},
    ],
)
def test_scaler_from_dict_damaged_record_is_refused(change):
    stored = Scaler.nominal(FeatureSet(["rsi"])).to_dict() | change
    with pytest.raises(ArtifactError, match="stored scaler is damaged"):
        Scaler.from_dict(stored)
    with pytest.raises(ArtifactError, match="stored scaler is damaged"):
        Scaler.from_dict({})
