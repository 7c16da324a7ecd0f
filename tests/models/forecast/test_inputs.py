"""Inputs: fitted to training rows alone, blind to what comes, and the same live to the last bit."""

import numpy as np
import pandas as pd
import pytest

from config.forecast_settings import ForecastSettings
from config.settings import DEFAULT_FEATURES
from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars
from data.synthetic import synthetic_bars
from models.forecast.input_arrays import input_arrays, inputs_of_arrays
from models.forecast.inputs import ForecastInputs
from tests.helpers.feature_kit import assert_same_bits
from tests.helpers.forecast_bars import poisoned
from utils.errors import ArtifactError, ConfigError, DataError

FEATURES = ("rsi", "relative_volume", "time_sin")
SETTINGS = ForecastSettings(family="quantile_regression", horizons=(3, 12), features=FEATURES)
TRAIN = slice(0, 276 * 9)
N_BARS = 276 * 13


@pytest.fixture(scope="module")
def bars():
    return synthetic_bars(N_BARS, seed=4)


@pytest.fixture(scope="module")
def inputs(bars):
    return ForecastInputs.fit(bars, SETTINGS, TRAIN, has_garch=True)


@pytest.fixture(scope="module")
def rows(inputs, bars):
    return inputs.compute(bars)


def _assert_same_inputs(found, expected):
    assert len(found) == len(expected)
    for own, other in zip(found, expected, strict=True):
        assert_same_bits(own, other)


def test_inputs_begin_with_the_scales_and_are_standardised(inputs, rows):
    for place, horizon in enumerate(SETTINGS.horizons):
        columns = inputs.columns(horizon)
        assert columns[:3] == ("scale", "garch_scale", "har_level")
        assert columns[-3:] == FEATURES
        assert len(set(columns)) == len(columns) == rows[place].shape[1]
        known = rows[place][276 : TRAIN.stop]
        assert (known[:, :2] > 0.0).all()
        np.testing.assert_allclose(known[:, 2:].mean(axis=0), 0.0, atol=0.1)
        assert (np.abs(known[:, 2:]) <= 5.0).all()


def test_inputs_are_centred_by_the_training_rows_that_are_complete(inputs, bars):
    momentum = FeatureSet(["rsi"]).compute(bars)[276 : TRAIN.stop, 0]
    place = inputs.scalers[0].columns.index("rsi")
    assert inputs.scalers[0].centre[place] == pytest.approx(momentum.mean(), rel=1e-12)
    assert inputs.scalers[0].spread[place] == pytest.approx(momentum.std(), rel=1e-12)


def test_inputs_are_nan_while_warming_up_and_known_ever_after(rows):
    for own in rows:
        assert np.isnan(own[:276]).all()
        assert np.isfinite(own[276:]).all()


def test_inputs_settle_after_three_of_the_longest_half_lives(inputs, bars):
    assert inputs.settled == 3 * 5 * 276
    slow = SETTINGS.model_copy(update={"averages": (2, 2_000)})
    assert ForecastInputs.fit(bars, slow, TRAIN).settled == 6_000


def test_inputs_without_garch_have_no_column_of_it(bars):
    plain = ForecastInputs.fit(bars, SETTINGS, TRAIN)
    assert "garch_scale" not in plain.columns(3)
    asked = SETTINGS.model_copy(update={"family": "garch_fhs"})
    assert "garch_scale" in ForecastInputs.fit(bars, asked, TRAIN).columns(3)


def test_fit_does_not_look_beyond_the_training_rows(bars, inputs):
    expected = input_arrays(inputs)
    cut = ForecastInputs.fit(bars.iloc[: TRAIN.stop], SETTINGS, TRAIN, has_garch=True)
    later = ForecastInputs.fit(poisoned(bars, TRAIN.stop), SETTINGS, TRAIN, has_garch=True)
    for name, array in expected.items():
        assert input_arrays(cut)[name].tobytes() == array.tobytes(), name
        assert input_arrays(later)[name].tobytes() == array.tobytes(), name
    reached = ForecastInputs.fit(poisoned(bars, TRAIN.stop - 1), SETTINGS, TRAIN, has_garch=True)
    assert input_arrays(reached)["seasonal"].tobytes() != expected["seasonal"].tobytes()


