"""Tests of the forecaster: what it gives, what it has learnt from, and that nothing leaks."""

import math

import numpy as np
import pandas as pd
import pytest

from data.forecast_names import HEADS, LEVELS, Head
from env.trading_env import TradingEnv
from models.forecast.forecaster import Forecaster
from models.forecast.forecaster_training import TrainingGround
from models.forecast.online import online_bars
from tests.helpers.forecasters import (
    SESSION,
    TRAINED,
    narrowed,
    small_forecaster,
    small_market,
    small_settings,
)
from utils.errors import ConfigError, DataError

BARS = small_market()


def poisoned(bars: pd.DataFrame, first: int) -> pd.DataFrame:
    """Return bars that leap up and down from a row on."""
    leaps = np.ones(len(bars))
    leaps[first:] = 1.05 - 0.05 * (np.arange(len(bars) - first) % 2)
    names = ["open", "high", "low", "close", "volume"]
    return bars.assign(**{name: bars[name] * leaps for name in names})


def test_forecaster_gives_sorted_quantiles_of_the_right_sign_after_its_training_only():
    found = small_forecaster().predict(BARS)
    assert found.quantiles.shape == (len(BARS), 2, 3, len(LEVELS))
    assert np.isnan(found.quantiles[:TRAINED]).all()
    rest = found.quantiles[TRAINED:]
    assert (np.diff(rest, axis=-1) >= 0.0).all()
    assert (rest[:, :, HEADS.index(Head.MAE)] <= 0.0).all()
    assert (rest[:, :, HEADS.index(Head.MFE)] >= 0.0).all()
    np.testing.assert_array_equal(found.is_complete, np.arange(len(BARS)) >= TRAINED)


def test_forecaster_says_what_it_is_and_was_learnt_from():
    forecaster = small_forecaster()
    found = forecaster.predict(BARS)
    assert found.trained_until == BARS.index[TRAINED - 1] == forecaster.trained_until
    assert found.model_id.startswith("harx_fhs-")
    assert found.model_id.endswith(f"-{BARS.index[TRAINED - 1]:%Y%m%dT%H%M%SZ}")
    assert found.fallback_id.startswith("ewma_fhs-")
    assert forecaster.provenance["training_bars"] == TRAINED
    assert forecaster.provenance["bar_seconds"] == 300


def test_forecasts_as_a_frame_have_the_names_that_the_environment_knows():
    found = small_forecaster().predict(BARS)
    frame = found.frame()
    assert frame.shape == (len(BARS), 2 * (3 * 9 + 3 + 1) + 1)
    np.testing.assert_array_equal(frame["forecast_h5_q05"], found.quantiles[:, 1, 0, 1])
    np.testing.assert_array_equal(frame["forecast_h2_mae_q50"], found.quantiles[:, 0, 1, 4])
    assert frame["forecast_h2_fallback"].isna().sum() == TRAINED
    assert (frame["forecast_h2_fallback"][TRAINED:] == 0.0).all()
    assert frame["forecast_trained_until"][:TRAINED].isna().all()
    assert (frame["forecast_trained_until"][TRAINED:] == BARS.index[TRAINED - 1]).all()


def test_forecasts_as_a_frame_can_be_shown_by_the_environment():
    """Training ends with a session: the night after it is longer than the longest horizon."""
    both = pd.concat([BARS, small_forecaster().predict(BARS).frame()], axis=1)
    env = TradingEnv(both, ["log_return"], forecast_columns=["forecast_h5_spread"])
    low, high = both["forecast_h5_q05"].iloc[TRAINED], both["forecast_h5_q95"].iloc[TRAINED]
    assert env.market.first_valid == TRAINED
    assert both["forecast_h5_spread"].iloc[TRAINED] == math.log(high - low)


def test_forecaster_of_the_same_seed_is_the_same():
    again = Forecaster.fit(BARS, small_settings(), slice(0, TRAINED))
    assert again.identity == small_forecaster().identity
    np.testing.assert_array_equal(
        again.predict(BARS).quantiles, small_forecaster().predict(BARS).quantiles
    )


def test_forecaster_does_not_see_bars_after_its_training():
    poison = Forecaster.fit(poisoned(BARS, TRAINED), small_settings(), slice(0, TRAINED))
    assert poison.identity == small_forecaster().identity


def test_forecaster_of_one_bar_more_is_another_one():
    """The test above can fail: the last bar of training counts."""
    poison = Forecaster.fit(poisoned(BARS, TRAINED - 1), small_settings(), slice(0, TRAINED))
    assert poison.identity != small_forecaster().identity


@pytest.mark.parametrize("row", [TRAINED + 1, TRAINED + 150, TRAINED + SESSION, len(BARS) - 1])
def test_forecasts_at_a_row_are_those_of_the_bars_up_to_it(row):
    forecaster = narrowed(small_forecaster())
    whole = forecaster.predict(BARS)
    part = forecaster.predict(BARS.iloc[:row])
    np.testing.assert_array_equal(part.quantiles, whole.quantiles[:row])
    np.testing.assert_array_equal(part.is_fallback, whole.is_fallback[:row])


