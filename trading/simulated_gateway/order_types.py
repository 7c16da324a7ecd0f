"""What a client asks of the gateway, as plain values: contracts, and orders as they were sent.

How they lie on the wire is left to the layouts, what becomes of them to the order book.
"""

from dataclasses import dataclass
from enum import StrEnum


class OrderType(StrEnum):
    """Kinds of orders that the gateway takes, as IB spells them."""

    MARKET = "MKT"
    LIMIT = "LMT"
    STOP = "STP"
    STOP_LIMIT = "STP LMT"
    TRAIL = "TRAIL"


class OrderStatus(StrEnum):
    """States of an order at the broker, as IB spells them."""

    PENDING_SUBMIT = "PendingSubmit"
    PRE_SUBMITTED = "PreSubmitted"
    SUBMITTED = "Submitted"
    PENDING_CANCEL = "PendingCancel"
    CANCELLED = "Cancelled"
    FILLED = "Filled"
    INACTIVE = "Inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireContract:
    """A contract as a client names it, or as the gateway knows it; "" and 0 are "not given".

    Attributes:
        con_id: The broker's number.
        symbol: Exchange root, e.g. "MNQ".
        sec_type: "FUT" or "CONTFUT".
        expiry: Last trading day, YYYYMMDD, or a month, YYYYMM.
        multiplier: USD per point, as text.
        exchange: E.g. "CME"; positions come without it.
        currency: E.g. "USD".
        local_symbol: E.g. "MNQZ5".
        trading_class: E.g. "MNQ".
    """

    con_id: int = 0
    symbol: str = ""
    sec_type: str = ""
    expiry: str = ""
    multiplier: str = ""
    exchange: str = ""
    currency: str = ""
    local_symbol: str = ""
    trading_class: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as a client sent it, prices in points; None is "not given".

    Attributes:
        order_id: The client's number; the same again modifies the order.
        contract: What to trade.
        action: "BUY" or "SELL".
        quantity: Contracts, > 0.
        kind: As sent: one of OrderType, or something that is refused.
        limit_price: Of a limit or stop-limit.
        aux_price: The trigger of a stop, the distance of a trail.
        tif: "DAY", "GTC", "IOC", or "" for "DAY".
        oca_group: Orders of one name cancel each other, or "".
        oca_type: 1 cancels, 2 and 3 reduce; 0 where there is no group.
        account: Which to trade in, or "" for the only one.
        order_ref: The client's own text; it comes back with everything of this order.
        should_transmit: False holds it back until a sibling is sent that transmits.
        parent_id: Order id of the parent whose fill makes it work, or 0.
        is_outside_rth: Whether it also triggers and fills outside regular hours.
        trail_stop_price: First trigger of a trail.
        trail_percent: Distance of a trail in per cent.
        is_what_if: Only asks what margin it would take.
    """

    order_id: int
    contract: WireContract
    action: str
    quantity: int
    kind: str
    limit_price: float | None = None
    aux_price: float | None = None
    tif: str = ""
    oca_group: str = ""
    oca_type: int = 0
    account: str = ""
    order_ref: str = ""
    should_transmit: bool = True
    parent_id: int = 0
    is_outside_rth: bool = False
    trail_stop_price: float | None = None
    trail_percent: float | None = None
    is_what_if: bool = False
