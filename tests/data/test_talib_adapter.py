"""Candle patterns of TA-Lib as features; skipped where TA-Lib, an extra, is not installed."""

from importlib.util import find_spec

import numpy as np
import pytest

from data import extras
from data.feature_set import FeatureSet
from data.talib_adapter import talib_patterns
from tests.helpers.bars import make_bars
from tests.helpers.batch_columns import assert_blind_to_the_future
from tests.helpers.feature_kit import walking_frame
from utils.errors import ConfigError

needs_talib = pytest.mark.skipif(
    find_spec("talib") is None, reason="TA-Lib is an extra, and not installed here"
)


@needs_talib
def test_talib_has_sixty_one_patterns():
    assert len(talib_patterns()) == 61


@needs_talib
def test_talib_patterns_are_blind_to_the_future():
    features = FeatureSet([f"talib:{name}" for name in talib_patterns()])
    assert_blind_to_the_future(features, walking_frame(1_000))


@needs_talib
def test_talib_patterns_are_nan_in_their_warm_up_and_small_numbers_ever_after():
    features = FeatureSet([f"talib:{name}" for name in talib_patterns()])
    values = features.compute(walking_frame(1_000))
    for i, entry in enumerate(features.columns):
        warm_up = FeatureSet([entry]).warm_up
        assert np.isnan(values[:warm_up, i]).all()
        assert (np.abs(values[warm_up:, i]) <= 2.0).all()


@needs_talib
def test_talib_engulfing_bar_is_found_on_the_bar_that_engulfs():
    down, up, still = (102, 103, 99, 100), (99, 104, 98, 103), (103, 104, 102, 103)
    values = FeatureSet(["talib:CDLENGULFING"]).compute(make_bars([still, still, down, up, still]))
    np.testing.assert_array_equal(values[:, 0], [np.nan, np.nan, 0.0, 1.0, 0.0])


@needs_talib
def test_talib_unknown_pattern_names_the_nearest():
    with pytest.raises(ConfigError, match="unknown candle pattern of TA-Lib `CDLDOJJI`: did you"):
        FeatureSet(["talib:CDLDOJJI"])


@needs_talib
def test_talib_pattern_live_is_refused():
    with pytest.raises(ConfigError, match="not live-safe: talib:CDLDOJI"):
        FeatureSet(["talib:CDLDOJI"]).stream()


def test_talib_absent_is_one_line_that_says_how_to_get_it(monkeypatch):
    def absent(name):
        raise extras.PackageNotFoundError(name)

    monkeypatch.setattr(extras, "version", absent)
    with pytest.raises(
        ConfigError, match="TA-Lib is not here .*: run `pip install -r requirements-ex"
    ):
        FeatureSet(["talib:CDLDOJI"])
