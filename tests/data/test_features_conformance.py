"""Every feature passes the kit: blind to the future, the same live, never infinite."""

import os
import subprocess
import sys

import numpy as np
import pytest

from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.features import FEATURES, FeatureSpec
from data.indicators.bar import feature_bars
from data.store import load_bars
from tests.helpers import feature_kit
from tests.helpers.feature_kit import flat_frame, walking_frame
from utils.files import sha256_of_bytes
from utils.paths import PROJECT_ROOT

CHECKS = (
    feature_kit.assert_warm_up_is_exact,
    feature_kit.assert_blind_to_truncation,
    feature_kit.assert_blind_to_poison,
    feature_kit.assert_stream_is_batch,
    feature_kit.assert_restart_is_seamless,
)
ALL_FEATURES = tuple(FEATURES)
NQ_BARS = PROJECT_ROOT.parent / "shared" / "data" / "NQ_5min.parquet"

WITHOUT_JIT = """
import sys
from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.features import FEATURES
from tests.helpers.feature_kit import walking_frame
from utils.files import sha256_of_bytes
print(sha256_of_bytes(FeatureSet(tuple(FEATURES)).compute(walking_frame()).tobytes()))
"""


@pytest.mark.conformance
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", FEATURES)
def test_feature_alone_passes_check(name, check):
    check(FeatureSet([name]), walking_frame())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_all_features_together_pass_check(check):
    check(FeatureSet(ALL_FEATURES), walking_frame(seed=1))


@pytest.mark.skipif(not NQ_BARS.exists(), reason=f"real bars are not at {NQ_BARS}")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_all_features_together_pass_check_on_real_bars(check):
    check(FeatureSet(ALL_FEATURES), load_bars(NQ_BARS, get_instrument("NQ")).iloc[-2_000:])


class Peeking:
    """A feature that knows the next close, as a careless column of a frame would."""

    def compute(self, frame):
        return frame[["close"]].shift(-1).to_numpy()


@pytest.mark.parametrize(
    "check", [feature_kit.assert_blind_to_truncation, feature_kit.assert_blind_to_poison]
)
def test_feature_kit_catches_a_feature_that_peeks(check):
    with pytest.raises(AssertionError):
        check(Peeking(), walking_frame())


def test_features_value_does_not_depend_on_company_or_order():
    frame = walking_frame()
    features = FeatureSet(ALL_FEATURES[::-1])
    together = features.compute(frame)
    for name in ALL_FEATURES:
        alone = FeatureSet([name])
        columns = [features.columns.index(column) for column in alone.columns]
        feature_kit.assert_same_bits(
            alone.compute(frame), np.ascontiguousarray(together[:, columns])
        )


@pytest.mark.parametrize("name", FEATURES)
def test_feature_spec_is_complete(name):
    spec = FEATURES[name]
    assert isinstance(spec, FeatureSpec)
    assert spec.name == name
    assert spec.spread > 0
    assert spec.warm_up >= 0
    assert len(set(spec.columns)) == len(spec.columns) > 0
    assert all((spec.formula, spec.source, spec.unit, spec.bounds))


def test_features_columns_are_unique_over_the_table():
    columns = [column for spec in FEATURES.values() for column in spec.columns]
    assert len(columns) == len(set(columns))


FLAT_VALUES = {
    "log_return": 0.0,
    "session_return": 0.0,
    "close_location": 0.0,
    "rsi": 50.0,
    "stochastic_k": 50.0,
    "stochastic_d": 50.0,
    "roc": 0.0,
    "macd": 0.0,
    "ema_slope": 0.0,
    "adx": 0.0,
    "volatility": 0.0,
    "atr": 0.0,
    "bollinger": 0.5,
    "bollinger_width": 0.0,
    "relative_volume": 1.0,
    "vwap_distance": 0.0,
}


@pytest.mark.parametrize("price", [18_000.25, 0.1])
@pytest.mark.parametrize("volume", [0.0, 3.0])
def test_features_of_flat_bars_have_their_documented_values(price, volume):
    names = [name for name in ALL_FEATURES if not name.startswith("time_")]
    features = FeatureSet(names)
    values = features.compute(flat_frame(price, volume))[features.warm_up :]
    assert dict(zip(features.columns, values[-1], strict=True)) == FLAT_VALUES
    assert (values == values[0]).all()


@pytest.mark.parametrize("price", [0.0, -37.63])
def test_features_of_prices_that_are_not_positive_stay_finite(price):
    features = FeatureSet(ALL_FEATURES)
    frame = walking_frame()
    frame.iloc[200:, :4] += price - frame["close"].iloc[200]
    assert np.isfinite(features.compute(frame)[features.warm_up :]).all()


def test_features_after_a_long_standstill_stay_finite():
    frame = walking_frame(12_000)
    frame.iloc[100:, :4] = frame["close"].iloc[100]
    frame.iloc[11_900:, :4] += np.array([0.0, 0.25, 0.0, 0.25])
    features = FeatureSet(ALL_FEATURES)
    assert np.isfinite(features.compute(frame)[features.warm_up :]).all()


def test_features_without_jit_have_the_same_bits():
    command = [sys.executable, "-c", WITHOUT_JIT]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(PROJECT_ROOT)}
    plain = subprocess.run(
        command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    compiled = FeatureSet(ALL_FEATURES).compute(walking_frame())
    assert plain.stdout.strip() == sha256_of_bytes(compiled.tobytes())


def test_feature_bars_mark_first_bar_of_each_session():
    frame = walking_frame()
    bars = feature_bars(frame)
    starts = frame.index[bars.is_session_start].tz_convert("America/Chicago")
    assert starts[0] == frame.index[0]
    assert set(starts[1:].strftime("%H:%M")) == {"17:00"}
    assert bars.minute_of_session[bars.is_session_start][1:].tolist() == [0.0] * (len(starts) - 1)
