"""Every tunable number, in frozen models that refuse unknown keys; profiles override defaults.

The agent's are in config/agent_settings.py, the environment's in config/env_settings.py, those of
walk-forward folds in config/fold_settings.py, the checks of all in config/checking.py; all are to
be had from here.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field

from config.agent_settings import AgentSettings
from config.checking import FrozenSettings, checked, overridden
from config.env_settings import EnvSettings
from config.fold_settings import FoldSettings
from utils.errors import ConfigError

__all__ = [
    "DEFAULT_FEATURES",
    "PROFILES_DIR",
    "AgentSettings",
    "DemoSettings",
    "EnvSettings",
    "FoldSettings",
    "Settings",
    "TrainSettings",
    "checked",
    "load_profile",
    "overridden",
    "profile_values",
]

TRADER_TABLE = "trader"
"""What a profile says of live trading; config/trader_settings.py reads it."""

PROFILES_DIR = Path(__file__).resolve().parent / "profiles"


DEFAULT_FEATURES = (
    "log_return",
    "rsi",
    "macd",
    "roc",
    "bollinger",
    "stochastic",
    "ema_slope",
    "adx",
    "atr",
    "volatility_20",
    "relative_volume",
    "vwap_distance",
    "time_sin",
    "time_cos",
)
"""What an agent sees unless told otherwise: movement, range, trend, risk, volume, hour."""


class TrainSettings(FrozenSettings):
    """One training run: what is learnt from, how long, and what is held back.

    Attributes:
        features: Feature names, in order.
        timesteps: Environment steps.
        test_fraction: Last share of the bars, which training never touches.
        forecast_columns: Columns of forecasts, in order, that the bars must have beside them.
        scaler: Key of FITS: standard, robust or rank_normal, fitted on the training rows.
        scale_by_session: Whether regular hours and the rest are scaled apart.
    """

    features: tuple[str, ...] = Field(default=DEFAULT_FEATURES, strict=False)  # TOML has lists
    forecast_columns: tuple[str, ...] = Field(default=(), strict=False)
    timesteps: int = Field(default=100_000, ge=1)
    test_fraction: float = Field(default=0.2, ge=0, lt=1)
    scaler: str = "standard"
    scale_by_session: bool = False


class DemoSettings(FrozenSettings):
    """The demo's synthetic market, and how long EPG learns on it; PPO as TrainSettings say.

    Attributes:
        n_bars: Five-minute bars to make.
        strength: Key of EDGES: the edge that is planted in them.
        epg_timesteps: Bars that EPG visits.
    """

    n_bars: int = Field(default=40_000, ge=2_000)
    strength: str = "medium"
    epg_timesteps: int = Field(default=400_000, ge=1)


class Settings(FrozenSettings):
    """All settings of a run, as stored with it."""

    env: EnvSettings = EnvSettings()
    agent: AgentSettings = AgentSettings()
    train: TrainSettings = TrainSettings()
    folds: FoldSettings = FoldSettings()
    demo: DemoSettings = DemoSettings()


def load_profile(name: str = "default") -> Settings:
    """Return the settings of `config/profiles/<name>.toml`, or of a TOML file at that path.

    Raises:
        ConfigError: If there is no such profile, it is not TOML, or a value is out of bounds.
    """
    values = profile_values(name)
    values.pop(TRADER_TABLE, None)
    return checked(Settings, values, f"profile `{name}`")


def profile_values(name: str) -> dict[str, Any]:
    """Return what a profile's file says, the trader's table too; errors as for `load_profile`."""
    path = Path(name) if name.endswith(".toml") else PROFILES_DIR / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        names = ", ".join(sorted(file.stem for file in PROFILES_DIR.glob("*.toml")))
        raise ConfigError(
            f"no profile `{name}` (choices: {names}, or a path ending in .toml)"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read profile `{path}`: {error}") from error
