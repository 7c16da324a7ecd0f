"""Which columns of the `ta` library there are, how each is asked for, and which are refused.

The names are those of `ta.add_all_ta_features`. Computing them is left to data/ta_adapter.py.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TaColumn:
    """One column of `ta`.

    Attributes:
        module: Of `ta`, e.g. "momentum".
        indicator: The class in it.
        method: Of the class; returns the column.
        inputs: Columns of the bars that the class takes, by name.
        warm_up: Bars before the first value that is whole. There `ta` has NaN, zeros, or a window
            that is not yet full.
        parameters: Where `ta.add_all_ta_features` does not take the class's defaults.
    """

    module: str
    indicator: str
    method: str
    inputs: tuple[str, ...]
    warm_up: int
    parameters: dict[str, int] = field(default_factory=dict)


_INPUTS = {"h": "high", "l": "low", "c": "close", "v": "volume"}


def _column(path: str, inputs: str, warm_up: int, **parameters: int) -> TaColumn:
    """Return a column from `module.Class.method` and the first letters of what it takes."""
    module, indicator, method = path.split(".")
    return TaColumn(
        module=module,
        indicator=indicator,
        method=method,
        inputs=tuple(_INPUTS[letter] for letter in inputs),
        warm_up=warm_up,
        parameters=parameters,
    )


TA_COLUMNS: dict[str, TaColumn] = {
    "volume_adi": _column("volume.AccDistIndexIndicator.acc_dist_index", "hlcv", 0),
    "volume_obv": _column("volume.OnBalanceVolumeIndicator.on_balance_volume", "cv", 0),
    "volume_cmf": _column("volume.ChaikinMoneyFlowIndicator.chaikin_money_flow", "hlcv", 19),
    "volume_fi": _column("volume.ForceIndexIndicator.force_index", "cv", 13),
    "volume_em": _column("volume.EaseOfMovementIndicator.ease_of_movement", "hlv", 1),
    "volume_sma_em": _column("volume.EaseOfMovementIndicator.sma_ease_of_movement", "hlv", 14),
    "volume_vpt": _column("volume.VolumePriceTrendIndicator.volume_price_trend", "cv", 1),
    "volume_vwap": _column(
        "volume.VolumeWeightedAveragePrice.volume_weighted_average_price", "hlcv", 13
    ),
    "volume_mfi": _column("volume.MFIIndicator.money_flow_index", "hlcv", 13),
    "volume_nvi": _column("volume.NegativeVolumeIndexIndicator.negative_volume_index", "cv", 0),
    "volatility_bbm": _column("volatility.BollingerBands.bollinger_mavg", "c", 19),
    "volatility_bbh": _column("volatility.BollingerBands.bollinger_hband", "c", 19),
    "volatility_bbl": _column("volatility.BollingerBands.bollinger_lband", "c", 19),
    "volatility_bbw": _column("volatility.BollingerBands.bollinger_wband", "c", 19),
    "volatility_bbp": _column("volatility.BollingerBands.bollinger_pband", "c", 19),
    "volatility_bbhi": _column("volatility.BollingerBands.bollinger_hband_indicator", "c", 19),
    "volatility_bbli": _column("volatility.BollingerBands.bollinger_lband_indicator", "c", 19),
    "volatility_kcc": _column(
        "volatility.KeltnerChannel.keltner_channel_mband", "hlc", 9, window=10
    ),
    "volatility_kch": _column(
        "volatility.KeltnerChannel.keltner_channel_hband", "hlc", 9, window=10
    ),
    "volatility_kcl": _column(
        "volatility.KeltnerChannel.keltner_channel_lband", "hlc", 9, window=10
    ),
    "volatility_kcw": _column(
        "volatility.KeltnerChannel.keltner_channel_wband", "hlc", 9, window=10
    ),
    "volatility_kcp": _column(
        "volatility.KeltnerChannel.keltner_channel_pband", "hlc", 9, window=10
    ),
    "volatility_kchi": _column(
        "volatility.KeltnerChannel.keltner_channel_hband_indicator", "hlc", 9, window=10
    ),
    "volatility_kcli": _column(
        "volatility.KeltnerChannel.keltner_channel_lband_indicator", "hlc", 9, window=10
    ),
    "volatility_dcl": _column("volatility.DonchianChannel.donchian_channel_lband", "hlc", 19),
    "volatility_dch": _column("volatility.DonchianChannel.donchian_channel_hband", "hlc", 19),
    "volatility_dcm": _column("volatility.DonchianChannel.donchian_channel_mband", "hlc", 19),
    "volatility_dcw": _column("volatility.DonchianChannel.donchian_channel_wband", "hlc", 19),
    "volatility_dcp": _column("volatility.DonchianChannel.donchian_channel_pband", "hlc", 19),
    "volatility_atr": _column(
        "volatility.AverageTrueRange.average_true_range", "hlc", 9, window=10
    ),
    "volatility_ui": _column("volatility.UlcerIndex.ulcer_index", "c", 26),
    "trend_macd": _column("trend.MACD.macd", "c", 25),
    "trend_macd_signal": _column("trend.MACD.macd_signal", "c", 33),
    "trend_macd_diff": _column("trend.MACD.macd_diff", "c", 33),
    "trend_sma_fast": _column("trend.SMAIndicator.sma_indicator", "c", 11, window=12),
    "trend_sma_slow": _column("trend.SMAIndicator.sma_indicator", "c", 25, window=26),
    "trend_ema_fast": _column("trend.EMAIndicator.ema_indicator", "c", 11, window=12),
    "trend_ema_slow": _column("trend.EMAIndicator.ema_indicator", "c", 25, window=26),
    "trend_vortex_ind_pos": _column("trend.VortexIndicator.vortex_indicator_pos", "hlc", 14),
    "trend_vortex_ind_neg": _column("trend.VortexIndicator.vortex_indicator_neg", "hlc", 14),
    "trend_vortex_ind_diff": _column("trend.VortexIndicator.vortex_indicator_diff", "hlc", 14),
    "trend_trix": _column("trend.TRIXIndicator.trix", "c", 43),
    "trend_mass_index": _column("trend.MassIndex.mass_index", "hl", 40),
    "trend_dpo": _column("trend.DPOIndicator.dpo", "c", 19),
    "trend_ichimoku_conv": _column("trend.IchimokuIndicator.ichimoku_conversion_line", "hl", 8),
    "trend_ichimoku_base": _column("trend.IchimokuIndicator.ichimoku_base_line", "hl", 25),
    "trend_ichimoku_a": _column("trend.IchimokuIndicator.ichimoku_a", "hl", 25),
    "trend_ichimoku_b": _column("trend.IchimokuIndicator.ichimoku_b", "hl", 51),
    "trend_stc": _column("trend.STCIndicator.stc", "c", 85),
    "trend_adx": _column("trend.ADXIndicator.adx", "hlc", 27),
    "trend_adx_pos": _column("trend.ADXIndicator.adx_pos", "hlc", 15),
    "trend_adx_neg": _column("trend.ADXIndicator.adx_neg", "hlc", 15),
    "trend_cci": _column("trend.CCIIndicator.cci", "hlc", 19),
    "trend_aroon_up": _column("trend.AroonIndicator.aroon_up", "hl", 25),
    "trend_aroon_down": _column("trend.AroonIndicator.aroon_down", "hl", 25),
    "trend_aroon_ind": _column("trend.AroonIndicator.aroon_indicator", "hl", 25),
    "trend_psar_up_indicator": _column("trend.PSARIndicator.psar_up_indicator", "hlc", 3),
    "trend_psar_down_indicator": _column("trend.PSARIndicator.psar_down_indicator", "hlc", 3),
    "momentum_rsi": _column("momentum.RSIIndicator.rsi", "c", 13),
    "momentum_stoch_rsi": _column("momentum.StochRSIIndicator.stochrsi", "c", 26),
    "momentum_stoch_rsi_k": _column("momentum.StochRSIIndicator.stochrsi_k", "c", 28),
    "momentum_stoch_rsi_d": _column("momentum.StochRSIIndicator.stochrsi_d", "c", 30),
    "momentum_tsi": _column("momentum.TSIIndicator.tsi", "c", 37),
    "momentum_uo": _column("momentum.UltimateOscillator.ultimate_oscillator", "hlc", 28),
    "momentum_stoch": _column("momentum.StochasticOscillator.stoch", "hlc", 13),
    "momentum_stoch_signal": _column("momentum.StochasticOscillator.stoch_signal", "hlc", 15),
    "momentum_wr": _column("momentum.WilliamsRIndicator.williams_r", "hlc", 13),
    "momentum_ao": _column("momentum.AwesomeOscillatorIndicator.awesome_oscillator", "hl", 33),
    "momentum_roc": _column("momentum.ROCIndicator.roc", "c", 12),
    "momentum_ppo": _column("momentum.PercentagePriceOscillator.ppo", "c", 25),
    "momentum_ppo_signal": _column("momentum.PercentagePriceOscillator.ppo_signal", "c", 33),
    "momentum_ppo_hist": _column("momentum.PercentagePriceOscillator.ppo_hist", "c", 33),
    "momentum_pvo": _column("momentum.PercentageVolumeOscillator.pvo", "v", 25),
    "momentum_pvo_signal": _column("momentum.PercentageVolumeOscillator.pvo_signal", "v", 33),
    "momentum_pvo_hist": _column("momentum.PercentageVolumeOscillator.pvo_hist", "v", 33),
    "momentum_kama": _column("momentum.KAMAIndicator.kama", "c", 9),
    "others_dr": _column("others.DailyReturnIndicator.daily_return", "c", 1),
    "others_dlr": _column("others.DailyLogReturnIndicator.daily_log_return", "c", 1),
    "others_cr": _column("others.CumulativeReturnIndicator.cumulative_return", "c", 0),
}
"""All that can be asked for as `ta:<name>`; each passes the truncation and poison tests."""

_LEAKS = (
    "its head is filled with the mean of the whole sample, later bars included, and its running "
    "sums carry traces of that on; our own `kst` is causal"
)
_SHIFTED = (
    "its first 26 rows are the mean of the whole sample, later bars included; our own "
    "`ichimoku_cloud` is causal"
)
_HALF = "it is NaN whenever the trend is the other way; our own `psar_distance` never is"

TA_REFUSED: dict[str, str] = {
    "trend_kst": _LEAKS,
    "trend_kst_sig": _LEAKS,
    "trend_kst_diff": _LEAKS,
    "trend_visual_ichimoku_a": _SHIFTED,
    "trend_visual_ichimoku_b": _SHIFTED,
    "trend_psar_up": _HALF,
    "trend_psar_down": _HALF,
}
"""Columns of `ta` that are not to be had, and why."""
