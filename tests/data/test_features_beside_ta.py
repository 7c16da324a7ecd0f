"""Features that `ta` has too, but not for every bar or not for many; and where the two differ.

All others are in test_features_against_ta.py. The parabolic stop takes quadratic time in `ta` and
is wrong with a DatetimeIndex on pandas 3: a short sample, with a RangeIndex. Its trend cycle
forgets faster after a range of zero. OBV adds the volume of an unchanged close there, and nothing
here.
"""

import numpy as np
import pandas as pd
import pytest
from ta.trend import EMAIndicator, PSARIndicator, STCIndicator
from ta.volatility import AverageTrueRange
from ta.volume import OnBalanceVolumeIndicator

from data.feature_set import FeatureSet
from tests.helpers.against_ta import FRAMES, assert_agrees, range_indexed
from tests.helpers.feature_kit import walking_frame

PRICES = ["open", "high", "low", "close"]
PSAR_BARS = 1_500


def ema(close, window):
    return EMAIndicator(close, window=window).ema_indicator()


@pytest.mark.parametrize("frame_name", FRAMES)
def test_parabolic_stop_agrees_with_ta_in_every_row_reversals_included(frame_name):
    frame = FRAMES[frame_name]().iloc[:PSAR_BARS]
    bars = range_indexed(frame)
    atr = AverageTrueRange(bars.high, bars.low, bars.close).average_true_range().to_numpy()
    theirs = PSARIndicator(bars.high, bars.low, bars.close)
    assert_agrees(
        "psar_distance",
        "psar_distance",
        frame,
        (bars.close - theirs.psar()).to_numpy(),
        unit=atr,
    )
    side = np.where(theirs.psar_up().notna(), 1.0, -1.0)
    assert (np.diff(side) != 0.0).sum() > 50
    assert_agrees("psar_side", "psar_side", frame, side)


def range_of_first_cycle(close):
    """Return by how much the averaged first place moved in ten bars, as `ta` computes it."""
    line = ema(close, 23) - ema(close, 50)
    low, high = line.rolling(10).min(), line.rolling(10).max()
    place = (100.0 * (line - low) / (high - low)).ewm(span=3, adjust=False).mean()
    return place.rolling(10).max() - place.rolling(10).min()


@pytest.mark.parametrize("frame_name", FRAMES)
def test_trend_cycle_agrees_with_ta_except_after_a_range_of_zero(frame_name):
    """Prices begin at 0: differences of averages of 20,000 lose digits, which places magnify.

    A place without range is missing in `ta`, whose average then gives it no weight but ages; ours
    goes on with the place before. Both have forgotten after 40 bars, at half a life each.
    """
    frame = FRAMES[frame_name]()
    frame = frame.assign(**{name: frame[name] - frame["close"].iloc[0] for name in PRICES})
    bars = range_indexed(frame)
    is_after_zero = range_of_first_cycle(bars.close).rolling(41, min_periods=1).min() == 0.0
    assert 0 < is_after_zero.sum() < 0.1 * len(frame)
    theirs = STCIndicator(bars.close).stc().mask(is_after_zero)
    assert_agrees("stc", "stc", frame, theirs.to_numpy(), share=0.9)


def test_obv_differs_from_ta_by_the_volume_of_unchanged_closes():
    """One rise and 19 unchanged closes on one contract each: 1 of 20 here, 20 of 20 in `ta`."""
    close = pd.Series([100.0] + [101.0] * 20)
    theirs = OnBalanceVolumeIndicator(close, pd.Series([1.0] * 21)).on_balance_volume()
    frame = walking_frame(21).assign(volume=1.0, **{name: close.to_numpy() for name in PRICES})
    assert FeatureSet(["obv_change"]).compute(frame)[20, 0] == 0.05
    assert theirs.diff(20).iloc[20] / 20.0 == 1.0
