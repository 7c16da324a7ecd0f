"""Every feature passes the kit: blind to the future, the same live, never infinite."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from config.instruments import get_instrument
from data.feature_checks import frames_of
from data.feature_set import FeatureSet
from data.features import FEATURES, FeatureSpec
from data.indicators.bar import feature_bars
from data.indicators.time_of_day import TIME_FEATURES
from data.store import load_bars
from tests.helpers import feature_kit
from tests.helpers.feature_kit import (
    check_frame,
    flat_frame,
    walking_frame,
    with_other_market,
)
from utils.files import sha256_of_bytes
from utils.paths import PROJECT_ROOT

ALL_FEATURES = tuple(FEATURES)
NQ_BARS = PROJECT_ROOT.parent / "shared" / "data" / "NQ_5min.parquet"

WITHOUT_JIT = """
import sys
from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.features import FEATURES
from tests.helpers.feature_kit import check_frame
from utils.files import sha256_of_bytes
print(sha256_of_bytes(FeatureSet(tuple(FEATURES)).compute(check_frame()).tobytes()))
"""


@pytest.mark.slow  # one compilation per feature; all of them together are checked below
@pytest.mark.conformance
@pytest.mark.parametrize("check", feature_kit.ALL_CHECKS)
@pytest.mark.parametrize("name", FEATURES)
def test_feature_alone_passes_check(name, check):
    for frame in frames_of(check, FEATURES[name].warm_up):
        feature_kit.ALL_CHECKS[check](FeatureSet([name]), frame)


@pytest.mark.parametrize("check", feature_kit.ALL_CHECKS)
def test_all_features_together_pass_check(check):
    features = FeatureSet(ALL_FEATURES)
    for frame in frames_of(check, features.warm_up, seed=1):
        feature_kit.ALL_CHECKS[check](features, frame)


@pytest.mark.skipif(not NQ_BARS.exists(), reason=f"real bars are not at {NQ_BARS}")
@pytest.mark.parametrize("check", feature_kit.ALL_CHECKS)
def test_all_features_together_pass_check_on_real_bars(check):
    features = FeatureSet(ALL_FEATURES)
    bars = load_bars(NQ_BARS, get_instrument("NQ")).iloc[-max(2_000, 2 * features.warm_up + 200) :]
    feature_kit.ALL_CHECKS[check](features, with_other_market(bars))


class Peeking:
    """A feature that knows the next close, as a careless column of a frame would."""

    columns = ("peeking",)
    specs = (dataclasses.replace(FEATURES["rsi"], name="peeking", columns=columns),)

    def compute(self, frame):
        return frame[["close"]].shift(-1).to_numpy()


@pytest.mark.parametrize("check", ["truncation", "poison"])
def test_feature_kit_catches_a_feature_that_peeks(check):
    with pytest.raises(AssertionError):
        feature_kit.ALL_CHECKS[check](Peeking(), walking_frame())


def test_features_value_does_not_depend_on_company_or_order():
    frame = check_frame()
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
    "volatility_20": 0.0,
    "atr": 0.0,
    "bollinger": 0.5,
    "bollinger_width": 0.0,
    "relative_volume": 1.0,
    "vwap_distance": 0.0,
    "realised_volatility_12": 0.0,
    "realised_volatility_36": 0.0,
    "realised_volatility_276": 0.0,
    "volatility_ratio": 1.0,
    "ewma_volatility": 0.0,
    "parkinson": 0.0,
    "garman_klass": 0.0,
    "rogers_satchell": 0.0,
    "yang_zhang": 0.0,
    "atr_7": 0.0,
    "atr_50": 0.0,
    "atr_ratio": 1.0,
    "range_atr": 0.0,
    "session_gap": 0.0,
    "keltner": 0.5,
    "keltner_width": 0.0,
    "donchian": 0.5,
    "donchian_width": 0.0,
    "ulcer_index": 0.0,
    "cmf": 0.0,
    "obv_change": 0.0,
    "vpt_change": 0.0,
    "nvi_change": 0.0,
    "force_index": 0.0,
    "ease_of_movement": 0.0,
    "vwap_band": 0.0,
    "vwap_slope": 0.0,
    "ad_session": 0.0,
    "up_volume_share": 0.5,
    "volume_z": 0.0,
    "pvo": 0.0,
    "pvo_histogram": 0.0,
    "volume_by_time": 1.0,
    "session_volume_by_time": 1.0,
    "roll_spread": 0.0,
    "corwin_schultz": 0.0,
    "amihud": 1.0,
    "kyle_lambda": 0.0,
    "upper_wick": 0.0,
    "lower_wick": 0.0,
    "body_share": 0.0,
    "close_location_14": 0.0,
    "signed_volume": 0.0,
    "tick_run": 0.0,
    "zero_return_share": 1.0,
    "skew_60": 0.0,
    "kurtosis_60": 0.0,
    "change_zscore_60": 0.0,
    "sharpe_60": 0.0,
    "sharpe_276": 0.0,
    "zscore_50": 0.0,
    "zscore_138": 0.0,
    "zscore_276": 0.0,
    "close_rank_100": 0.5,
    "range_rank_100": 0.5,
    "max_drawdown_60": 0.0,
    "max_runup_60": 0.0,
    "autocorrelation_1": 0.0,
    "autocorrelation_5": 0.0,
    "variance_ratio_5": 1.0,
    "variance_ratio_12": 1.0,
    "hurst_128": 0.5,
    "permutation_entropy_100": 0.0,
    "change_entropy_100": 0.0,
    "trend_strength_20": 0.0,
    "trend_strength_60": 0.0,
    "choppiness_14": 50.0,
    "volatility_regime": 0.0,
    "volatility_rank": 0.5,
    "cusum_drift": 0.0,
    "cusum_volatility": 0.0,
    "previous_high_distance": 0.0,
    "previous_low_distance": 0.0,
    "previous_close_distance": 0.0,
    "session_range_ratio": 1.0,
    "overnight_position": 0.5,
    "rsi_15m": 50.0,
    "ema_distance_15m": 0.0,
    "change_15m": 0.0,
    "range_15m": 1.0,
    "rsi_1h": 50.0,
    "ema_distance_1h": 0.0,
    "change_1h": 0.0,
    "range_1h": 1.0,
    "rsi_1d": 50.0,
    "ema_distance_1d": 0.0,
    "change_1d": 0.0,
    "range_1d": 1.0,
    "other_return": 0.0,
    "relative_return_12": 0.0,
    "other_correlation_60": 0.0,
    "other_lead_60": 0.0,
    "other_beta_60": 0.0,
    "spread_zscore_120": 0.0,
    "other_relative_volume": 1.0,
    "rsi_7": 50.0,
    "rsi_21": 50.0,
    "roc_3": 0.0,
    "roc_36": 0.0,
    "momentum_10": 0.0,
    "stochastic_slow_k": 50.0,
    "stochastic_slow_d": 50.0,
    "williams_r": -50.0,
    "stoch_rsi": 0.5,
    "stoch_rsi_k": 0.5,
    "stoch_rsi_d": 0.5,
    "cci": 0.0,
    "ultimate_oscillator": 50.0,
    "mfi": 50.0,
    "macd_signal": 0.0,
    "macd_histogram": 0.0,
    "ppo": 0.0,
    "ppo_signal": 0.0,
    "ppo_histogram": 0.0,
    "awesome_oscillator": 0.0,
    "tsi": 0.0,
    "kst": 0.0,
    "kst_signal": 0.0,
    "trix": 0.0,
    "sma_distance_10": 0.0,
    "sma_distance_20": 0.0,
    "sma_distance_50": 0.0,
    "wma_distance_10": 0.0,
    "wma_distance_30": 0.0,
    "ema_distance_10": 0.0,
    "ema_distance_20": 0.0,
    "ema_distance_50": 0.0,
    "ema_distance_200": 0.0,
    "ema_cross_20_50": 0.0,
    "ema_cross_50_200": 0.0,
    "kama_distance": 0.0,
    "adx_plus": 0.0,
    "adx_minus": 0.0,
    "vortex_plus": 1.0,
    "vortex_minus": 1.0,
    "aroon_up": 0.0,
    "aroon_down": 0.0,
    "aroon_oscillator": 0.0,
    "psar_distance": 0.0,
    "psar_side": 1.0,
    "supertrend_distance": 0.0,
    "supertrend_side": 1.0,
    "ichimoku_conversion": 0.0,
    "ichimoku_base": 0.0,
    "ichimoku_span_a": 0.0,
    "ichimoku_span_b": 0.0,
    "linreg_slope": 0.0,
    "linreg_r2": 0.0,
    "dpo": 0.0,
    "stc": 50.0,
    "mass_index": 25.0,
}


@pytest.mark.parametrize("price", [18_000.25, 0.1])
@pytest.mark.parametrize("volume", [0.0, 3.0])
def test_features_of_flat_bars_have_their_documented_values(price, volume):
    names = [name for name in ALL_FEATURES if name not in TIME_FEATURES]
    features = FeatureSet(names)
    frame = flat_frame(price, volume).assign(other_close=price, other_volume=volume)
    values = features.compute(frame)[features.warm_up :]
    assert dict(zip(features.columns, values[-1], strict=True)) == FLAT_VALUES
    assert (values == values[0]).all()


@pytest.mark.parametrize("price", [0.0, -37.63])
def test_features_of_prices_that_are_not_positive_stay_finite(price):
    features = FeatureSet(ALL_FEATURES)
    frame = check_frame()
    frame.iloc[200:, :4] += price - frame["close"].iloc[200]
    assert np.isfinite(features.compute(frame)[features.warm_up :]).all()


def test_features_after_a_long_standstill_stay_finite():
    frame = with_other_market(walking_frame(12_000))
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
    compiled = FeatureSet(ALL_FEATURES).compute(check_frame())
    assert plain.stdout.strip() == sha256_of_bytes(compiled.tobytes())


def test_feature_bars_mark_first_bar_of_each_session():
    frame = walking_frame()
    bars = feature_bars(frame)
    starts = frame.index[bars.is_session_start].tz_convert("America/Chicago")
    assert starts[0] == frame.index[0]
    assert set(starts[1:].strftime("%H:%M")) == {"17:00"}
    assert bars.minute_of_session[bars.is_session_start][1:].tolist() == [0.0] * (len(starts) - 1)
