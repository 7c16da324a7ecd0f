"""Trend features against the `ta` library, through float64 series with a RangeIndex.

What is in true ranges here is in points there, and is multiplied back. Reasoned exceptions: `ta`
writes 0 for the directional indicators in its warm-up, one row longer than ours, and its trend
cycle forgets faster after a range of zero. Its parabolic stop takes quadratic time and is wrong
with a DatetimeIndex on pandas 3: a short sample, with a RangeIndex. Not in `ta`: the supertrend and
the regression line, worked out by hand instead.
"""

import numpy as np
import pytest
from ta.momentum import KAMAIndicator
from ta.trend import (
    ADXIndicator,
    AroonIndicator,
    DPOIndicator,
    EMAIndicator,
    IchimokuIndicator,
    MassIndex,
    PSARIndicator,
    SMAIndicator,
    STCIndicator,
    VortexIndicator,
    WMAIndicator,
)
from ta.volatility import AverageTrueRange

from tests.helpers.against_ta import FRAMES, assert_agrees, range_indexed

PRICES = ["open", "high", "low", "close"]
PSAR_BARS = 1_500


def adx(bars):
    return ADXIndicator(bars.high, bars.low, bars.close)


def aroon(bars):
    return AroonIndicator(bars.high, bars.low)


def vortex(bars):
    return VortexIndicator(bars.high, bars.low, bars.close)


def ema_of(close, window):
    return EMAIndicator(close, window=window).ema_indicator()


def ema(bars, window):
    return ema_of(bars.close, window)


def cloud(bars):
    return IchimokuIndicator(bars.high, bars.low, visual=True)


def directional(values):
    """Return the values with the row that `ta` leaves at 0 for want of a first sum as NaN."""
    return values.mask(values.index <= 14)


PLAIN = {
    ("directional_indicators", "adx_plus"): lambda bars: directional(adx(bars).adx_pos()),
    ("directional_indicators", "adx_minus"): lambda bars: directional(adx(bars).adx_neg()),
    ("aroon", "aroon_up"): lambda bars: aroon(bars).aroon_up(),
    ("aroon", "aroon_down"): lambda bars: aroon(bars).aroon_down(),
    ("aroon_oscillator", "aroon_oscillator"): lambda bars: aroon(bars).aroon_indicator(),
    ("vortex", "vortex_plus"): lambda bars: vortex(bars).vortex_indicator_pos(),
    ("vortex", "vortex_minus"): lambda bars: vortex(bars).vortex_indicator_neg(),
    ("mass_index", "mass_index"): lambda bars: MassIndex(bars.high, bars.low).mass_index(),
}
IN_POINTS = {
    ("sma_distance_10", "sma_distance_10"): lambda bars: (
        bars.close - SMAIndicator(bars.close, window=10).sma_indicator()
    ),
    ("sma_distance_20", "sma_distance_20"): lambda bars: (
        bars.close - SMAIndicator(bars.close, window=20).sma_indicator()
    ),
    ("sma_distance_50", "sma_distance_50"): lambda bars: (
        bars.close - SMAIndicator(bars.close, window=50).sma_indicator()
    ),
    ("wma_distance_10", "wma_distance_10"): lambda bars: (
        bars.close - WMAIndicator(bars.close, window=10).wma()
    ),
    ("wma_distance_30", "wma_distance_30"): lambda bars: (
        bars.close - WMAIndicator(bars.close, window=30).wma()
    ),
    ("ema_distance_10", "ema_distance_10"): lambda bars: bars.close - ema(bars, 10),
    ("ema_distance_20", "ema_distance_20"): lambda bars: bars.close - ema(bars, 20),
    ("ema_distance_50", "ema_distance_50"): lambda bars: bars.close - ema(bars, 50),
    ("ema_distance_200", "ema_distance_200"): lambda bars: bars.close - ema(bars, 200),
    ("ema_cross_20_50", "ema_cross_20_50"): lambda bars: ema(bars, 20) - ema(bars, 50),
    ("ema_cross_50_200", "ema_cross_50_200"): lambda bars: ema(bars, 50) - ema(bars, 200),
    ("kama_distance", "kama_distance"): lambda bars: bars.close - KAMAIndicator(bars.close).kama(),
    ("dpo", "dpo"): lambda bars: DPOIndicator(bars.close).dpo(),
    ("ichimoku_lines", "ichimoku_conversion"): lambda bars: (
        bars.close - cloud(bars).ichimoku_conversion_line()
    ),
    ("ichimoku_lines", "ichimoku_base"): lambda bars: bars.close - cloud(bars).ichimoku_base_line(),
    ("ichimoku_cloud", "ichimoku_span_a"): lambda bars: bars.close - cloud(bars).ichimoku_a(),
    ("ichimoku_cloud", "ichimoku_span_b"): lambda bars: bars.close - cloud(bars).ichimoku_b(),
}


def atr_points(bars):
    return AverageTrueRange(bars.high, bars.low, bars.close).average_true_range().to_numpy()


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize(("name", "column"), PLAIN)
def test_trend_feature_agrees_with_ta_after_warm_up(name, column, frame_name):
    frame = FRAMES[frame_name]()
    theirs = PLAIN[name, column](range_indexed(frame)).to_numpy()
    assert_agrees(name, column, frame, theirs)


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize(("name", "column"), IN_POINTS)
def test_trend_feature_in_true_ranges_agrees_with_ta_in_points(name, column, frame_name):
    frame = FRAMES[frame_name]()
    bars = range_indexed(frame)
    theirs = IN_POINTS[name, column](bars).to_numpy()
    assert_agrees(name, column, frame, theirs, unit=atr_points(bars))


@pytest.mark.parametrize("frame_name", FRAMES)
def test_parabolic_stop_agrees_with_ta_in_every_row_reversals_included(frame_name):
    frame = FRAMES[frame_name]().iloc[:PSAR_BARS]
    bars = range_indexed(frame)
    theirs = PSARIndicator(bars.high, bars.low, bars.close)
    assert_agrees(
        "psar_distance",
        "psar_distance",
        frame,
        (bars.close - theirs.psar()).to_numpy(),
        unit=atr_points(bars),
    )
    side = np.where(theirs.psar_up().notna(), 1.0, -1.0)
    assert (np.diff(side) != 0.0).sum() > 50
    assert_agrees("psar_side", "psar_side", frame, side)


def range_of_first_cycle(close):
    """Return by how much the averaged first place moved in ten bars, as `ta` computes it."""
    line = ema_of(close, 23) - ema_of(close, 50)
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
