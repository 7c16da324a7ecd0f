"""The table of all features that can be asked for by name.

Kernels and their specifications live beside each other in data/indicators; selecting, running and
scaling them is left to data/feature_set.py and data/preprocessor.py.
"""

from data.indicators.momentum import MOMENTUM_FEATURES
from data.indicators.price import PRICE_FEATURES
from data.indicators.spec import FeatureSpec
from data.indicators.time_of_day import TIME_FEATURES
from data.indicators.trend import TREND_FEATURES
from data.indicators.volatility import VOLATILITY_FEATURES
from data.indicators.volume import VOLUME_FEATURES

__all__ = ["FEATURES", "FeatureSpec"]

FEATURES: dict[str, FeatureSpec] = {
    **PRICE_FEATURES,
    **MOMENTUM_FEATURES,
    **TREND_FEATURES,
    **VOLATILITY_FEATURES,
    **VOLUME_FEATURES,
    **TIME_FEATURES,
}
