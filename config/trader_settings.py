"""All that a trading process can be told: broker, orders, risk, operation, and the session's rules.

A profile has them in its table `[trader]`, e.g. `[trader.trading.limits]`; the rest of the profile
is how models are trained (config/settings.py).
"""

from pydantic import Field

from config.checking import FrozenSettings, checked
from config.connection_settings import ConnectionSettings
from config.operation_settings import OperationSettings
from config.settings import profile_values
from config.trading_settings import TradingSettings


class SessionSettings(FrozenSettings):
    """What a trader does around bars, restarts, rolls and its own end.

    Attributes:
        warm_days: Days of history that a new trader learns from before its first decision.
        no_entry_before_restart_seconds: Nothing is opened so long before the broker's restart.
        stale_flatten_seconds: A position on data that have been stale for so long is closed; None
            leaves it to its stop.
        roll_flatten_seconds: A position is closed so long before a contract's last session ends.
        tick_seconds: Between two looks at clock, day, commands and data.
        status_seconds: Between two statuses.
        stop_seconds: What an orderly end may take; a service manager waits 10 s and more.
        profit_tolerance_usd: How far the broker's count of the day's PnL may be from ours.
        policy_seconds: How long the policy may think about one bar.
        late_seconds: A close that is told so long after the market went on is not decided on.
    """

    warm_days: int = Field(default=10, ge=1, le=365)
    no_entry_before_restart_seconds: float = Field(default=120.0, ge=0, le=3_600)
    stale_flatten_seconds: float | None = Field(default=None, gt=0, le=86_400)
    roll_flatten_seconds: float = Field(default=900.0, ge=0, le=86_400)
    tick_seconds: float = Field(default=0.25, gt=0, le=5)
    status_seconds: float = Field(default=1.0, gt=0, le=60)
    stop_seconds: float = Field(default=8.0, gt=0, le=60)
    profit_tolerance_usd: float = Field(default=50.0, ge=0)
    policy_seconds: float = Field(default=1.0, gt=0, le=60)
    late_seconds: float = Field(default=60.0, gt=0, le=3_600)


class TraderSettings(FrozenSettings):
    """All of it, each part for the component that it is named after."""

    connection: ConnectionSettings = ConnectionSettings()
    trading: TradingSettings = TradingSettings()
    operation: OperationSettings = OperationSettings()
    session: SessionSettings = SessionSettings()


def load_trader_settings(profile: str) -> TraderSettings:
    """Return what a profile's table `[trader]` says.

    Raises:
        ConfigError: If there is no such profile, or a value is out of bounds.
    """
    values = profile_values(profile).get("trader", {})
    return checked(TraderSettings, values, f"[trader] of profile `{profile}`")
