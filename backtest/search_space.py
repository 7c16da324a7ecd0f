"""What a tuning may try: a range or a list of values per setting, checked, and drawn by Optuna.

Which settings are searched by default is left to `search_defaults.py`; a file of the user's own to
`search_file.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.settings import AgentSettings, EnvSettings, Settings, TrainSettings, overridden
from data.feature_names import split_names
from utils.errors import ConfigError
from utils.registry import unknown_name_message

if TYPE_CHECKING:
    from optuna import Trial

Value = bool | int | float | str

TABLES: Mapping[str, type[AgentSettings] | type[EnvSettings] | type[TrainSettings]] = {
    "agent": AgentSettings,
    "env": EnvSettings,
    "train": TrainSettings,
}
"""The tables of Settings whose values can be searched."""

FEATURES = "train.features"

GIVEN = frozenset(
    {
        "train.test_fraction",
        *(
            f"agent.{name}"
            for name in (
                "seed",
                "validation_fraction",
                "validation_bars",
                "validation_purge_bars",
                "device",
                "threads",
            )
        ),
        *(
            f"env.{name}"
            for name in (
                "symbol",
                "initial_balance",
                "commission",
                "slippage_ticks",
                "spread_ticks",
                "volatility_slippage_ticks",
                "off_hours_slippage_ticks",
                "limit_through_ticks",
                "path_policy",
                "roll",
                "margin",
                "ruin_equity",
                "prop_rules",
            )
        ),
    }
)
"""What trials are measured by, or what the folds say: the best of them would be the kindest law."""

FEATURE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "default": tuple(TrainSettings().features),
    "momentum": ("log_return", "rsi", "macd", "roc", "stochastic", "time_sin", "time_cos"),
    "trend": ("log_return", "macd", "ema_slope", "adx", "vwap_distance", "time_sin", "time_cos"),
    "range": ("log_return", "bollinger", "atr", "volatility_20", "relative_volume", "time_sin"),
    "few": ("log_return", "rsi", "volatility_20"),
}
"""What a choice of `train.features` may name; any other choice is features by commas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Every number from `low` to `high`, both included.

    Attributes:
        low: In the setting's own unit.
        high: Above `low`.
        log: Whether ratios count, not differences; `low` > 0 then.
        is_whole: Whether only whole numbers are drawn.
    """

    low: float
    high: float
    log: bool = False
    is_whole: bool = False

    def __str__(self) -> str:
        """Return e.g. "0.0001 to 0.003, by ratio"."""
        return f"{self.low:g} to {self.high:g}{', by ratio' if self.log else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Some values, in no order that the search knows of.

    Attributes:
        values: At least one, each once.
    """

    values: tuple[Value, ...]

    def __str__(self) -> str:
        """Return e.g. "16, 32 or 64"."""
        *most, last = (str(value) for value in self.values)
        return f"{', '.join(most)} or {last}" if most else last


Dimension = Range | Choices

SearchSpace = Mapping[str, Dimension]
"""By "table.setting", e.g. "agent.learning_rate", in the order in which values are drawn."""


def checked_name(name: str, where: str) -> str:
    """Return a "table.setting"; a ConfigError where there is none such, or none to search.

    Args:
        name: What the user wrote.
        where: What to call the place of a mistake.
    """
    table, _, field = name.partition(".")
    known = [f"{each}.{own}" for each, model in TABLES.items() for own in model.model_fields]
    if table not in TABLES or field not in TABLES[table].model_fields:
        raise ConfigError(f"{unknown_name_message(name, 'setting', _near(name, known))} ({where})")
    if name in GIVEN:
        raise ConfigError(
            f"`{name}` in {where} cannot be searched: trials are measured by it, or their folds "
            f"say it; give it once for all of them, by an option or in the profile"
        )
    return name


def _near(name: str, known: list[str]) -> list[str]:
    """Return the settings of the table that is meant, or of all where none is."""
    own = [other for other in known if other.startswith(f"{name.partition('.')[0]}.")]
    return own or known


def check_space(space: SearchSpace, base: Settings, where: str) -> None:
    """Refuse what is empty, or a value that no settings take.

    Args:
        space: To check; its names are known.
        base: Settings that the values will be put into.
        where: What to call the place of a mistake.

    Raises:
        ConfigError: Naming setting, bound and value.
    """
    if not space:
        raise ConfigError(f"{where} leaves nothing to search: name at least one setting")
    for name, dimension in space.items():
        if isinstance(dimension, Range):
            _check_range(name, dimension, where)
        else:
            _check_choices(name, dimension, where)
        for value in _extremes(dimension):
            with_values(base, {name: value}, where)


def _check_range(name: str, own: Range, where: str) -> None:
    if own.is_whole and not (float(own.low).is_integer() and float(own.high).is_integer()):
        raise ConfigError(
            f"`{name}` in {where} is a whole number: `low` and `high` must be, were {own.low:g} "
            f"and {own.high:g}"
        )
    if not own.low < own.high:
        raise ConfigError(
            f"`{name}` in {where} is empty: `low` must be below `high` ({own.high:g}), was "
            f"{own.low:g}; a single value goes into `choices`"
        )
    if own.log and own.low <= 0:
        raise ConfigError(
            f"`{name}` in {where}: `low` must be > 0 where `log` is true, was {own.low:g}"
        )


def _check_choices(name: str, own: Choices, where: str) -> None:
    if not own.values:
        raise ConfigError(f"`{name}` in {where} is empty: give at least one of `choices`")
    if len(set(map(repr, own.values))) < len(own.values):
        raise ConfigError(f"`{name}` in {where} names a choice twice: {own}; name each once")


def _extremes(dimension: Dimension) -> tuple[Value, ...]:
    if isinstance(dimension, Choices):
        return dimension.values
    return tuple(_typed(dimension, bound) for bound in (dimension.low, dimension.high))


def _typed(own: Range, bound: float) -> Value:
    return int(bound) if own.is_whole else float(bound)


def drawn(trial: "Trial", space: SearchSpace) -> dict[str, Value]:
    """Return a value per dimension, as the study's sampler chooses, in the order of `space`."""
    return {name: _suggested(trial, name, dimension) for name, dimension in space.items()}


def _suggested(trial: "Trial", name: str, own: Dimension) -> Value:
    if isinstance(own, Choices):
        chosen = trial.suggest_categorical(name, own.values)
        assert chosen is not None  # no choice is
        return chosen
    if own.is_whole:
        return trial.suggest_int(name, int(own.low), int(own.high), log=own.log)
    return trial.suggest_float(name, own.low, own.high, log=own.log)


def with_values(base: Settings, values: Mapping[str, Value], where: str) -> Settings:
    """Return settings in which drawn values replace those of `base`.

    What `base` never set is derived anew, as presets that another algorithm brings.

    Args:
        base: Settings to start from.
        values: By "table.setting"; features by group or by commas.
        where: What to call the place of a mistake.

    Raises:
        ConfigError: If a value is out of its bounds.
    """
    changed = {}
    for table in TABLES:
        own = {
            name.partition(".")[2]: _setting(name, value)
            for name, value in values.items()
            if name.startswith(f"{table}.")
        }
        changed[table] = overridden(getattr(base, table), own, where)
    return base.model_copy(update=changed)


def _setting(name: str, value: Value) -> Any:
    if name != FEATURES or not isinstance(value, str):
        return value
    return FEATURE_GROUPS[value] if value in FEATURE_GROUPS else tuple(split_names(value))
