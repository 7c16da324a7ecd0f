"""What a trader is doing at one moment, as one frozen value that every display is made of.

The terminal view, the metrics, the alerts and status.json all read this and ask the trader
nothing. Times are aware UTC, prices points, money USD, positions signed contracts; what is not
known is None, never 0. How it gets to the disk is left to trading/status_file.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from utils.masking import masked_account


class TraderMode(StrEnum):
    """What a trader may do; orders that open risk go out in TRADING only."""

    DISCONNECTED = "DISCONNECTED"
    CONNECTING = "CONNECTING"
    SYNCING = "SYNCING"
    TRADING = "TRADING"
    REDUCE_ONLY = "REDUCE_ONLY"
    HALTED = "HALTED"
    KILLED = "KILLED"


class LinkState(StrEnum):
    """How far messages get: to nobody, to the gateway, to the broker."""

    DOWN = "down"
    CONNECTING = "connecting"
    BROKER_LOST = "broker_lost"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """The line to the broker.

    Attributes:
        state: How far messages get.
        since: When it came up, or since when it is not up; trying again does not move it.
        is_planned: Whether it is down within the broker's daily restart.
        probe_ms: Round trip of the last probe, milliseconds.
        clock_offset_seconds: Broker's clock less ours.
    """

    state: LinkState
    since: datetime
    is_planned: bool = False
    probe_ms: float | None = None
    clock_offset_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStatus:
    """The stop at the broker; `is_covering` says whether it closes the whole position."""

    price: float
    quantity: int
    is_covering: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingStatus:
    """What is held of the one contract that is traded.

    Attributes:
        contract: Its local name, e.g. "MNQZ5".
        expiry: Its last day of trading.
        position: Signed contracts.
        average_price: Of the entry, points; None where flat.
        stop: The resting stop, or None.
        unprotected_since: From when a position has had no covering stop, else None.
    """

    contract: str
    expiry: date | None = None
    position: int = 0
    average_price: float | None = None
    stop: StopStatus | None = None
    unprotected_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitStatus:
    """The trading day's money, USD; realised and unrealised are before commission.

    Attributes:
        realised_usd: Of trades closed today.
        unrealised_usd: Marked to the last price; None before there is one.
        commission_usd: Paid today, >= 0.
        daily_loss_limit_usd: Loss that locks the day, > 0.
        lock_reason: Why the day is locked, or "".
    """

    realised_usd: float
    unrealised_usd: float | None
    commission_usd: float
    daily_loss_limit_usd: float
    lock_reason: str = ""

    @property
    def is_locked(self) -> bool:
        """Whether nothing but closing is allowed until the next trading day."""
        return self.lock_reason != ""

    @property
    def day_usd(self) -> float | None:
        """What the day has brought, net: realised + unrealised - commission."""
        if self.unrealised_usd is None:
            return None
        return self.realised_usd + self.unrealised_usd - self.commission_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStatus:
    """The bars; `stale_reason` says why nothing may be opened on them, or ""."""

    last_bar_close: datetime | None = None
    next_bar_due: datetime | None = None
    stale_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionStatus:
    """The last decision.

    Attributes:
        decided_at: Close of the bar that it was made on.
        action: What the policy said, in words, e.g. "long 1".
        target: Signed contracts that were wanted.
        reason: What became of it, e.g. "order sent", "denied: stale_data".
    """

    decided_at: datetime
    action: str
    target: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingOrder:
    """An order at the broker, or perhaps there; `price` is None at market."""

    ref: str
    role: str
    side: str
    quantity: int
    price: float | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersStatus:
    """Orders: those that work, how many were sent today, and denials today by their codes."""

    working: tuple[WorkingOrder, ...] = ()
    sent_today: int = 0
    denials: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderStatus:
    """All of it.

    Attributes:
        at: The moment.
        venue: "sim", "paper" or "live".
        account: Masked here, whatever is given.
        mode: What the trader may do.
        mode_reason: Why.
        open_alerts: Kinds of alerts whose cause stands, keys of ALERT_KINDS.
        is_kill_switch_on: Whether somebody pulled it.
        versions: Of the program, the model and the client library.
    """

    at: datetime
    venue: str
    account: str
    mode: TraderMode
    mode_reason: str
    connection: ConnectionStatus
    holding: HoldingStatus
    profit: ProfitStatus
    data: DataStatus = DataStatus()
    decision: DecisionStatus | None = None
    orders: OrdersStatus = OrdersStatus()
    open_alerts: tuple[str, ...] = ()
    is_kill_switch_on: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep the account id out of everything that is made of this."""
        object.__setattr__(self, "account", masked_account(self.account))
