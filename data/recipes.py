"""Recipes: names for selections of features, accepted wherever a feature's name is.

A recipe only stands for its features: models, hashes and snapshots know the features themselves,
so a recipe may change without any model noticing. What the features are is left to
data/features.py and data/indicators.
"""

from collections.abc import Sequence

from data.features import FEATURES
from data.indicators.averages import AVERAGE_FEATURES
from data.indicators.change_points import CHANGE_POINT_FEATURES
from data.indicators.convergence import CONVERGENCE_FEATURES
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
from data.indicators.regime import REGIME_FEATURES
from data.indicators.regression import REGRESSION_FEATURES
from data.indicators.session_levels import SESSION_FEATURES
from data.indicators.smoothed_momentum import SMOOTHED_MOMENTUM_FEATURES
from data.indicators.standing import STANDING_FEATURES
from data.indicators.time_of_day import TIME_FEATURES
from data.indicators.trailing_stops import TRAILING_STOP_FEATURES
from data.indicators.volatility import VOLATILITY_FEATURES
from data.indicators.volatility_channels import VOLATILITY_CHANNEL_FEATURES
from data.indicators.volatility_ranges import VOLATILITY_RANGE_FEATURES
from data.indicators.volatility_returns import VOLATILITY_RETURN_FEATURES
from data.indicators.volatility_true_range import VOLATILITY_TRUE_RANGE_FEATURES
from data.indicators.volume import VOLUME_FEATURES
from data.indicators.volume_activity import VOLUME_ACTIVITY_FEATURES
from data.indicators.volume_flow import VOLUME_FLOW_FEATURES
from data.indicators.volume_session import VOLUME_SESSION_FEATURES
from utils.errors import ConfigError

RECIPES: dict[str, tuple[str, ...]] = {
    "basic": ("log_return", "session_return", "volatility_20"),
    "momentum": (
        *MOMENTUM_FEATURES,
        *OSCILLATOR_FEATURES,
        *PRESSURE_FEATURES,
        "macd",
        *CONVERGENCE_FEATURES,
        *SMOOTHED_MOMENTUM_FEATURES,
    ),
    "trend": (
        "ema_slope",
        "adx",
        *AVERAGE_FEATURES,
        *DIRECTIONAL_FEATURES,
        *TRAILING_STOP_FEATURES,
        *ICHIMOKU_FEATURES,
        *REGRESSION_FEATURES,
        *CYCLE_FEATURES,
    ),
    "volatility": (
        *VOLATILITY_FEATURES,
        *VOLATILITY_RETURN_FEATURES,
        *VOLATILITY_RANGE_FEATURES,
        *VOLATILITY_TRUE_RANGE_FEATURES,
        *VOLATILITY_CHANNEL_FEATURES,
    ),
    "volume": (
        *VOLUME_FEATURES,
        *VOLUME_FLOW_FEATURES,
        *VOLUME_SESSION_FEATURES,
        *VOLUME_ACTIVITY_FEATURES,
    ),
    "microstructure": (
        "close_location",
        *MICROSTRUCTURE_LIQUIDITY_FEATURES,
        *MICROSTRUCTURE_BAR_FEATURES,
    ),
    "statistical": (
        *DISTRIBUTION_FEATURES,
        *STANDING_FEATURES,
        *MEMORY_FEATURES,
        *ENTROPY_FEATURES,
    ),
    "time": tuple(TIME_FEATURES),
    "regime": (*REGIME_FEATURES, *CHANGE_POINT_FEATURES),
    "multi_timeframe": (*MULTI_TIMEFRAME_FEATURES, *SESSION_FEATURES),
    "cross": tuple(name for name, spec in FEATURES.items() if spec.needs_other),
    "full": tuple(name for name, spec in FEATURES.items() if not spec.needs_other),
    "mnq_default": (
        "log_return",
        "session_return",
        "rsi",
        "stochastic",
        "macd",
        "macd_histogram",
        "mfi",
        "adx",
        "aroon_oscillator",
        "ema_distance_200",
        "supertrend_side",
        "linreg_r2",
        "atr",
        "bollinger_width",
        "range_atr",
        "relative_volume",
        "volume_by_time",
        "vwap_distance",
        "cmf",
        "obv_change",
        "close_location",
        "roll_spread",
        "skew_60",
        "autocorrelation_1",
        "variance_ratio_12",
        "permutation_entropy_100",
        "time_sin",
        "time_cos",
        "day_of_week",
        "minutes_to_close",
        "rth_flag",
        "trend_strength_60",
        "volatility_regime",
        "cusum_drift",
        "cusum_volatility",
        "change_1h",
        "change_1d",
        "ema_distance_1d",
        "previous_high_distance",
        "previous_low_distance",
    ),
}
"""Recipe: its features, in order. All but `cross` need one market only.

`mnq_default` has something of every family, and nothing twice; docs/recipes.md says how it was
chosen and how much of `full` it leaves out.
"""


def expand_recipes(names: Sequence[str]) -> tuple[str, ...]:
    """Return names with each recipe replaced by its features, in order.

    A feature that several recipes have counts once, where it comes first.

    Args:
        names: Of recipes, and of anything else, which is returned as it is.

    Raises:
        ConfigError: If a recipe is named twice, or a feature beside a recipe that has it.
    """
    _check_named_once(names)
    expanded: dict[str, None] = {}
    result: list[str] = []
    for name in names:
        if name not in RECIPES:
            result.append(name)
            continue
        added = [feature for feature in RECIPES[name] if feature not in expanded]
        expanded.update(dict.fromkeys(added))
        result.extend(added)
    return tuple(result)


def _check_named_once(names: Sequence[str]) -> None:
    recipes = [name for name in names if name in RECIPES]
    repeated = sorted({name for name in recipes if recipes.count(name) > 1})
    if repeated:
        raise ConfigError(f"name each recipe once, repeated: {', '.join(repeated)}")
    for name in names:
        holders = [recipe for recipe in recipes if name in RECIPES[recipe]]
        if holders:
            raise ConfigError(
                f"`{name}` is in recipe `{holders[0]}` already: leave one of the two out"
            )


def recipes_with(name: str) -> tuple[str, ...]:
    """Return the recipes that a feature is in, but for `full`, which has them all."""
    return tuple(recipe for recipe in RECIPES if recipe != "full" and name in RECIPES[recipe])
