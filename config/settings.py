"""Every tunable number, in frozen models that refuse unknown keys; profiles override defaults."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from utils.errors import ConfigError
from utils.registry import unknown_name_message
from utils.seeding import MAX_SEED

PROFILES_DIR = Path(__file__).resolve().parent / "profiles"
MAX_SHOWN = 80
"""Characters of a wrong value that its error line shows."""


class _Settings(BaseModel):
    """Frozen, without unknown keys, NaN or infinity; nothing is converted but integer to float."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        """Take numpy's scalars for what they hold, so that a seed may come from an array."""
        return value.item() if isinstance(value, np.generic) else value


class EnvSettings(_Settings):
    """What one trading account may do and pays, alike in the env, the back-test and the trader.

    Attributes:
        symbol: Key of INSTRUMENTS.
        initial_balance: Starting cash, USD.
        lookback_window: Bars in one observation, the current one included.
        stop_loss_ticks: Distance of the protective stop from the actual fill; None: no stop.
        take_profit_ticks: Distance of the target from the actual fill; None: no target.
        trailing_stop_ticks: Distance at which the stop follows the price; None: it stays.
        commission: USD per contract per side; None takes the instrument's default.
        slippage_ticks: Adverse ticks on every market and stop fill.
        spread_ticks: Bid to ask; half of it, rounded up, is paid beside the slippage.
        volatility_slippage_ticks: Further ticks for each time that the range of the last bars
            exceeds its own average over a day.
        off_hours_slippage_ticks: Further ticks outside regular hours.
        limit_through_ticks: How far beyond its limit the price must go for a limit to fill.
        path_policy: Key of PATH_POLICIES: what a bar that could do several things does first.
        flatten_minutes_before_close: When to close what is open before a session ends; None
            carries it over.
        no_entry_minutes_before_close: From when on nothing is opened; None: until the flatten.
        roll: "flatten" before a contract is rolled, or "charge" both sides and carry on.
        margin: Which margin an account must hold per contract: "overnight", "intraday", or "none".
        daily_loss_limit: Loss of a session, USD, at which it is over for the account.
        max_trades_per_day: Trades opened per session.
        prop_rules: Key of the prop-firm rule sets; None: none.
        reward: Key of REWARDS.
        reward_gamma: Discount of the potential in the shaped reward.
        reward_half_life: Bars after which risk-adjusted rewards have forgotten half.
        drawdown_penalty: What a USD of new drawdown costs beside itself, in the drawdown reward.
        position_sizer: Key of SIZERS.
        max_position: Largest position either way, contracts.
        risk_per_trade: Share of equity that one trade may lose, for sizers by risk.
        kelly_fraction: Share of the Kelly stake that is taken.
        kelly_min_trades: Closed trades without which the Kelly sizer stakes nothing.
        sizer_range_multiple: Average true ranges that one trade may lose, for the volatility sizer.
        full_drawdown: Drawdown, as a share of the peak, at which nothing is staked any more.
        ruin_equity: Equity, USD, at or below which the account is liquidated and the episode ends.
        action_mode: Key of ACTION_MODES: "discrete", "contracts" or "continuous".
        episode_mode: "full", "window" or "session"; None: a window if `episode_bars` is given.
        episode_bars: Decisions per episode, from a random seeded start; None: all bars once.
    """

    symbol: str = "MNQ"
    initial_balance: float = Field(default=10_000.0, gt=0, le=1e12)
    lookback_window: int = Field(default=50, ge=1, le=5_000)
    stop_loss_ticks: float | None = Field(default=200.0, ge=1, le=1_000_000)
    take_profit_ticks: float | None = Field(default=None, ge=1, le=1_000_000)
    trailing_stop_ticks: float | None = Field(default=None, ge=1, le=1_000_000)
    commission: float | None = Field(default=None, ge=0, le=10_000)
    slippage_ticks: int = Field(default=1, ge=0, le=1_000)
    spread_ticks: int = Field(default=0, ge=0, le=1_000)
    volatility_slippage_ticks: float = Field(default=0.0, ge=0, le=1_000)
    off_hours_slippage_ticks: int = Field(default=0, ge=0, le=1_000)
    limit_through_ticks: int = Field(default=1, ge=0, le=1_000)
    path_policy: str = "worst"
    flatten_minutes_before_close: int | None = Field(default=None, ge=0, le=1_440)
    no_entry_minutes_before_close: int | None = Field(default=None, ge=0, le=1_440)
    roll: Literal["flatten", "charge"] = "flatten"
    margin: Literal["overnight", "intraday", "none"] = "overnight"
    daily_loss_limit: float | None = Field(default=None, gt=0)
    max_trades_per_day: int | None = Field(default=None, ge=1, le=1_000_000)
    prop_rules: str | None = None
    reward: str = "sparse"
    reward_gamma: float = Field(default=1.0, gt=0, le=1)
    reward_half_life: float = Field(default=500.0, ge=1, le=1_000_000)
    drawdown_penalty: float = Field(default=1.0, ge=0, le=1_000)
    position_sizer: str = "fixed"
    max_position: int = Field(default=1, ge=1, le=10_000)
    risk_per_trade: float = Field(default=0.01, gt=0, le=1)
    kelly_fraction: float = Field(default=0.5, gt=0, le=1)
    kelly_min_trades: int = Field(default=30, ge=1, le=1_000_000)
    sizer_range_multiple: float = Field(default=2.0, gt=0, le=1_000)
    full_drawdown: float = Field(default=0.2, gt=0, le=1)
    ruin_equity: float = Field(default=0.0, ge=0)
    action_mode: str = "discrete"
    episode_mode: Literal["full", "window", "session"] | None = None
    episode_bars: int | None = Field(default=None, ge=1)