@pytest.mark.parametrize("last", [1_000, 276 * 11 + 5])
def test_inputs_of_a_row_do_not_depend_on_what_comes(inputs, bars, rows, last):
    known = [own[:last] for own in rows]
    _assert_same_inputs(inputs.compute(bars.iloc[:last]), known)
    later = inputs.compute(poisoned(bars, last))
    _assert_same_inputs([own[:last] for own in later], known)
    assert not np.array_equal(later[0][last], rows[0][last])


def test_stream_gives_the_rows_of_the_batch_also_after_a_restart(inputs, bars, rows):
    records = feature_bars(bars)
    stream = inputs.stream()
    for t in range(1_200):
        if t == 700:
            snapshot, stream = stream.snapshot(), inputs.stream()
            stream.restore(snapshot)
        found = stream.update(records[t], bars.index[t])
        _assert_same_inputs(found, [own[t] for own in rows])


def test_stream_is_the_batch_on_half_days_and_when_the_clocks_change():
    # a half day on 19 February 2024, summer time from 10 March
    whole = synthetic_bars(276 * 50, seed=2)
    inputs = ForecastInputs.fit(whole, SETTINGS, TRAIN)
    bars = whole[whole.index >= "2024-02-16"]
    rows, records, stream = inputs.compute(bars), feature_bars(bars), inputs.stream()
    for t in range(len(bars)):
        _assert_same_inputs(stream.update(records[t], bars.index[t]), [own[t] for own in rows])
    left = rows[1][:, inputs.columns(12).index("bars_left")]
    assert bars.index[-1] > pd.Timestamp("2024-03-11", tz="UTC")
    # one bar before noon of a half day, and of an ordinary day
    half, ordinary = (
        bars.index.get_loc(f"2024-{day} 17:55:00+00:00") for day in ("02-19", "02-20")
    )
    assert left[half] < left[ordinary]


def test_stream_refuses_a_damaged_snapshot_and_one_of_other_features(inputs, bars):
    stream = inputs.stream()
    with pytest.raises(ArtifactError, match="held 5"):
        stream.restore(b"short")
    other = ForecastInputs.fit(
        bars, SETTINGS.model_copy(update={"features": ("rsi",)}), TRAIN, has_garch=True
    )
    with pytest.raises(ArtifactError, match="feature snapshot is of set"):
        stream.restore(other.stream().snapshot())


def test_own_columns_work_in_the_batch_and_are_refused_live(bars):
    signal = np.sin(np.arange(len(bars)))
    settings = SETTINGS.model_copy(update={"features": ("rsi", "signal_1")})
    own = ForecastInputs.fit(bars.assign(signal_1=signal), settings, TRAIN)
    found = own.compute(bars.assign(signal_1=signal))[0][276:, -1]
    assert np.corrcoef(found, signal[276:])[0, 1] > 0.999
    with pytest.raises(ConfigError, match="cannot be computed live: signal_1"):
        own.stream()


def test_bars_of_another_size_are_refused(inputs, bars):
    with pytest.raises(DataError, match="bars of 300 s, these have 600 s"):
        inputs.compute(bars.iloc[::2])


def test_volume_that_is_missing_names_the_feature_that_needs_it(bars):
    silent = bars.assign(volume=0.0)
    with pytest.raises(DataError, match="`relative_volume` .* train without relative_volume"):
        ForecastInputs.fit(silent, SETTINGS, TRAIN)
    needy = SETTINGS.model_copy(update={"features": ("vwap_distance", "rsi", "pvo_histogram")})
    with pytest.raises(DataError, match="train without vwap_distance, pvo_histogram, or"):
        ForecastInputs.fit(silent, needy, TRAIN)
    without = SETTINGS.model_copy(update={"features": ("rsi", "time_sin")})
    found = ForecastInputs.fit(silent, without, TRAIN).compute(silent)
    assert np.isfinite(found[0][276:]).all()


