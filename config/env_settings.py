"""What one account may do and pays: the settings of environment, back-test and trader alike."""

from typing import Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator

from config.checking import FrozenSettings
from config.prop_rules import PropRules, prop_rules_of

NOTHING = "none"
"""What a TOML file says for None."""


class EnvSettings(FrozenSettings):
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
        volatility_slippage_ticks: Further ticks for each time that the average range of the last
            bars exceeds its own mean over a day: 2.0 adds two where bars are twice as high as
            usual. Rounded to whole ticks, and at most ten times.
        off_hours_slippage_ticks: Further ticks on fills in bars that open outside the instrument's
            regular hours.
        limit_through_ticks: How far beyond its limit the price must go for a limit to fill.
        path_policy: Key of PATH_POLICIES: what a bar that could do several things does first.
        flatten_minutes_before_close: From the first bar that closes so near to its session's
            close (half days have their own), what is open is closed at the next open, and nothing
            is opened. 0 closes at the last close; None carries positions into the next session.
        no_entry_minutes_before_close: From when on nothing is opened, likewise; at least the
            minutes of the flatten. None: until the flatten.
        roll: "flatten": nothing is held over a change of contract; what is open is closed so many
            minutes before the old one's last close as before any other, ten if none are given.
            "charge": it is closed and opened again, both at cost.
        margin: Which margin an account must hold per contract: "overnight", "intraday", or "none".
        daily_loss_limit: Loss of a session, USD, at which it is over for the account; None: none.
        max_trades_per_day: Trades opened per session; None: any number.
        prop_rules: A prop firm's rule set, given by name, e.g. "evaluation_50k", or as
            "FILE.toml:NAME" for one of your own; None: none. A model keeps the rules themselves.
        reward: Key of REWARDS.
        reward_gamma: Discount of the potential in the shaped reward.
        reward_half_life: Bars after which risk-adjusted rewards have forgotten half.
        drawdown_penalty: What a USD of new drawdown costs beside itself, in the drawdown reward.
        position_sizer: Key of SIZERS.
        max_position: Largest position either way, contracts.
        risk_per_trade: Share of equity that one trade may lose, for sizers by risk.
        kelly_fraction: Share of the Kelly stake that is taken.
        kelly_min_trades: Closed trades from which on the Kelly sizer goes by them.
        kelly_win_rate: What it expects until then; None: it stakes nothing until then.
        kelly_payoff: Mean gain over mean loss that it expects until then.
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
    daily_loss_limit: float | None = Field(default=None, gt=0, le=1e12)
    max_trades_per_day: int | None = Field(default=None, ge=1, le=1_000_000)
    prop_rules: PropRules | None = None
    reward: str = "sparse"
    reward_gamma: float = Field(default=1.0, gt=0, le=1)
    reward_half_life: float = Field(default=500.0, ge=1, le=1_000_000)
    drawdown_penalty: float = Field(default=1.0, ge=0, le=1_000)
    position_sizer: str = "fixed"
    max_position: int = Field(default=1, ge=1, le=10_000)
    risk_per_trade: float = Field(default=0.02, gt=0, le=1)
    kelly_fraction: float = Field(default=0.5, gt=0, le=1)
    kelly_min_trades: int = Field(default=30, ge=1, le=1_000_000)
    kelly_win_rate: float | None = Field(default=None, gt=0, lt=1)
    kelly_payoff: float | None = Field(default=None, gt=0, le=1_000)
    sizer_range_multiple: float = Field(default=2.0, gt=0, le=1_000)
    full_drawdown: float = Field(default=0.2, gt=0, le=1)
    ruin_equity: float = Field(default=0.0, ge=0, le=1e12)
    action_mode: str = "discrete"
    episode_mode: Literal["full", "window", "session"] | None = None
    episode_bars: int | None = Field(default=None, ge=1, le=1_000_000_000)

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_by_name(cls, value: Any, info: ValidationInfo) -> Any:
        """Take "none" for None, which a TOML file has no word for."""
        kinds = get_args(cls.model_fields[str(info.field_name)].annotation)
        is_nothing = isinstance(value, str) and value == NOTHING and type(None) in kinds
        return None if is_nothing else value

    @field_validator("prop_rules", mode="before")
    @classmethod
    def _rules_by_name(cls, value: Any) -> Any:
        """Read the rules that are given by name."""
        is_name = isinstance(value, str) and value != NOTHING
        return prop_rules_of(value) if is_name else value

    @field_validator("no_entry_minutes_before_close")
    @classmethod
    def _not_after_the_flatten(cls, minutes: int | None, info: ValidationInfo) -> int | None:
        """Refuse entries that the flatten would close again at once."""
        flatten = info.data.get("flatten_minutes_before_close")
        if minutes is not None and flatten is not None and minutes < flatten:
            raise ValueError(f"must be >= `flatten_minutes_before_close` ({flatten})")
        return minutes