@pytest.mark.parametrize("row", [TRAINED + 1, TRAINED + 150, TRAINED + SESSION])
def test_forecasts_at_a_row_do_not_change_with_later_bars(row):
    forecaster = narrowed(small_forecaster())
    before = forecaster.predict(BARS).quantiles
    after = forecaster.predict(poisoned(BARS, row)).quantiles
    np.testing.assert_array_equal(after[:row], before[:row])
    assert not np.array_equal(after[row:], before[row:])


def test_forecasts_from_a_row_on_are_nan_before_it():
    found = small_forecaster().predict(BARS, TRAINED + 50)
    assert np.isnan(found.quantiles[: TRAINED + 50]).all()
    assert found.is_complete[TRAINED + 50 :].all()


def test_forecasts_before_inputs_are_warm_are_nan():
    """Bars that begin after the training: a session of them warms the inputs up."""
    found = small_forecaster().predict(BARS.iloc[TRAINED:])
    assert not found.is_complete[: SESSION - 1].any()
    assert found.is_complete[SESSION + 5 :].all()


def test_forecasts_of_no_row_after_training_are_nan():
    found = small_forecaster().predict(BARS.iloc[:TRAINED])
    assert np.isnan(found.quantiles).all()


def test_forecasts_with_a_layer_in_two_blocks_are_those_of_one():
    forecaster = narrowed(small_forecaster())
    whole = forecaster.predict(BARS)
    cut = TRAINED + 300
    layer = forecaster.online.copy()
    first = forecaster.predict_on(layer, BARS.iloc[:cut])
    second = forecaster.predict_on(layer, BARS, cut)
    np.testing.assert_array_equal(first.quantiles[TRAINED:], whole.quantiles[TRAINED:cut])
    np.testing.assert_array_equal(second.quantiles[cut:], whole.quantiles[cut:])
    saved = forecaster.with_online(layer)
    assert saved.online.until == BARS.index[-1].as_unit("ns").value
    assert np.isnan(saved.predict(BARS).quantiles).all()


def test_base_forecasts_with_no_tracker_are_what_stands():
    settings = small_settings(tracker_rate=0.0, alarm=False)
    forecaster = Forecaster.fit(BARS, settings, slice(0, TRAINED))
    base = forecaster.base(BARS, TRAINED)
    assert base.sources.shape[0] == 1
    found = forecaster.predict(BARS).quantiles[TRAINED:]
    np.testing.assert_array_equal(found[:, :, 0], base.sources[0][:, :, 0])
    assert len(online_bars(BARS, "MNQ").sessions) == len(BARS)


def test_forecasters_of_one_ground_are_those_of_their_own():
    ground = TrainingGround.of(BARS, small_settings(), slice(0, TRAINED))
    shared = Forecaster.fit_on(ground, small_settings("ewma_fhs"))
    assert shared.identity == small_forecaster("ewma_fhs").identity


def test_forecaster_of_the_last_sessions_leaves_the_earlier_ones_out():
    settings = small_settings(train_sessions=6)
    found = Forecaster.fit(BARS, settings)
    assert found.provenance["training_first"] == "2024-01-09T23:00:00+00:00"
    assert found.trained_until == BARS.index[-1]


def test_ground_of_the_last_sessions_has_no_row_of_earlier_ones():
    """Earlier sessions warm the inputs up, so that the first row is complete, and no more."""
    ground = TrainingGround.of(BARS, small_settings(train_sessions=6))
    first = np.datetime64("2024-01-10").astype(int)
    assert [rows.sessions[0] for rows in ground.rows] == [first, first]
    assert ground.bars.index[0] == pd.Timestamp("2024-01-09T23:00Z")


def test_forecaster_tells_of_its_progress():
    told = []
    Forecaster.fit(
        BARS,
        small_settings(alarm=False),
        slice(0, TRAINED),
        on_progress=lambda what, share: told.append((what, share)),
    )
    assert told[0] == ("1 of 6 models", 1 / 6)
    assert told[-1] == ("6 of 6 models", 1.0)


@pytest.mark.parametrize("heads", [(), (Head.MAE,), (Head.MAE, Head.RETURN)])
def test_forecaster_of_heads_that_cannot_be_is_refused(heads):
    ground = TrainingGround.of(BARS, small_settings(), slice(0, TRAINED))
    with pytest.raises(ConfigError, match="`heads` must be of return, mae, mfe in this order"):
        Forecaster.fit_on(ground, small_settings(), heads)


def test_forecaster_of_ground_that_sees_something_else_is_refused():
    blind = TrainingGround.of(BARS, small_settings(), slice(0, TRAINED))
    with pytest.raises(ConfigError, match="has no features and family `lightgbm` must see them"):
        Forecaster.fit_on(blind, small_settings("lightgbm"))
    seeing = TrainingGround.of(BARS, small_settings("lightgbm"), slice(0, TRAINED))
    with pytest.raises(ConfigError, match="has features and family `harx_fhs` must see none"):
        Forecaster.fit_on(seeing, small_settings())


def test_forecaster_on_bars_of_another_size_is_refused():
    half_hours = BARS.iloc[::6]
    with pytest.raises(DataError, match="learnt from bars of 300 s, these have 1800 s"):
        small_forecaster().predict(half_hours)


def test_forecaster_of_a_family_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="did you mean `harx_fhs`"):
        Forecaster.fit(BARS, small_settings("harx_fh"), slice(0, TRAINED))