def test_bars_without_volume_are_refused_where_a_feature_was_learnt_from_it(inputs, bars):
    with pytest.raises(DataError, match="`relative_volume` .* 0 in all 3,588 bars: train without"):
        inputs.compute(bars.assign(volume=0.0))


@pytest.mark.parametrize("family", ["unconditional", "ewma_fhs", "harx_fhs", "garch_fhs"])
def test_inputs_of_a_family_that_sees_no_features_have_none_and_need_no_volume(bars, family):
    silent = bars.assign(volume=0.0)
    settings = SETTINGS.model_copy(update={"family": family, "averages": (4,)})
    blind = ForecastInputs.fit(silent, settings, TRAIN)
    assert blind.columns(3)[-1] == "bars_left"
    assert blind.features.names == FEATURES
    rows = blind.compute(silent)
    _assert_same_inputs(blind.compute(bars), rows)
    again = inputs_of_arrays(settings, blind.features, input_arrays(blind), "file")
    _assert_same_inputs(again.compute(silent), rows)
    records, stream = feature_bars(silent), again.stream()
    for t in range(400):
        if t == 300:
            snapshot, stream = stream.snapshot(), again.stream()
            stream.restore(snapshot)
        _assert_same_inputs(stream.update(records[t], silent.index[t]), [own[t] for own in rows])


def test_inputs_of_the_layer_are_the_same_whether_features_are_seen(inputs, rows, bars):
    blind = ForecastInputs.fit(bars, ForecastSettings(horizons=(3, 12)), TRAIN, has_garch=True)
    n_own = len(blind.columns(3))
    assert inputs.columns(3)[:n_own] == blind.columns(3)
    _assert_same_inputs([own[:, :n_own] for own in rows], blind.compute(bars))


def test_unknown_feature_and_long_horizon_are_refused(bars):
    with pytest.raises(ConfigError, match="unknown feature `rsj`"):
        ForecastInputs.fit(bars, SETTINGS.model_copy(update={"features": ("rsj",)}), TRAIN)
    with pytest.raises(ConfigError, match="276 bars of 300 s, was 300"):
        ForecastInputs.fit(bars, SETTINGS.model_copy(update={"horizons": (3, 300)}), TRAIN)


def test_arrays_bring_the_same_inputs_back(inputs, bars, rows):
    again = inputs_of_arrays(SETTINGS, inputs.features, input_arrays(inputs), "file")
    _assert_same_inputs(again.compute(bars), rows)


def test_damaged_arrays_are_refused_by_name(inputs):
    arrays = input_arrays(inputs)
    cases = {
        "seasonal": np.zeros(288),
        "choices": np.array([0, 99]),
        "garch": np.array([0.1, 0.6, 0.0, 0.6]),
        "bar_seconds": np.array([0]),
        "h12/spread": arrays["h12/spread"][:-1],
        "h3/centre": arrays["h3/centre"] * np.nan,
        "stranger": np.zeros(1),
    }
    for name, damaged in cases.items():
        with pytest.raises(ArtifactError, match=f"`file`: array `{name}`"):
            inputs_of_arrays(SETTINGS, inputs.features, {**arrays, name: damaged}, "file")
    cut = {name: array for name, array in arrays.items() if name != "seasonal"}
    with pytest.raises(ArtifactError, match="`seasonal` is missing"):
        inputs_of_arrays(SETTINGS, inputs.features, cut, "file")


def test_default_features_can_be_computed_live():
    features = FeatureSet(DEFAULT_FEATURES)
    assert features.external == features.library == ()
    assert not any(spec.needs_other for spec in features.specs)
