"""What a trader is doing at one moment, as one frozen value that every display is made of.

The terminal view, the metrics, the alerts and status.json all read this and ask the trader
nothing. Times are aware UTC, prices points, money USD, positions signed contracts; what is not
known is None, never 0. How it gets to the disk is left to trading/status_file.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from trading.modes import Hold, Link, Mode
from utils.masking import masked_account, masked_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """The line to the broker.

    Attributes:
        link: How far the connection has come.
        since: When the broker came into reach, or went out of it; trying again does not move it.
        is_broker_up: False while the gateway says that it has lost the broker (1100).
        is_planned: Whether the broker's daily restart is on.
        outage_seconds: Of an outage outside of that, the last limit passed (OutageAlert); else 0.
        n_outage_limits: How many of the limits it has passed.
        probe_ms: Round trip of the last probe, milliseconds.
        clock_offset_seconds: Broker's clock less ours.
    """

    link: Link
    since: datetime
    is_broker_up: bool = True
    is_planned: bool = False
    outage_seconds: float = 0.0
    n_outage_limits: int = 0
    probe_ms: float | None = None
    clock_offset_seconds: float | None = None

    @property
    def is_up(self) -> bool:
        """Whether messages get to the broker."""
        return self.is_broker_up and self.link in (Link.SYNCING, Link.RECONCILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStatus:
    """The stop at the broker.

    Attributes:
        price: Its trigger, points; of several, the one by which all of them have triggered.
        quantity: Contracts that it closes.
        is_covering: Whether that is the whole position.
        is_confirmed: False while the broker cannot say whether it still has it: the line is down,
            or an answer is missing. It rests there none the less, as far as is known.
    """

    price: float
    quantity: int
    is_covering: bool
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingStatus:
    """What is held of the one contract that is traded.

    Attributes:
        contract: Its local name, e.g. "MNQZ5"; empty before it is chosen.
        expiry: Its last day of trading.
        position: Signed contracts; None before the trader has begun.
        average_price: Of the entry, points; None where flat.
        stop: The resting stop, or None.
        unprotected_since: From when a position has had no covering stop, else None.
    """

    contract: str
    expiry: date | None = None
    position: int | None = 0
    average_price: float | None = None
    stop: StopStatus | None = None
    unprotected_since: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether the trader has begun: before that, it knows of no position and of no order."""
        return self.position is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitStatus:
    """The trading day's money, USD; realised and unrealised are before commission.

    Attributes:
        realised_usd: Of trades closed today; None where the price of a fill is not known.
        unrealised_usd: Marked to the last price; None before there is one.
        commission_usd: Paid today, >= 0; None where the cost of a fill is not known.
        daily_loss_limit_usd: Loss that locks the day, > 0.
    """

    realised_usd: float | None
    unrealised_usd: float | None
    commission_usd: float | None
    daily_loss_limit_usd: float

    @property
    def day_usd(self) -> float | None:
        """What the day has brought, net: realised + unrealised - commission."""
        if self.realised_usd is None or self.unrealised_usd is None or self.commission_usd is None:
            return None
        return self.realised_usd + self.unrealised_usd - self.commission_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStatus:
    """The bars: when the last one closed, and when the one that is being made will."""

    last_bar_close: datetime | None = None
    next_bar_due: datetime | None = None


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
    """Orders.

    Attributes:
        working: All that may fill, those of others on the account among them.
        sent_today: Orders that open, sent in this trading day; None where it is not known.
        denials: How many were denied in it, by code.
    """

    working: tuple[WorkingOrder, ...] = ()
    sent_today: int | None = None
    denials: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderStatus:
    """All of it.

    Attributes:
        at: The moment.
        venue: "sim", "paper" or "live".
        account: Masked here, whatever is given; so are accounts and addresses in `holds` and in
            the decision's reason.
        mode: What the trader may do.
        holds: What holds it back, with why, in words; the day's lock and the kill switch among it.
        open_alerts: Kinds of alerts whose cause stands, keys of ALERT_KINDS.
        versions: Of the program, the model and the client library.
        is_over: Whether the trader has ended, and this is the last that it says.
    """

    at: datetime
    venue: str
    account: str
    mode: Mode
    connection: ConnectionStatus
    holding: HoldingStatus
    profit: ProfitStatus
    holds: Mapping[Hold, str] = field(default_factory=dict)
    data: DataStatus = DataStatus()
    decision: DecisionStatus | None = None
    orders: OrdersStatus = OrdersStatus()
    open_alerts: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    is_over: bool = False

    def __post_init__(self) -> None:
        """Keep account ids and addresses out of everything that is made of this.

        What people and the broker say stands in reasons, word for word.
        """
        secrets = (self.account,)
        holds = {hold: masked_text(why, secrets) for hold, why in self.holds.items()}
        object.__setattr__(self, "holds", holds)
        if self.decision is not None:
            said = masked_text(self.decision.reason, secrets)
            object.__setattr__(self, "decision", replace(self.decision, reason=said))
        object.__setattr__(self, "account", masked_account(self.account))

    @property
    def mode_reason(self) -> str:
        """Why the mode is what it is, or ""."""
        return "; ".join(
            f"{hold.value.replace('_', ' ')}: {why}" for hold, why in self.holds.items()
        )

    @property
    def is_locked(self) -> bool:
        """Whether the day's loss allows nothing but closing until the next trading day."""
        return Hold.DAILY_LOSS in self.holds

    @property
    def is_killed(self) -> bool:
        """Whether somebody pulled the kill switch."""
        return Hold.KILL_SWITCH in self.holds
