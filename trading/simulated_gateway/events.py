"""What the gateway tells its clients, as plain values, one class per message of the protocol.

The broker emits them; a session turns each into the fields of its protocol version. Times are
aware, UTC; prices are points, money is USD.
"""

from dataclasses import dataclass
from datetime import datetime

from trading.simulated_gateway.order_types import OrderRequest, OrderStatus, WireContract


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedAccounts:
    """The accounts that the login may trade, by commas."""

    accounts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextValidId:
    """The lowest order id that the gateway has not seen from this client."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMessage:
    """An error or a notice; `request_id` is of a request or an order, -1 of neither."""

    request_id: int
    code: int
    text: str
    reject_json: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTime:
    """The gateway's clock."""

    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountValue:
    """One figure of an account; with `request_id` it answers reqAccountUpdatesMulti."""

    key: str
    value: str
    currency: str
    account: str
    request_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    """One figure that answers reqAccountSummary."""

    request_id: int
    account: str
    tag: str
    value: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioValue:
    """A position with its worth; `average_cost` is price x multiplier, as IB counts it."""

    contract: WireContract
    position: int
    market_price: float
    market_value: float
    average_cost: float
    unrealised_usd: float
    realised_usd: float
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTime:
    """When the account's figures were made."""

    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position as reqPositions tells it: its contract has no exchange."""

    account: str
    contract: WireContract
    position: int
    average_cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order that the broker holds; with `what_if`, what margin one would take."""

    request: OrderRequest
    client_id: int
    perm_id: int
    status: OrderStatus
    filled: int
    what_if: "MarginImpact | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginImpact:
    """What an order would change, USD."""

    initial_before: float
    initial_after: float
    maintenance_before: float
    maintenance_after: float
    equity_before: float
    equity_after: float
    commission: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatusEvent:
    """How far an order has come."""

    order_id: int
    client_id: int
    perm_id: int
    parent_id: int
    status: OrderStatus
    filled: int
    remaining: int
    average_price: float
    last_price: float
    why_held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One fill; `request_id` is -1 where nobody asked."""

    request_id: int
    order_id: int
    client_id: int
    perm_id: int
    contract: WireContract
    exec_id: str
    time: datetime
    account: str
    side: str
    shares: int
    price: float
    cumulative: int
    average_price: float
    order_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionReport:
    """What a fill cost; `realised_usd` is None where it closed nothing."""

    exec_id: str
    commission_usd: float
    realised_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedOrder:
    """An order of today that is filled or cancelled, as reqCompletedOrders tells it."""

    request: OrderRequest
    perm_id: int
    status: OrderStatus
    filled: int
    completed_time: datetime
    completed_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDetails:
    """What there is to know of one contract; hours as IB writes them."""

    request_id: int
    contract: WireContract
    minimum_tick: float
    contract_month: str
    long_name: str
    time_zone: str
    trading_hours: str
    liquid_hours: str
    real_expiry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireBar:
    """A bar as it is sent; `time` is its open, of a whole session midnight (UTC) of its date."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    average: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalData:
    """The answer to reqHistoricalData; `date_format` 1 is text, 2 epoch seconds."""

    request_id: int
    start: datetime
    end: datetime
    bars: tuple[WireBar, ...]
    date_format: int
    is_daily: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalUpdate:
    """The forming bar, or the next one, of a request that keeps up to date."""

    request_id: int
    bar: WireBar
    date_format: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeBar:
    """A five-second bar."""

    request_id: int
    bar: WireBar


@dataclass(frozen=True, slots=True, kw_only=True)
class TickPrice:
    """A price of reqMktData: kind 1 bid, 2 ask, 4 last, 9 close."""

    request_id: int
    kind: int
    price: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSize:
    """A size of reqMktData: kind 0 bid, 3 ask, 5 last, 8 volume."""

    request_id: int
    kind: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TickTime:
    """The time of the last trade, tick kind 45."""

    request_id: int
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSetup:
    """What market data a request gets: its parameters, then its type (1 is live)."""

    request_id: int
    minimum_tick: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TickByTick:
    """One trade, as reqTickByTickData("Last") tells it."""

    request_id: int
    time: datetime
    price: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitAndLoss:
    """The answer to reqPnL, USD."""

    request_id: int
    daily_usd: float
    unrealised_usd: float
    realised_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """All of one list was sent.

    Attributes:
        of: "open_orders", "completed_orders", "positions", "executions", "contract_details",
            "account", "account_multi", "account_summary" or "tick_snapshot".
        request_id: Where the request had one.
        account: Of "account".
    """

    of: str
    request_id: int | None = None
    account: str = ""


Event = (
    ManagedAccounts
    | NextValidId
    | ErrorMessage
    | CurrentTime
    | AccountValue
    | AccountSummary
    | PortfolioValue
    | AccountTime
    | Position
    | OpenOrder
    | OrderStatusEvent
    | Execution
    | CommissionReport
    | CompletedOrder
    | ContractDetails
    | HistoricalData
    | HistoricalUpdate
    | RealtimeBar
    | TickPrice
    | TickSize
    | TickTime
    | TickSetup
    | TickByTick
    | ProfitAndLoss
    | End
)
"""Whatever a session can be told."""
