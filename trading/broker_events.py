"""What a broker tells a trader, as plain values: the raw tap's only words.

Nothing here is anybody's opinion of an order: each value is one message as it came, so that the
journal has it before the books make anything of it. Prices are points, money USD, times aware UTC,
quantities contracts > 0, positions signed. No repr shows an account id.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrderSeen:
    """The broker holds an order.

    Attributes:
        order_id: Number of this session; several orders may come under one.
        perm_id: The broker's own number; 0 where it has none yet.
        client_id: Who placed it; -1 by hand.
        order_ref: The text that we gave it, or "" for somebody else's.
        con_id: What it trades.
        account: Where.
        action: "BUY" or "SELL".
        quantity: Contracts in all.
        kind: As IB spells it, e.g. "STP".
        limit_price: None where it has none.
        aux_price: The trigger of a stop, else None.
        tif: "DAY" or "GTC".
        oca_group: "" where it has none.
        parent_id: 0 where it has none.
        status: As IB spells it.
    """

    order_id: int
    perm_id: int
    client_id: int
    order_ref: str
    con_id: int
    account: str = field(repr=False)
    action: str
    quantity: int
    kind: str
    limit_price: float | None
    aux_price: float | None
    tif: str
    oca_group: str
    parent_id: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatusSeen:
    """How far an order has come, as the broker says; `status` as IB spells it."""

    order_id: int
    perm_id: int
    client_id: int
    status: str
    filled: int
    remaining: int
    average_price: float
    why_held: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionSeen:
    """A fill; a correction of it has the same `exec_id` up to the last dot."""

    exec_id: str
    order_id: int
    perm_id: int
    client_id: int
    order_ref: str
    con_id: int
    account: str = field(repr=False)
    time: datetime
    side: str
    quantity: int
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionSeen:
    """What a fill cost; `realised_usd` as the broker counts it, None where it closed nothing."""

    exec_id: str
    commission_usd: float
    currency: str
    realised_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedOrderSeen:
    """An order of today that is over; without order id, so it is known by its perm id and ref."""

    perm_id: int
    order_ref: str
    con_id: int
    account: str = field(repr=False)
    status: str
    filled: int
    completed_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSeen:
    """A position; `average_price` in points, the multiplier taken out."""

    account: str = field(repr=False)
    con_id: int
    symbol: str
    position: int
    average_price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSeen:
    """An error or notice; `request_id` is of an order or request, -1 of neither."""

    request_id: int
    code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextIdSeen:
    """The lowest order id that the broker has not seen from us."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsSeen:
    """The accounts that this login may trade."""

    accounts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitSeen:
    """The broker's own count of the day's PnL, a second opinion on ours."""

    account: str = field(repr=False)
    daily_usd: float
    unrealised_usd: float
    realised_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsSeen:
    """What the account is worth, and how much of that is free for margin."""

    account: str = field(repr=False)
    available_usd: float
    equity_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSeen:
    """All of one list has come: "open_orders", "completed_orders", "positions" or "executions"."""

    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLost:
    """The socket is gone, or was closed because nothing came over it any more."""

    reason: str


BrokerEvent = (
    OpenOrderSeen
    | OrderStatusSeen
    | ExecutionSeen
    | CommissionSeen
    | CompletedOrderSeen
    | PositionSeen
    | ErrorSeen
    | NextIdSeen
    | AccountsSeen
    | ProfitSeen
    | FundsSeen
    | EndSeen
    | ConnectionLost
)
"""Whatever a broker tells us."""
