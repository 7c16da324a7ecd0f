"""Audit of `ta`: every column and class of it agrees with one of ours, or is excused with a reason.

The agreement itself is tested column by column in test_features_against_ta.py, for three that
differ in places in test_features_beside_ta.py, and here for what is a simple combination of ours.
"""

import importlib
from pathlib import Path

import numpy as np
import pytest
from ta.momentum import PercentageVolumeOscillator
from ta.others import DailyLogReturnIndicator, DailyReturnIndicator
from ta.trend import KSTIndicator, VortexIndicator
from ta.utils import IndicatorMixin
from ta.volatility import BollingerBands

from data.feature_set import FeatureSet
from data.features import FEATURES
from data.ta_columns import TA_COLUMNS, TA_REFUSED
from scripts.benchmarks import ta_common
from tests.helpers.against_ta import FRAMES, range_indexed

COMMON_SOURCE = Path(ta_common.__file__).read_text(encoding="utf-8")
BESIDE_SOURCE = (Path(__file__).parent / "test_features_beside_ta.py").read_text(encoding="utf-8")

OURS = {
    "volume_adi": "ad_session",
    "volume_obv": "obv_change",
    "volume_cmf": "cmf",
    "volume_fi": "force_index",
    "volume_sma_em": "ease_of_movement",
    "volume_vpt": "vpt_change",
    "volume_mfi": "mfi",
    "volume_nvi": "nvi_change",
    "volatility_bbw": "bollinger_width",
    "volatility_bbp": "bollinger",
    "volatility_kcw": "keltner_width",
    "volatility_kcp": "keltner",
    "volatility_dcw": "donchian_width",
    "volatility_dcp": "donchian",
    "volatility_atr": "atr",
    "volatility_ui": "ulcer_index",
    "trend_macd": "macd",
    "trend_macd_signal": "macd_signal",
    "trend_macd_diff": "macd_histogram",
    "trend_sma_fast": "sma_distance_10",
    "trend_sma_slow": "sma_distance_20",
    "trend_ema_fast": "ema_distance_10",
    "trend_ema_slow": "ema_distance_20",
    "trend_vortex_ind_pos": "vortex_plus",
    "trend_vortex_ind_neg": "vortex_minus",
    "trend_trix": "trix",
    "trend_mass_index": "mass_index",
    "trend_dpo": "dpo",
    "trend_kst": "kst",
    "trend_kst_sig": "kst_signal",
    "trend_ichimoku_conv": "ichimoku_conversion",
    "trend_ichimoku_base": "ichimoku_base",
    "trend_visual_ichimoku_a": "ichimoku_span_a",
    "trend_visual_ichimoku_b": "ichimoku_span_b",
    "trend_stc": "stc",
    "trend_adx": "adx",
    "trend_adx_pos": "adx_plus",
    "trend_adx_neg": "adx_minus",
    "trend_cci": "cci",
    "trend_aroon_up": "aroon_up",
    "trend_aroon_down": "aroon_down",
    "trend_aroon_ind": "aroon_oscillator",
    "trend_psar_up": "psar_distance",
    "trend_psar_down": "psar_distance",
    "momentum_rsi": "rsi",
    "momentum_stoch_rsi": "stoch_rsi",
    "momentum_stoch_rsi_k": "stoch_rsi_k",
    "momentum_stoch_rsi_d": "stoch_rsi_d",
    "momentum_tsi": "tsi",
    "momentum_uo": "ultimate_oscillator",
    "momentum_stoch": "stochastic_k",
    "momentum_stoch_signal": "stochastic_d",
    "momentum_wr": "williams_r",
    "momentum_ao": "awesome_oscillator",
    "momentum_roc": "roc",
    "momentum_ppo": "ppo",
    "momentum_ppo_signal": "ppo_signal",
    "momentum_ppo_hist": "ppo_histogram",
    "momentum_pvo": "pvo",
    "momentum_pvo_hist": "pvo_histogram",
    "momentum_kama": "kama_distance",
}
"""Column of `ta`: our column of the same indicator, scale-free, also where lengths differ."""

