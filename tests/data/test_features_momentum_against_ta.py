"""Momentum features against the `ta` library, through float64 series with a RangeIndex.

What is in true ranges here is in points there, and is multiplied back. Where a range is zero `ta`
has no value. Reasoned exceptions: KST and its signal have the mean of the whole sample in `ta`'s
first rows (no row after our warm-up), the money flow index begins one bar earlier there. Not in
`ta`: momentum_10, worked out by hand instead.
"""

import pytest
from ta.momentum import (
    AwesomeOscillatorIndicator,
    PercentagePriceOscillator,
    ROCIndicator,
    RSIIndicator,
    StochasticOscillator,
    StochRSIIndicator,
    TSIIndicator,
    UltimateOscillator,
    WilliamsRIndicator,
)
from ta.trend import MACD, CCIIndicator, KSTIndicator, TRIXIndicator
from ta.volatility import AverageTrueRange
from ta.volume import MFIIndicator

from tests.helpers.against_ta import FRAMES, assert_agrees, range_indexed


def slow_stochastic(bars):
    return StochasticOscillator(bars.high, bars.low, bars.close, window=20, smooth_window=5)


PLAIN = {
    ("rsi_7", "rsi_7"): lambda bars: RSIIndicator(bars.close, window=7).rsi(),
    ("rsi_21", "rsi_21"): lambda bars: RSIIndicator(bars.close, window=21).rsi(),
    ("roc_3", "roc_3"): lambda bars: ROCIndicator(bars.close, window=3).roc(),
    ("roc_36", "roc_36"): lambda bars: ROCIndicator(bars.close, window=36).roc(),
    ("stochastic_slow", "stochastic_slow_k"): lambda bars: slow_stochastic(bars).stoch_signal(),
    ("stochastic_slow", "stochastic_slow_d"): lambda bars: (
        slow_stochastic(bars).stoch_signal().rolling(5).mean()
    ),
    ("stoch_rsi", "stoch_rsi"): lambda bars: StochRSIIndicator(bars.close).stochrsi(),
    ("stoch_rsi", "stoch_rsi_k"): lambda bars: StochRSIIndicator(bars.close).stochrsi_k(),
    ("stoch_rsi", "stoch_rsi_d"): lambda bars: StochRSIIndicator(bars.close).stochrsi_d(),
    ("williams_r", "williams_r"): lambda bars: WilliamsRIndicator(
        bars.high, bars.low, bars.close
    ).williams_r(),
    ("cci", "cci"): lambda bars: CCIIndicator(bars.high, bars.low, bars.close).cci(),
    ("mfi", "mfi"): lambda bars: MFIIndicator(
        bars.high, bars.low, bars.close, bars.volume
    ).money_flow_index(),
    ("ultimate_oscillator", "ultimate_oscillator"): lambda bars: UltimateOscillator(
        bars.high, bars.low, bars.close
    ).ultimate_oscillator(),
    ("tsi", "tsi"): lambda bars: TSIIndicator(bars.close).tsi(),
    ("ppo", "ppo"): lambda bars: PercentagePriceOscillator(bars.close).ppo(),
    ("ppo", "ppo_signal"): lambda bars: PercentagePriceOscillator(bars.close).ppo_signal(),
    ("ppo_histogram", "ppo_histogram"): lambda bars: PercentagePriceOscillator(
        bars.close
    ).ppo_hist(),
    ("kst", "kst"): lambda bars: KSTIndicator(bars.close).kst(),
    ("kst", "kst_signal"): lambda bars: KSTIndicator(bars.close).kst_sig(),
    ("trix", "trix"): lambda bars: TRIXIndicator(bars.close).trix(),
}
IN_POINTS = {
    "macd_signal": lambda bars: MACD(bars.close).macd_signal(),
    "macd_histogram": lambda bars: MACD(bars.close).macd_diff(),
    "awesome_oscillator": lambda bars: AwesomeOscillatorIndicator(
        bars.high, bars.low
    ).awesome_oscillator(),
}


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize(("name", "column"), PLAIN)
def test_momentum_feature_agrees_with_ta_after_warm_up(name, column, frame_name):
    frame = FRAMES[frame_name]()
    theirs = PLAIN[name, column](range_indexed(frame)).to_numpy()
    assert_agrees(name, column, frame, theirs)


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize("name", IN_POINTS)
def test_momentum_feature_in_true_ranges_agrees_with_ta_in_points(name, frame_name):
    frame = FRAMES[frame_name]()
    bars = range_indexed(frame)
    atr = AverageTrueRange(bars.high, bars.low, bars.close).average_true_range().to_numpy()
    assert_agrees(name, name, frame, IN_POINTS[name](bars).to_numpy(), unit=atr)
