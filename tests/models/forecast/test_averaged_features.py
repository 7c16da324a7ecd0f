"""Averages of features: by hand, blind to what comes, and the same live to the last bit."""

import numpy as np
import pytest

from config.checking import checked
from config.forecast_settings import ForecastSettings
from data.calendar import calendar_of
from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars
from data.synthetic import synthetic_bars
from models.forecast.averaged_features import AveragedFeatures
from models.forecast.forecaster import Forecaster
from models.forecast.forecaster_identity import model_name
from models.forecast.input_arrays import input_arrays, inputs_of_arrays
from models.forecast.inputs import ForecastInputs
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import assert_same_bits
from tests.helpers.forecast_bars import poisoned
from tests.helpers.forecasters import (
    HISTORY,
    TRAINED,
    small_forecaster,
    small_market,
    small_settings,
    streamed,
)
from utils.errors import ArtifactError, ConfigError

FEATURES = ("rsi", "log_return")
SETTINGS = ForecastSettings(
    family="quantile_regression", horizons=(3,), features=FEATURES, averages=(4, 16)
)
TRAIN = slice(0, 276 * 9)
FLAT = (20_000.0, 20_001.0, 19_999.0, 20_000.0)


@pytest.fixture(scope="module")
def bars():
    return synthetic_bars(276 * 12, seed=4)


@pytest.fixture(scope="module")
def inputs(bars):
    return ForecastInputs.fit(bars, SETTINGS, TRAIN)


def averaged(values, half_lives):
    """Return features and averages of a user's column over flat bars."""
    bars = make_bars([FLAT] * len(values)).assign(x=values)
    return AveragedFeatures(FeatureSet(["x"], ["x"]), half_lives).compute(bars)


def test_averages_by_hand_begin_with_the_first_value_and_forget_half_in_a_half_life():
    found = averaged([np.nan, 8.0, 0.0, 0.0, 6.0], (1, 2))
    assert np.isnan(found[0]).all()
    # half-life 1: half of what there is now, half of what was; half-life 2: .7071 of what was
    expected = [[8, 8, 8], [0, 4, 5.656854], [0, 2, 4], [6, 4, 4.585786]]
    np.testing.assert_allclose(found[1:], expected, atol=1e-6)
    np.testing.assert_allclose(averaged([8.0, 0.0, 0.0, 6.0], (1, 2)), expected, atol=1e-6)


def test_averages_are_named_after_feature_and_half_life():
    seen = AveragedFeatures(FeatureSet(["rsi", "x"], ["x"]), (4, 16))
    assert seen.columns == ("rsi", "x", "rsi_ema4", "x_ema4", "rsi_ema16", "x_ema16")


def test_averages_go_on_over_the_break_between_sessions(bars):
    dates = calendar_of("MNQ").trade_dates(bars.index)
    value = np.where(dates == dates[0], 8.0, 0.0)
    found = AveragedFeatures(FeatureSet(["x"], ["x"]), (1,)).compute(bars.assign(x=value))
    turn = int(np.argmax(value == 0.0))
    assert found[turn - 1 : turn + 2, 1].tolist() == [8.0, 4.0, 2.0]


def test_averages_of_a_feature_that_warms_up_begin_where_it_does(bars):
    found = AveragedFeatures(FeatureSet(["rsi"]), (4,)).compute(bars)
    first = int(np.isfinite(found[:, 0]).argmax())
    assert first > 5
    assert np.isnan(found[:first, 1]).all()
    assert np.isfinite(found[first:]).all()
    assert found[first, 1] == found[first, 0] != found[first + 1, 1]


def test_no_averages_leave_features_snapshots_and_names_as_they_are(bars):
    features = FeatureSet(FEATURES)
    plain = AveragedFeatures(features)
    assert plain.columns == features.columns
    assert_same_bits(plain.compute(bars), features.compute(bars))
    one, other = plain.stream(), features.stream()
    for record in feature_bars(bars)[:20]:
        assert_same_bits(one.update(record), other.update(record))
    assert one.snapshot() == other.snapshot()
    # the name that such a forecaster had before there were averages
    assert "averages" not in ForecastSettings().model_dump(mode="json")
    assert model_name(ForecastSettings(), bars.index[-1]).startswith("harx_fhs-7dbf0597-")


def test_a_column_with_the_name_of_an_average_is_refused():
    with pytest.raises(ConfigError, match="feature `rsi_ema4` has the name of an average"):
        AveragedFeatures(FeatureSet(["rsi", "rsi_ema4"], ["rsi_ema4"]), (4,))