COMBINED = {
    "trend_vortex_ind_diff": (
        ("vortex_plus", "vortex_minus"),
        lambda plus, minus: plus - minus,
        lambda bars: VortexIndicator(bars.high, bars.low, bars.close).vortex_indicator_diff(),
    ),
    "trend_kst_diff": (
        ("kst", "kst_signal"),
        lambda line, signal: line - signal,
        lambda bars: KSTIndicator(bars.close).kst_diff(),
    ),
    "momentum_pvo_signal": (
        ("pvo", "pvo_histogram"),
        lambda line, histogram: line - histogram,
        lambda bars: PercentageVolumeOscillator(bars.volume).pvo_signal(),
    ),
    "volatility_bbhi": (
        ("bollinger",),
        lambda place: np.where(place > 1.0, 1.0, 0.0),
        lambda bars: BollingerBands(bars.close).bollinger_hband_indicator(),
    ),
    "volatility_bbli": (
        ("bollinger",),
        lambda place: np.where(place < 0.0, 1.0, 0.0),
        lambda bars: BollingerBands(bars.close).bollinger_lband_indicator(),
    ),
    "others_dlr": (
        ("log_return",),
        lambda log_return: 100.0 * log_return,
        lambda bars: DailyLogReturnIndicator(bars.close).daily_log_return(),
    ),
    "others_dr": (
        ("log_return",),
        lambda log_return: 100.0 * np.expm1(log_return),
        lambda bars: DailyReturnIndicator(bars.close).daily_return(),
    ),
}
"""Column of `ta`: our columns, what is made of them, and `ta`'s own answer."""

_LEVEL = "a level in points; where the close stands in the channel, `{}`, is compared instead"
_FLAG = "a flag that the close is beyond the channel, as `{}` says"
_UNSHIFTED = "the line before it is moved on by 26 bars; the moved one is compared"
_TURN = "a flag on the bar of a turn, which is where our `psar_side` changes; that is compared"

EXCUSED = {
    "volume_em": "one bar of what is averaged in volume_sma_em, which is compared",
    "volume_vwap": "over 14 bars; ours are over the session and worked out by hand",
    **{f"volatility_bb{each}": _LEVEL.format("bollinger") for each in "mhl"},
    **{f"volatility_kc{each}": _LEVEL.format("keltner") for each in "chl"},
    **{f"volatility_dc{each}": _LEVEL.format("donchian") for each in "lhm"},
    **{f"volatility_kc{each}i": _FLAG.format("keltner") for each in "hl"},
    **{f"trend_ichimoku_{each}": _UNSHIFTED for each in "ab"},
    **{f"trend_psar_{each}_indicator": _TURN for each in ("up", "down")},
    "others_cr": "depends on the first bar of the sample, wherever that is",
}

EXCUSED_CLASSES = {
    "VolumeWeightedAveragePrice": EXCUSED["volume_vwap"],
    "CumulativeReturnIndicator": EXCUSED["others_cr"],
}


def test_every_column_of_ta_is_ours_combined_or_excused_once():
    listed = [*OURS, *COMBINED, *EXCUSED]
    assert sorted(listed) == sorted({**TA_COLUMNS, **TA_REFUSED})


@pytest.mark.parametrize("name", OURS)
def test_column_of_ta_has_an_agreement_test(name):
    ours = OURS[name]
    assert ours in {column for spec in FEATURES.values() for column in spec.columns}
    assert ours in ta_common.TA_COMMON or f'"{ours}"' in BESIDE_SOURCE


@pytest.mark.parametrize("module", ["momentum", "others", "trend", "volatility", "volume"])
def test_every_class_of_ta_is_in_an_agreement_test_or_excused(module):
    library = importlib.import_module(f"ta.{module}")
    classes = {
        name
        for name, value in vars(library).items()
        if isinstance(value, type) and issubclass(value, IndicatorMixin)
    } - {"IndicatorMixin"}
    own_source = Path(__file__).read_text(encoding="utf-8")
    tested = {name for name in classes if f"{module}.{name}." in COMMON_SOURCE}
    tested |= {name for name in classes if f"{name}(" in own_source + BESIDE_SOURCE}
    assert len(classes) > 2
    assert classes - tested <= set(EXCUSED_CLASSES)


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize("name", COMBINED)
def test_combination_of_our_columns_agrees_with_ta_after_warm_up(name, frame_name):
    columns, combine, in_ta = COMBINED[name]
    frame = FRAMES[frame_name]()
    # bands of prices that begin at 0: the running sums of `ta` lose digits at 20,000
    bars = range_indexed(frame)
    if name.startswith("volatility"):
        bars["close"] -= bars["close"][0]
    owners = {column: spec.name for spec in FEATURES.values() for column in spec.columns}
    features = FeatureSet(list(dict.fromkeys(owners[column] for column in columns)))
    values = features.compute(frame)
    ours = combine(*(values[:, features.columns.index(column)] for column in columns))
    theirs = in_ta(bars).to_numpy()
    rows = np.arange(features.warm_up, len(frame))
    assert np.isfinite(theirs[rows]).all()
    np.testing.assert_allclose(ours[rows], theirs[rows], rtol=0, atol=1e-9)
