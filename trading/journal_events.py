"""What a trader itself writes into its journal; what the broker said is in broker_events.

An event is the whole truth of one write: tables are made of events and of nothing else. Prices are
points as given, money of ours is whole US cents, times are aware UTC, quantities contracts > 0,
positions signed. No repr shows an account id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from trading.order_transitions import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The first event of every journal: whose it is, and how it is to be read."""

    schema_version: int
    account: str = field(repr=False)
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A process began to write; settings as a hash, versions by package."""

    settings_hash: str
    model_id: str
    versions: Mapping[str, str]
    code_revision: str | None
    process_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A process ended in good order; where this is missing, it was killed."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChanged:
    """The trader may do more or less than before, e.g. "TRADING" to "HALTED"."""

    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStep:
    """A step of the connection, e.g. "ConnectionUp", in the supervisor's words."""

    state: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTold:
    """What a person was told, or was to be."""

    code: str
    severity: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCommand:
    """A person asked for something, e.g. "flatten"."""

    command: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorReset:
    """A person unlocked a day; nothing else can.

    Attributes:
        trading_day: CME trade date.
        actor: Who.
        reason: Why.
        start_equity_cents: From where the day's loss counts anew; None leaves it.
    """

    trading_day: date
    actor: str
    reason: str
    start_equity_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSet:
    """A switch that outlives processes, e.g. "kill", was put on "on" or "off"."""

    name: str
    value: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HighWater:
    """The largest order id ever used; it never falls, whatever the broker says is next."""

    max_order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policy wanted at the close of a bar.

    Attributes:
        decision_id: Bar and model make it, so that a restart finds the same.
        bar_close: When the bar closed; everything used was known by then.
        con_id: Of which contract.
        model_id: Whose decision.
        features_hash: Of the observation, to compare with another run's.
        action: As the policy spells it.
        target: Signed contracts wanted.
        reason: In a few words.
    """

    decision_id: str
    bar_close: datetime
    con_id: int
    model_id: str
    features_hash: str
    action: str
    target: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """An order that was not sent; `decision_id` is "" where no decision asked for it."""

    code: str
    reason: str
    decision_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An order that will be sent; written before it is.

    Attributes:
        ref: `<bot>/<decision>/<role>/<n>`, the name it will have at the broker.
        decision_id: What it follows from.
        role: What for, e.g. "entry", "stop".
        n: Which try of that role.
        is_opening: Whether it can add risk; a decision has one such order at most.
        con_id: What.
        account: Where.
        side: "BUY" or "SELL".
        quantity: Contracts.
        kind: "MKT", "LMT", "STP" or "STP LMT".
        limit_price: Of a limit.
        stop_price: Trigger of a stop.
        tif: "DAY" or "GTC".
        oca_group: "" where it has none.
        parent_ref: Of the entry that it protects, or "".
        order_id: Number that it will have in this session, None where not yet known.
    """

    ref: str
    decision_id: str
    role: str
    n: int
    is_opening: bool
    con_id: int
    account: str = field(repr=False)
    side: str
    quantity: int
    kind: str
    limit_price: float | None = None
    stop_price: float | None = None
    tif: str = "DAY"
    oca_group: str = ""
    parent_ref: str = ""
    order_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentAmended:
    """A changed order that will be sent under its old name; written before it is."""

    ref: str
    quantity: int
    limit_price: float | None
    stop_price: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentState:
    """What became of an order of ours; numbers that are None stay as they were.

    Attributes:
        settled: Contracts that it is said to have filled, that no execution shows, and that are
            part of a position which was adopted since.
    """

    ref: str
    state: OrderState
    order_id: int | None = None
    perm_id: int | None = None
    reason: str = ""
    settled: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPosition:
    """One position of a snapshot; `average_price` in points, None where it is not known."""

    con_id: int
    symbol: str
    position: int
    average_price: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSnapshot:
    """All positions of an account, as the broker told them up to its end marker."""

    account: str = field(repr=False)
    positions: tuple[HeldPosition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionAdopted:
    """From here on our position counts from this one: a person said so, or it was found flat.

    `price` in points is what it counts as traded at, None where that is not known.
    """

    account: str = field(repr=False)
    con_id: int
    position: int
    price: float | None
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskDay:
    """How a trading day stands; its law is trading/risk_day.py's.

    Attributes:
        trading_day: CME trade date, which begins at 17:00 Chicago.
        start_equity_cents: Equity that its loss counts from; only a person's reset changes it.
        realised_cents: Realised PnL less commissions of the day, from our own fills.
        peak_cents: Highest equity of the day; a lower one than before is not taken.
        is_locked: Whether nothing may be opened until the next day; only a reset takes it back.
        reason: Of the lock, or of the last reset.
    """

    trading_day: date
    start_equity_cents: int
    realised_cents: int
    peak_cents: int
    is_locked: bool = False
    reason: str = ""


TraderEvent = (
    Created
    | Started
    | Stopped
    | ModeChanged
    | ConnectionStep
    | AlertTold
    | OperatorCommand
    | OperatorReset
    | SwitchSet
    | HighWater
    | Decision
    | Denial
    | Intent
    | IntentAmended
    | IntentState
    | PositionSnapshot
    | PositionAdopted
    | RiskDay
)
"""Whatever a trader writes of its own."""
