"""Features against the `ta` library, through float64 series with a RangeIndex.

Not compared: log_return, session_return, close_location, volatility, ema_slope, relative_volume,
vwap_distance and the time of day, which `ta` does not have in this form; they are worked out by
hand instead. `ta` has no value for %K of a zero range and 100 for the RSI of a standstill; ours are
50, and such bars are left out here.

`ta` takes its bands from running sums of squared prices, which lose digits at 20,000 points (1e-8
of %b): it is given closes less the first one, which leaves %b as it is.
"""

import numpy as np
import pandas as pd
import pytest
from ta.momentum import ROCIndicator, RSIIndicator, StochasticOscillator
from ta.trend import MACD, ADXIndicator
from ta.volatility import AverageTrueRange, BollingerBands

from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.store import load_bars
from tests.helpers.feature_kit import walking_frame
from utils.paths import PROJECT_ROOT

NQ_BARS = PROJECT_ROOT.parent / "shared" / "data" / "NQ_5min.parquet"


def nq_frame():
    if not NQ_BARS.exists():
        pytest.skip(f"real bars are not at {NQ_BARS}")
    return load_bars(NQ_BARS, get_instrument("NQ")).iloc[:5_000]


FRAMES = {"walk": lambda: walking_frame(3_000), "nq": nq_frame}


def atr_points(bars):
    return AverageTrueRange(bars.high, bars.low, bars.close).average_true_range()


def stochastic(bars):
    return StochasticOscillator(bars.high, bars.low, bars.close)


IN_TA = {
    "rsi": lambda bars: RSIIndicator(bars.close).rsi(),
    "stochastic_k": lambda bars: stochastic(bars).stoch(),
    "stochastic_d": lambda bars: stochastic(bars).stoch_signal(),
    "roc": lambda bars: ROCIndicator(bars.close, window=12).roc(),
    "macd": lambda bars: MACD(bars.close).macd() / atr_points(bars),
    "adx": lambda bars: ADXIndicator(bars.high, bars.low, bars.close).adx(),
    "atr": lambda bars: 100.0 * atr_points(bars) / bars.close,
    "bollinger": lambda bars: BollingerBands(bars.close - bars.close[0]).bollinger_pband(),
    "bollinger_width": lambda bars: BollingerBands(bars.close).bollinger_wband(),
}
NAMES = ("rsi", "stochastic", "roc", "macd", "adx", "atr", "bollinger", "bollinger_width")


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize("column", IN_TA)
def test_feature_agrees_with_ta_after_warm_up(column, frame_name):
    frame = FRAMES[frame_name]()
    features = FeatureSet(NAMES)
    ours = features.compute(frame)[:, features.columns.index(column)]
    bars = pd.DataFrame(frame.to_numpy(dtype=np.float64), columns=frame.columns)
    theirs = IN_TA[column](bars).to_numpy()
    rows = np.flatnonzero(np.isfinite(theirs))
    rows = rows[rows >= features.warm_up]
    assert len(rows) > 0.99 * len(frame) - features.warm_up
    np.testing.assert_allclose(ours[rows], theirs[rows], rtol=0, atol=1e-9)
