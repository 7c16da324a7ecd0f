"""What a simulated broker is told once: its account, its costs, how it paces time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.settings import EnvSettings
from env.kernel.names import PATH_POLICIES, PathPolicy
from utils.errors import ConfigError
from utils.registry import lookup

COSTS = (
    "slippage_ticks",
    "off_hours_slippage_ticks",
    "volatility_slippage_ticks",
    "commission_usd",
    "through_ticks",
)


class Pacing(StrEnum):
    """What moves the market: LOCKSTEP a call of `step`, TIMED the clock, MANUAL a price by hand."""

    LOCKSTEP = "lockstep"
    TIMED = "timed"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSettings:
    """How bars become a market that stands and moves.

    Attributes:
        pacing: What moves it.
        speed: Of TIMED: market seconds per second of the clock, > 0.
        start: Open time, aware, of the first bar to be lived through; earlier ones are history.
            None begins with the first bar of all.
        keeps_hours: Whether orders obey the calendar: DAY orders expire, nothing trades while it
            is closed, stops heed regular hours. None: yes, unless prices are set by hand.

    Raises:
        ConfigError: If the speed is not above 0, or `start` has no zone.
    """

    pacing: Pacing = Pacing.LOCKSTEP
    speed: float = 1.0
    start: datetime | None = None
    keeps_hours: bool | None = None

    def __post_init__(self) -> None:
        """Check each field by itself."""
        if not 0.0 < self.speed < float("inf"):
            raise ConfigError(f"`speed` of the gateway must be > 0 and finite, was {self.speed}")
        if self.start is not None and self.start.tzinfo is None:
            raise ConfigError(f"`start` of the gateway must have a time zone, was {self.start}")

    @property
    def is_by_calendar(self) -> bool:
        """Whether orders obey the calendar."""
        return self.pacing != Pacing.MANUAL if self.keeps_hours is None else self.keeps_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """The account and what trading costs it; as in the kernel unless told otherwise.

    Attributes:
        account: Its id; one that begins with "DU" is a paper account.
        cash_usd: What it begins with.
        slippage_ticks: Adverse ticks of every market and stop fill, >= 0.
        off_hours_slippage_ticks: Further ones in bars that open outside regular hours, >= 0.
        volatility_slippage_ticks: Further ones for each time that the average range of the bars
            before exceeds its own mean over a day, as in EnvSettings, >= 0.
        commission_usd: Per contract and side, >= 0; None takes each instrument's own.
        through_ticks: How far beyond a limit the price must go, >= 0.
        path_policy: Key of PATH_POLICIES.
        closes_filled_groups: Whether an order that joins an OCA group of type 1 is rejected once
            one of the group has filled. What IB does was not measured; without, it would work.

    Raises:
        ConfigError: If the account has no name, a cost is below 0, or the policy is unknown.
    """

    account: str = "DU1234567"
    cash_usd: float = 100_000.0
    slippage_ticks: int = 1
    off_hours_slippage_ticks: int = 0
    volatility_slippage_ticks: float = 0.0
    commission_usd: float | None = None
    through_ticks: int = 1
    path_policy: str = "worst"
    closes_filled_groups: bool = True

    def __post_init__(self) -> None:
        """Check each field by itself."""
        if not self.account.strip():
            raise ConfigError("`account` of the gateway must be a name, e.g. DU1234567, was empty")
        for name in COSTS:
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ConfigError(f"`{name}` of the gateway must be >= 0, was {value}")
        _ = self.policy

    @property
    def policy(self) -> PathPolicy:
        """The path policy by its number."""
        return lookup(PATH_POLICIES, self.path_policy, "path policy")


def broker_like(
    settings: EnvSettings, account: str, cash_usd: float | None = None
) -> BrokerSettings:
    """Return a broker that fills as the environment and the back-test do, at the same costs.

    Args:
        settings: Of the environment.
        account: Its id.
        cash_usd: What it begins with; None takes the environment's balance.
    """
    return BrokerSettings(
        account=account,
        cash_usd=settings.initial_balance if cash_usd is None else cash_usd,
        slippage_ticks=settings.slippage_ticks + (settings.spread_ticks + 1) // 2,
        off_hours_slippage_ticks=settings.off_hours_slippage_ticks,
        volatility_slippage_ticks=settings.volatility_slippage_ticks,
        commission_usd=settings.commission,
        through_ticks=settings.limit_through_ticks,
        path_policy=settings.path_policy,
    )
