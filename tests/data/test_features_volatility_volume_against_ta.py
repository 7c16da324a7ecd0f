"""Volatility and volume features against the `ta` library, through series with a RangeIndex.

Ours are made scale-free, so `ta`'s numbers are divided here by what ours are divided by. Not
compared where they differ on purpose: OBV adds the volume of an unchanged close in `ta` and nothing
here (such windows are left out), ease of movement has no finite value without volume there (the
bars have some), the place in a channel of no height is NaN there, and the VWAP runs over 14 bars
there and over the session here (worked out by hand instead). Volatility from returns and ranges,
bands of the VWAP, volume by time of day and the microstructure features are not in `ta`.
"""

import numpy as np
import pandas as pd
import pytest
from ta.momentum import PercentageVolumeOscillator
from ta.volatility import AverageTrueRange, DonchianChannel, KeltnerChannel, UlcerIndex
from ta.volume import (
    AccDistIndexIndicator,
    ChaikinMoneyFlowIndicator,
    EaseOfMovementIndicator,
    ForceIndexIndicator,
    NegativeVolumeIndexIndicator,
    OnBalanceVolumeIndicator,
    VolumePriceTrendIndicator,
)

from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars
from data.store import load_bars
from tests.helpers.bars import real_data
from tests.helpers.feature_kit import walking_frame

LENGTH = 20


def walk():
    """Return a walk of which every bar was traded."""
    frame = walking_frame(3_000)
    return frame.assign(volume=frame["volume"] + 1.0)


def nq():
    frame = load_bars(real_data("NQ_5min.parquet"), get_instrument("NQ")).iloc[:5_000]
    return frame.assign(volume=np.maximum(frame["volume"], 1.0))


FRAMES = {"walk": walk, "nq": nq}


def atr(bars, window=14):
    return AverageTrueRange(bars.high, bars.low, bars.close, window=window).average_true_range()


def keltner(bars):
    return KeltnerChannel(bars.high, bars.low, bars.close, original_version=False)


def donchian(bars):
    return DonchianChannel(bars.high, bars.low, bars.close)


def per_contract(line, bars):
    return line.diff(LENGTH) / bars.volume.rolling(LENGTH).sum()


def obv_change(bars):
    """Return the change of `ta`'s line, NaN where one of the closes was unchanged."""
    line = OnBalanceVolumeIndicator(bars.close, bars.volume).on_balance_volume()
    has_unchanged = (bars.close.diff() == 0.0).rolling(LENGTH).max() == 1.0
    return per_contract(line, bars).mask(has_unchanged)


def ad_session(bars):
    line = AccDistIndexIndicator(bars.high, bars.low, bars.close, bars.volume).acc_dist_index()
    first = line.shift(1, fill_value=0.0).where(bars.is_session_start == 1.0).ffill()
    return (line - first) / bars.volume.groupby(bars.is_session_start.cumsum()).cumsum()


def nvi_change(bars):
    line = NegativeVolumeIndexIndicator(bars.close, bars.volume).negative_volume_index()
    return 100.0 * np.log(line / line.shift(LENGTH))


def force_index(bars):
    force = ForceIndexIndicator(bars.close, bars.volume).force_index()
    return force / bars.volume[1:].ewm(span=13, adjust=False).mean() / atr(bars)


def ease_of_movement(bars):
    ease = EaseOfMovementIndicator(bars.high, bars.low, bars.volume).sma_ease_of_movement()
    return ease / 1e8 * bars.volume.rolling(14).mean() / atr(bars) ** 2


IN_TA = {
    "atr_7": lambda bars: 100.0 * atr(bars, 7) / bars.close,
    "atr_50": lambda bars: 100.0 * atr(bars, 50) / bars.close,
    "atr_ratio": lambda bars: atr(bars, 7) / atr(bars, 50),
    "keltner": lambda bars: keltner(bars).keltner_channel_pband(),
    "keltner_width": lambda bars: keltner(bars).keltner_channel_wband(),
    "donchian": lambda bars: donchian(bars).donchian_channel_pband(),
    "donchian_width": lambda bars: donchian(bars).donchian_channel_wband(),
    "ulcer_index": lambda bars: UlcerIndex(bars.close).ulcer_index(),
    "cmf": lambda bars: ChaikinMoneyFlowIndicator(
        bars.high, bars.low, bars.close, bars.volume
    ).chaikin_money_flow(),
    "obv_change": obv_change,
    "vpt_change": lambda bars: per_contract(
        100.0 * VolumePriceTrendIndicator(bars.close, bars.volume).volume_price_trend(), bars
    ),
    "nvi_change": nvi_change,
    "force_index": force_index,
    "ease_of_movement": ease_of_movement,
    "ad_session": ad_session,
    "pvo": lambda bars: PercentageVolumeOscillator(bars.volume).pvo(),
    "pvo_histogram": lambda bars: PercentageVolumeOscillator(bars.volume).pvo_hist(),
}
COMPARED_SHARE = {"obv_change": 0.5}
"""Share of the bars that must be there to compare; 0.99 where none is named."""


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize("name", IN_TA)
def test_feature_agrees_with_ta_after_warm_up(name, frame_name):
    frame = FRAMES[frame_name]()
    features = FeatureSet([name])
    ours = features.compute(frame)[:, 0]
    bars = pd.DataFrame(frame.to_numpy(dtype=np.float64), columns=frame.columns)
    bars["is_session_start"] = feature_bars(frame).is_session_start.astype(np.float64)
    theirs = IN_TA[name](bars).to_numpy()
    rows = np.flatnonzero(np.isfinite(theirs))
    rows = rows[rows >= features.warm_up]
    assert len(rows) > COMPARED_SHARE.get(name, 0.99) * (len(frame) - features.warm_up)
    np.testing.assert_allclose(ours[rows], theirs[rows], rtol=0, atol=1e-9)


def test_obv_differs_from_ta_by_the_volume_of_unchanged_closes():
    """One rise and 19 unchanged closes on one contract each: 1 of 20 here, 20 of 20 in `ta`."""
    close = pd.Series([100.0] + [101.0] * 20)
    theirs = OnBalanceVolumeIndicator(close, pd.Series([1.0] * 21)).on_balance_volume()
    frame = walk().iloc[:21].assign(volume=1.0)
    for column in ("open", "high", "low", "close"):
        frame[column] = close.to_numpy()
    assert FeatureSet(["obv_change"]).compute(frame)[20, 0] == 0.05
    assert theirs.diff(20).iloc[20] / 20.0 == 1.0
