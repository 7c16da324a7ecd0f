"""Which of our columns the `ta` library has too, and what they are in its terms.

The one list of them: tests compare its every entry, and the suite `features` times it. Not in it,
each compared by a test of its own or excused in tests/data/test_ta_audit.py: the parabolic stop,
whose time in `ta` grows faster than the bars, and the trend cycle, which forgets faster there
after a range of zero.

Where a range is zero, `ta` has no value. In its first rows KST has the mean of the whole sample,
the money flow index begins one bar earlier, and the directional indicators are 0 one row longer
than ours warm up.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from data.indicators.bar import Floats
from scripts.benchmarks.ta_bars import TaBars

LENGTH = 20
"""Bars over which our changes of a line are taken."""

Expression = Callable[[TaBars], pd.Series]


def _of(path: str, **parameters: Any) -> Expression:
    """Return what gives a column of `ta` as it is."""
    return lambda bars: bars.column(path, **parameters)


def _percent_of_close(path: str, **parameters: Any) -> Expression:
    return lambda bars: 100.0 * bars.column(path, **parameters) / bars.close


def _below_close(path: str, **parameters: Any) -> Expression:
    """Return what gives the points from a level of `ta` up to the close."""
    return lambda bars: bars.close - bars.column(path, **parameters)


def _crossing(fast: int, slow: int) -> Expression:
    path = "trend.EMAIndicator.ema_indicator"
    return lambda bars: bars.column(path, window=fast) - bars.column(path, window=slow)


def _directional(path: str) -> Expression:
    """Return what gives a column without the row that `ta` leaves at 0 for want of a first sum."""
    return lambda bars: bars.column(path).mask(bars.close.index <= 14)


def _slow_d(bars: TaBars) -> pd.Series:
    return bars.column(_STOCHASTIC + "stoch_signal", **_SLOW).rolling(5).mean()


def _per_contract(line: pd.Series, bars: TaBars) -> pd.Series:
    return line.diff(LENGTH) / bars.volume.rolling(LENGTH).sum()


def _obv_change(bars: TaBars) -> pd.Series:
    """Return the change of the line, NaN where one of the closes was unchanged.

    `ta` adds the volume of such a bar, ours does not.
    """
    line = bars.column("volume.OnBalanceVolumeIndicator.on_balance_volume")
    has_unchanged = (bars.close.diff() == 0.0).rolling(LENGTH).max() == 1.0
    return _per_contract(line, bars).mask(has_unchanged)


def _vpt_change(bars: TaBars) -> pd.Series:
    line = bars.column("volume.VolumePriceTrendIndicator.volume_price_trend")
    return _per_contract(100.0 * line, bars)


def _nvi_change(bars: TaBars) -> pd.Series:
    line = bars.column("volume.NegativeVolumeIndexIndicator.negative_volume_index")
    return 100.0 * np.log(line / line.shift(LENGTH))


def _ad_session(bars: TaBars) -> pd.Series:
    line = bars.column("volume.AccDistIndexIndicator.acc_dist_index")
    session = bars.session
    first = line.shift(1, fill_value=0.0).where(session.diff() != 0.0).ffill()
    return (line - first) / bars.volume.groupby(session).cumsum()


def _force_index(bars: TaBars) -> pd.Series:
    force = bars.column("volume.ForceIndexIndicator.force_index")
    return force / bars.volume[1:].ewm(span=13, adjust=False).mean() / bars.true_range()


def _ease_of_movement(bars: TaBars) -> pd.Series:
    ease = bars.column("volume.EaseOfMovementIndicator.sma_ease_of_movement") / 1e8
    return ease * bars.volume.rolling(14).mean() / bars.true_range() ** 2


_ATR = "volatility.AverageTrueRange.average_true_range"
_CLOUD = "trend.IchimokuIndicator."
_KELTNER = "volatility.KeltnerChannel.keltner_channel_"
_PPO = "momentum.PercentagePriceOscillator."
_PVO = "momentum.PercentageVolumeOscillator."
_STOCHASTIC = "momentum.StochasticOscillator."
_SLOW: dict[str, Any] = {"window": 20, "smooth_window": 5}

IN_OUR_UNIT: dict[str, Expression] = {
    "rsi": _of("momentum.RSIIndicator.rsi"),
    "rsi_7": _of("momentum.RSIIndicator.rsi", window=7),
    "rsi_21": _of("momentum.RSIIndicator.rsi", window=21),
    "roc": _of("momentum.ROCIndicator.roc"),
    "roc_3": _of("momentum.ROCIndicator.roc", window=3),
    "roc_36": _of("momentum.ROCIndicator.roc", window=36),
    "stochastic_k": _of(_STOCHASTIC + "stoch"),
    "stochastic_d": _of(_STOCHASTIC + "stoch_signal"),
    "stochastic_slow_k": _of(_STOCHASTIC + "stoch_signal", **_SLOW),
    "stochastic_slow_d": _slow_d,
    "stoch_rsi": _of("momentum.StochRSIIndicator.stochrsi"),
    "stoch_rsi_k": _of("momentum.StochRSIIndicator.stochrsi_k"),
    "stoch_rsi_d": _of("momentum.StochRSIIndicator.stochrsi_d"),
    "williams_r": _of("momentum.WilliamsRIndicator.williams_r"),
    "ultimate_oscillator": _of("momentum.UltimateOscillator.ultimate_oscillator"),
    "tsi": _of("momentum.TSIIndicator.tsi"),
    "ppo": _of(_PPO + "ppo"),
    "ppo_signal": _of(_PPO + "ppo_signal"),
    "ppo_histogram": _of(_PPO + "ppo_hist"),
    "pvo": _of(_PVO + "pvo"),
    "pvo_histogram": _of(_PVO + "pvo_hist"),
    "cci": _of("trend.CCIIndicator.cci"),
    "kst": _of("trend.KSTIndicator.kst"),
    "kst_signal": _of("trend.KSTIndicator.kst_sig"),
    "trix": _of("trend.TRIXIndicator.trix"),
    "adx": _of("trend.ADXIndicator.adx"),
    "adx_plus": _directional("trend.ADXIndicator.adx_pos"),
    "adx_minus": _directional("trend.ADXIndicator.adx_neg"),
    "aroon_up": _of("trend.AroonIndicator.aroon_up"),
    "aroon_down": _of("trend.AroonIndicator.aroon_down"),
    "aroon_oscillator": _of("trend.AroonIndicator.aroon_indicator"),
    "vortex_plus": _of("trend.VortexIndicator.vortex_indicator_pos"),
    "vortex_minus": _of("trend.VortexIndicator.vortex_indicator_neg"),
    "mass_index": _of("trend.MassIndex.mass_index"),
    "bollinger": _of("volatility.BollingerBands.bollinger_pband", is_from_zero=True),
    "bollinger_width": _of("volatility.BollingerBands.bollinger_wband"),
    "keltner": _of(_KELTNER + "pband", original_version=False),
    "keltner_width": _of(_KELTNER + "wband", original_version=False),
    "donchian": _of("volatility.DonchianChannel.donchian_channel_pband"),
    "donchian_width": _of("volatility.DonchianChannel.donchian_channel_wband"),
    "ulcer_index": _of("volatility.UlcerIndex.ulcer_index"),
    "atr": _percent_of_close(_ATR, window=14),
    "atr_7": _percent_of_close(_ATR, window=7),
    "atr_50": _percent_of_close(_ATR, window=50),
    "atr_ratio": lambda bars: bars.column(_ATR, window=7) / bars.column(_ATR, window=50),
    "mfi": _of("volume.MFIIndicator.money_flow_index"),
    "cmf": _of("volume.ChaikinMoneyFlowIndicator.chaikin_money_flow"),
    "obv_change": _obv_change,
    "vpt_change": _vpt_change,
    "nvi_change": _nvi_change,
    "ad_session": _ad_session,
    "force_index": _force_index,
    "ease_of_movement": _ease_of_movement,
}
"""Our column: the same of `ta`, shape (n,), divided by what ours is divided by."""

IN_POINTS: dict[str, Expression] = {
    "macd": _of("trend.MACD.macd"),
    "macd_signal": _of("trend.MACD.macd_signal"),
    "macd_histogram": _of("trend.MACD.macd_diff"),
    "awesome_oscillator": _of("momentum.AwesomeOscillatorIndicator.awesome_oscillator"),
    "sma_distance_10": _below_close("trend.SMAIndicator.sma_indicator", window=10),
    "sma_distance_20": _below_close("trend.SMAIndicator.sma_indicator", window=20),
    "sma_distance_50": _below_close("trend.SMAIndicator.sma_indicator", window=50),
    "wma_distance_10": _below_close("trend.WMAIndicator.wma", window=10),
    "wma_distance_30": _below_close("trend.WMAIndicator.wma", window=30),
    "ema_distance_10": _below_close("trend.EMAIndicator.ema_indicator", window=10),
    "ema_distance_20": _below_close("trend.EMAIndicator.ema_indicator", window=20),
    "ema_distance_50": _below_close("trend.EMAIndicator.ema_indicator", window=50),
    "ema_distance_200": _below_close("trend.EMAIndicator.ema_indicator", window=200),
    "ema_cross_20_50": _crossing(20, 50),
    "ema_cross_50_200": _crossing(50, 200),
    "kama_distance": _below_close("momentum.KAMAIndicator.kama"),
    "dpo": _of("trend.DPOIndicator.dpo"),
    "ichimoku_conversion": _below_close(_CLOUD + "ichimoku_conversion_line", visual=True),
    "ichimoku_base": _below_close(_CLOUD + "ichimoku_base_line", visual=True),
    "ichimoku_span_a": _below_close(_CLOUD + "ichimoku_a", visual=True),
    "ichimoku_span_b": _below_close(_CLOUD + "ichimoku_b", visual=True),
}
"""Our column, which is in average true ranges: the same of `ta` in points, shape (n,)."""

TA_COMMON: tuple[str, ...] = (*IN_OUR_UNIT, *IN_POINTS)
"""All columns that both have."""


def ta_common(column: str, bars: TaBars) -> Floats:
    """Return what `ta` has for a column of ours, in our unit, shape (n,)."""
    if column in IN_OUR_UNIT:
        found = IN_OUR_UNIT[column](bars)
    else:
        found = IN_POINTS[column](bars) / bars.true_range()
    values: Floats = found.to_numpy(dtype=np.float64)
    return values