def test_averages_are_standardised_by_training_rows(inputs, bars):
    assert inputs.columns(3)[-6:] == (
        *FEATURES,
        *(f"{f}_ema{h}" for h in (4, 16) for f in FEATURES),
    )
    rows = inputs.compute(bars)[0]
    known = rows[276 : TRAIN.stop, -4:]
    np.testing.assert_allclose(known.mean(axis=0), 0.0, atol=0.05)
    np.testing.assert_allclose(known.std(axis=0), 1.0, atol=0.1)
    assert np.isfinite(rows[276:]).all()


def test_averages_are_fitted_without_a_look_beyond_the_training_rows(inputs, bars):
    later = ForecastInputs.fit(poisoned(bars, TRAIN.stop), SETTINGS, TRAIN)
    for name, array in input_arrays(inputs).items():
        assert input_arrays(later)[name].tobytes() == array.tobytes(), name


@pytest.mark.parametrize("last", [1_000, 276 * 11 + 5])
def test_averages_of_a_row_do_not_depend_on_what_comes(inputs, bars, last):
    rows = inputs.compute(bars)[0]
    assert_same_bits(inputs.compute(bars.iloc[:last])[0], rows[:last])
    later = inputs.compute(poisoned(bars, last))[0]
    assert_same_bits(later[:last], rows[:last])
    assert (later[last, -4:] != rows[last, -4:]).all()


def test_stream_of_averages_gives_the_rows_of_the_batch_also_after_a_restart(inputs, bars):
    rows, records, stream = inputs.compute(bars)[0], feature_bars(bars), inputs.stream()
    for t in range(700):
        if t in {3, 500}:
            snapshot, stream = stream.snapshot(), inputs.stream()
            stream.restore(snapshot)
        assert_same_bits(stream.update(records[t], bars.index[t])[0], rows[t])


def test_stream_refuses_a_snapshot_of_other_averages_and_stays_as_it_was(bars):
    records, features = feature_bars(bars), FeatureSet(FEATURES)
    stream, other = (AveragedFeatures(features, each).stream() for each in ((4,), (4, 16)))
    for each in (stream, other):
        for record in records[:20]:
            each.update(record)
    before = stream.snapshot()
    for wrong in (other.snapshot(), b"short", before[:-1]):
        with pytest.raises(ArtifactError, match="feature snapshot"):
            stream.restore(wrong)
    assert stream.snapshot() == before


def test_arrays_bring_inputs_with_averages_back_and_fit_no_others(inputs, bars):
    arrays = input_arrays(inputs)
    again = inputs_of_arrays(SETTINGS, inputs.features, arrays, "file")
    assert_same_bits(again.compute(bars)[0], inputs.compute(bars)[0])
    fewer = SETTINGS.model_copy(update={"averages": (4,)})
    with pytest.raises(ArtifactError, match="`file`: array `h3/centre`"):
        inputs_of_arrays(fewer, inputs.features, arrays, "file")


def test_forecaster_with_averages_is_loaded_and_streams_the_bits_of_the_batch(tmp_path):
    settings = small_settings("quantile_regression", averages=(2, 8))
    forecaster = Forecaster.fit(small_market(), settings, slice(0, TRAINED))
    forecaster.save(tmp_path / "forecaster")
    loaded = Forecaster.load(tmp_path / "forecaster")
    assert loaded.settings.averages == loaded.inputs.averages == (2, 8)
    assert loaded.identity == forecaster.identity != small_forecaster().identity
    live = small_market().iloc[HISTORY : TRAINED + 60]
    expected = forecaster.predict(live).quantiles
    assert np.isfinite(expected[-60:]).all()
    assert_same_bits(streamed(loaded.stream(), live, slice(0, len(live))), expected)


@pytest.mark.parametrize(
    ("averages", "words"),
    [
        ((0,), "each must be >= 1 bar and longer than the one before, was (0,)"),
        ((8, 4), "each must be >= 1 bar and longer than the one before, was (8, 4)"),
        ((4, 4), "each must be >= 1 bar and longer than the one before, was (4, 4)"),
        ((4, 10**400), "each must be <= 100,000 bars, was (4, 1000"),
        ((4.5,), "valid integer"),
    ],
)
def test_averages_that_cannot_be_are_refused_in_one_line(averages, words):
    with pytest.raises(ConfigError) as refused:
        checked(ForecastSettings, {"averages": averages}, "test")
    assert str(refused.value).startswith("`averages")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
