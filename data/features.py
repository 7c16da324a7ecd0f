"""The table of all features that can be asked for by name.

Kernels and their specifications live beside each other in data/indicators; selecting, running and
scaling them is left to data/feature_set.py and data/preprocessor.py.
"""

from data.indicators.averages import AVERAGE_FEATURES
from data.indicators.change_points import CHANGE_POINT_FEATURES
from data.indicators.convergence import CONVERGENCE_FEATURES
from data.indicators.cross import CROSS_FEATURES
from data.indicators.cycles import CYCLE_FEATURES
from data.indicators.directional import DIRECTIONAL_FEATURES
from data.indicators.distribution import DISTRIBUTION_FEATURES
from data.indicators.entropy import ENTROPY_FEATURES
from data.indicators.ichimoku import ICHIMOKU_FEATURES
from data.indicators.memory import MEMORY_FEATURES
from data.indicators.microstructure_bars import MICROSTRUCTURE_BAR_FEATURES
from data.indicators.microstructure_liquidity import MICROSTRUCTURE_LIQUIDITY_FEATURES
from data.indicators.momentum import MOMENTUM_FEATURES
from data.indicators.multi_timeframe import MULTI_TIMEFRAME_FEATURES
from data.indicators.oscillators import OSCILLATOR_FEATURES
from data.indicators.pressure import PRESSURE_FEATURES
from data.indicators.price import PRICE_FEATURES
from data.indicators.regime import REGIME_FEATURES
from data.indicators.regression import REGRESSION_FEATURES
from data.indicators.session_levels import SESSION_FEATURES
from data.indicators.smoothed_momentum import SMOOTHED_MOMENTUM_FEATURES
from data.indicators.spec import FeatureSpec
from data.indicators.standing import STANDING_FEATURES
from data.indicators.time_of_day import TIME_FEATURES
from data.indicators.trailing_stops import TRAILING_STOP_FEATURES
from data.indicators.trend import TREND_FEATURES
from data.indicators.volatility import VOLATILITY_FEATURES
from data.indicators.volatility_channels import VOLATILITY_CHANNEL_FEATURES
from data.indicators.volatility_ranges import VOLATILITY_RANGE_FEATURES
from data.indicators.volatility_returns import VOLATILITY_RETURN_FEATURES
from data.indicators.volatility_true_range import VOLATILITY_TRUE_RANGE_FEATURES
from data.indicators.volume import VOLUME_FEATURES
from data.indicators.volume_activity import VOLUME_ACTIVITY_FEATURES
from data.indicators.volume_flow import VOLUME_FLOW_FEATURES
from data.indicators.volume_session import VOLUME_SESSION_FEATURES

__all__ = ["FEATURES", "FeatureSpec"]

FEATURES: dict[str, FeatureSpec] = {
    **PRICE_FEATURES,
    **MOMENTUM_FEATURES,
    **OSCILLATOR_FEATURES,
    **PRESSURE_FEATURES,
    **CONVERGENCE_FEATURES,
    **SMOOTHED_MOMENTUM_FEATURES,
    **TREND_FEATURES,
    **AVERAGE_FEATURES,
    **DIRECTIONAL_FEATURES,
    **TRAILING_STOP_FEATURES,
    **ICHIMOKU_FEATURES,
    **REGRESSION_FEATURES,
    **CYCLE_FEATURES,
    **VOLATILITY_FEATURES,
    **VOLATILITY_RETURN_FEATURES,
    **VOLATILITY_RANGE_FEATURES,
    **VOLATILITY_TRUE_RANGE_FEATURES,
    **VOLATILITY_CHANNEL_FEATURES,
    **VOLUME_FEATURES,
    **VOLUME_FLOW_FEATURES,
    **VOLUME_SESSION_FEATURES,
    **VOLUME_ACTIVITY_FEATURES,
    **MICROSTRUCTURE_LIQUIDITY_FEATURES,
    **MICROSTRUCTURE_BAR_FEATURES,
    **DISTRIBUTION_FEATURES,
    **STANDING_FEATURES,
    **MEMORY_FEATURES,
    **ENTROPY_FEATURES,
    **TIME_FEATURES,
    **REGIME_FEATURES,
    **CHANGE_POINT_FEATURES,
    **SESSION_FEATURES,
    **MULTI_TIMEFRAME_FEATURES,
    **CROSS_FEATURES,
}