class AgentSettings(_Settings):
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


class TrainSettings(_Settings):
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


class DemoSettings(_Settings):
    """The demo's synthetic market.

    Attributes:
        n_bars: Five-minute bars to make.
        preset: Key of the synthetic PRESETS.
    """

    n_bars: int = Field(default=40_000, ge=2_000)
    preset: str = "overreaction"


class Settings(_Settings):
    """All settings of a run, as stored with it."""

    env: EnvSettings = EnvSettings()
    agent: AgentSettings = AgentSettings()
    train: TrainSettings = TrainSettings()
    demo: DemoSettings = DemoSettings()


_Model = TypeVar("_Model", bound=BaseModel)


def checked(
    model: type[_Model],
    values: dict[str, Any],
    where: str,
    options: Mapping[str, str] | None = None,
) -> _Model:
    """Build a settings model, turning the first violation into one clear line.

    Args:
        model: The settings class.
        values: Its fields.
        where: What to call the place of the mistake, e.g. "TradingEnv" or a profile's path.
        options: What the user knows a field as, e.g. {"stop_loss_ticks": "--fixed-sl-ticks"}.

    Raises:
        ConfigError: Naming field, bound, value and place.
    """
    try:
        return model(**values)
    except ValidationError as error:
        raise ConfigError(_first_violation(error, model, where, options or {})) from error


def overridden(
    model: _Model,
    values: Mapping[str, Any],
    where: str,
    options: Mapping[str, str] | None = None,
) -> _Model:
    """Return a checked copy of `model` in which the values that are not None replace its own.

    Args:
        model: Settings to start from.
        values: Field names to new values; None means "not given".
        where: What to call the place of a mistake.
        options: As for `checked`.
    """
    given = {name: value for name, value in values.items() if value is not None}
    return checked(type(model), {**model.model_dump(), **given}, where, options)


def _first_violation(
    error: ValidationError, model: type[BaseModel], where: str, options: Mapping[str, str]
) -> str:
    first = error.errors()[0]
    *tables, name = (str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        place = ", ".join([where, *(f"table `{table}`" for table in tables)])
        return f"{unknown_name_message(name, 'setting', _names_in(model, tables))} ({place})"
    path = options.get(name, ".".join([*tables, name]))
    message = first["msg"][0].lower() + first["msg"][1:]
    return f"`{path}` in {where}: {message}, was {_shown(first['input'])}"


def _shown(value: object) -> str:
    """Return a value as an error line shows it: on one line, and not all of a table."""
    text = " ".join(repr(value).split())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _names_in(model: type[BaseModel], tables: Sequence[str]) -> list[str]:
    """Return the settings of `model`, or of the model nested in it under these names."""
    for table in tables:
        nested = model.model_fields[table].annotation
        assert isinstance(nested, type)
        model = nested
    return list(model.model_fields)


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
