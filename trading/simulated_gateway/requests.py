"""What a client may ask for, as plain values, one class per message of the protocol.

A session reads them off the wire, the broker answers them. Text and numbers are as they were sent.
"""

from dataclasses import dataclass

from trading.simulated_gateway.order_types import OrderRequest, WireContract


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Place an order, or modify the one of the same id."""

    order: OrderRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel an order of one's own."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalCancel:
    """Cancel all orders of the account, whoever placed them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskIds:
    """Tell the next valid order id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAccounts:
    """Tell the managed accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskTime:
    """Tell the gateway's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPositions:
    """Tell all positions, and every change from then on; False ends it."""

    is_wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOpenOrders:
    """Tell open orders: one's own, or those of all clients; once."""

    is_of_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BindOpenOrders:
    """Client 0 only: tell orders entered by hand too."""

    is_wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCompletedOrders:
    """Tell the orders of today that are over; those that an API client placed, or all."""

    is_of_api_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskExecutions:
    """Tell the fills of today that pass a filter; "" and 0 pass everything."""

    request_id: int
    client_id: int = 0
    account: str = ""
    since: str = ""
    symbol: str = ""
    sec_type: str = ""
    exchange: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAccountUpdates:
    """Tell values, portfolio and every change; False ends it."""

    is_wanted: bool
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAccountUpdatesMulti:
    """Tell values of one account under a request id."""

    request_id: int
    account: str
    model: str = ""
    is_ledger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAccountSummary:
    """Tell the figures of these tags, by commas."""

    request_id: int
    group: str
    tags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskProfitAndLoss:
    """Tell daily, unrealised and realised PnL, and every change."""

    request_id: int
    account: str
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskContractDetails:
    """Tell all contracts that fit."""

    request_id: int
    contract: WireContract
    has_expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskHistory:
    """Tell bars that end at a time, "" being now; or keep telling."""

    request_id: int
    contract: WireContract
    has_expired: bool
    end: str
    bar_size: str
    duration: str
    is_rth_only: bool
    what: str
    date_format: int
    keeps_up_to_date: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRealtimeBars:
    """Tell five-second bars as they end."""

    request_id: int
    contract: WireContract
    what: str
    is_rth_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskMarketData:
    """Tell prices and sizes; once if a snapshot."""

    request_id: int
    contract: WireContract
    is_snapshot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskMarketDataType:
    """Choose live (1), frozen (2) or delayed (3, 4) data."""

    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskTickByTick:
    """Tell every trade."""

    request_id: int
    contract: WireContract
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """End a subscription.

    Attributes:
        of: "history", "realtime_bars", "market_data", "tick_by_tick", "account_summary",
            "account_multi" or "pnl".
        request_id: That of the subscription.
    """

    of: str
    request_id: int


Request = (
    PlaceOrder
    | CancelOrder
    | GlobalCancel
    | AskIds
    | AskAccounts
    | AskTime
    | AskPositions
    | AskOpenOrders
    | BindOpenOrders
    | AskCompletedOrders
    | AskExecutions
    | AskAccountUpdates
    | AskAccountUpdatesMulti
    | AskAccountSummary
    | AskProfitAndLoss
    | AskContractDetails
    | AskHistory
    | AskRealtimeBars
    | AskMarketData
    | AskMarketDataType
    | AskTickByTick
    | Cancel
)
"""Whatever a session can hand to the broker."""
