"""Every tunable number, in frozen models that refuse unknown keys; profiles override defaults.

The environment's are in config/env_settings.py, the checks of all in config/checking.py; both are
to be had from here.
"""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field

from config.checking import FrozenSettings, checked, overridden
from config.env_settings import EnvSettings
from utils.errors import ConfigError
from utils.seeding import MAX_SEED

__all__ = [
    "DEFAULT_FEATURES",
    "PROFILES_DIR",
    "AgentSettings",
    "DemoSettings",
    "EnvSettings",
    "Settings",
    "TrainSettings",
    "checked",
    "load_profile",
    "overridden",
]

PROFILES_DIR = Path(__file__).resolve().parent / "profiles"


class AgentSettings(FrozenSettings):
    """How an agent learns. The defaults are the best PPO found on a planted-edge market; see docs.

    Attributes:
        algorithm: Key of ALGORITHMS.
        feature_extractor: Key of EXTRACTORS.
        learning_rate: Adam's step size.
        n_envs: Copies of the environment that collect experience side by side.
        n_steps: Steps that each copy takes per rollout.
        batch_size: Samples per forward and backward pass.
        grad_accumulation: Batches whose mean gradient makes one optimiser step.
        n_epochs: Passes over each rollout (PPO).
        gamma: Discount per bar.
        gae_lambda: Decay of the generalised advantage estimate.
        ent_coef: Weight of the entropy bonus.
        clip_range: PPO's ratio clip.
        hidden_size: Width of the market tower.
        training_episode_bars: Length of the random training windows, where the env itself passes
            over all its bars.
        cost_ramp_steps: Timesteps over which training costs grow from zero; 0 starts at full.
        device: "auto", "cpu" or "cuda".
        threads: Torch threads while training; fixed, because results depend on it. More than one
            pays only on cores that nothing else uses: waiting threads spin.
        seed: Seeds everything.
    """

    algorithm: str = "PPO"
    feature_extractor: str = "lstm"
    learning_rate: float = Field(default=3e-4, gt=0, le=1)
    n_envs: int = Field(default=8, ge=1, le=4_096)
    n_steps: int = Field(default=256, ge=2)
    batch_size: int = Field(default=256, ge=2)
    grad_accumulation: int = Field(default=1, ge=1)
    n_epochs: int = Field(default=4, ge=1)
    gamma: float = Field(default=0.95, ge=0, le=1)
    gae_lambda: float = Field(default=0.9, ge=0, le=1)
    ent_coef: float = Field(default=0.005, ge=0)
    clip_range: float = Field(default=0.2, gt=0)
    hidden_size: int = Field(default=64, ge=1, le=4_096)
    training_episode_bars: int = Field(default=1_024, ge=1)
    cost_ramp_steps: int = Field(default=0, ge=0)
    device: Literal["auto", "cpu", "cuda"] = "cpu"
    threads: int = Field(default=1, ge=1)
    seed: int = Field(default=0, ge=0, le=MAX_SEED)


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
        folds: Test blocks of a walk-forward run.
        embargo_bars: Bars left out between training and test block; 276 are one session.
        scaler: Key of FITS: standard, robust or rank_normal, fitted on the training rows.
        scale_by_session: Whether regular hours and the rest are scaled apart.
    """

    features: tuple[str, ...] = Field(default=DEFAULT_FEATURES, strict=False)  # TOML has lists
    timesteps: int = Field(default=100_000, ge=1)
    test_fraction: float = Field(default=0.2, ge=0, lt=1)
    folds: int = Field(default=3, ge=1, le=1_000)
    embargo_bars: int = Field(default=276, ge=0)
    scaler: str = "standard"
    scale_by_session: bool = False


class DemoSettings(FrozenSettings):
    """The demo's synthetic market.

    Attributes:
        n_bars: Five-minute bars to make.
        preset: Key of the synthetic PRESETS.
    """

    n_bars: int = Field(default=40_000, ge=2_000)
    preset: str = "overreaction"


class Settings(FrozenSettings):
    """All settings of a run, as stored with it."""

    env: EnvSettings = EnvSettings()
    agent: AgentSettings = AgentSettings()
    train: TrainSettings = TrainSettings()
    demo: DemoSettings = DemoSettings()


def load_profile(name: str = "default") -> Settings:
    """Return the settings of `config/profiles/<name>.toml`, or of a TOML file at that path.

    Raises:
        ConfigError: If there is no such profile, it is not TOML, or a value is out of bounds.
    """
    path = Path(name) if name.endswith(".toml") else PROFILES_DIR / f"{name}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        names = ", ".join(sorted(file.stem for file in PROFILES_DIR.glob("*.toml")))
        raise ConfigError(
            f"no profile `{name}` (choices: {names}, or a path ending in .toml)"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read profile `{path}`: {error}") from error
    return checked(Settings, values, f"profile `{name}`")
