"""The port to a broker: what a trader asks of one, whichever it is.

Everything the broker says comes as a BrokerEvent through one listener, in the order in which it was
said; a request returns when its end marker has come, or fails with GatewayError.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from trading.broker_events import BrokerEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderToSend:
    """One order as it will lie on the wire; prices in points, on the tick grid.

    Attributes:
        ref: Our own name of it, `<bot>/<decision>/<role>/<n>`.
        order_id: Number of this session, never used before.
        con_id: What to trade.
        account: Always explicit; not in the repr.
        action: "BUY" or "SELL".
        quantity: Contracts > 0.
        kind: "MKT", "LMT", "STP" or "STP LMT".
        limit_price: Of a limit.
        stop_price: Trigger of a stop.
        tif: "DAY" or "GTC", always explicit.
        oca_group: Orders of one name cancel each other (type 1).
        parent_id: Order id of the entry that it protects, or 0.
        should_transmit: False until the last leg of a bracket.
        is_outside_rth: Whether it works outside regular hours; stops always must.
    """

    ref: str
    order_id: int
    con_id: int
    account: str = field(repr=False)
    action: str
    quantity: int
    kind: str
    limit_price: float | None = None
    stop_price: float | None = None
    tif: str = "DAY"
    oca_group: str = ""
    parent_id: int = 0
    should_transmit: bool = True
    is_outside_rth: bool = True


Listener = Callable[[BrokerEvent], None]
"""Hears everything; called before the client library makes anything of it."""


class Gateway(Protocol):
    """A connection to a broker; one account, one client id, one event loop."""

    @property
    def is_connected(self) -> bool:
        """Whether there is a socket; that somebody answers only a probe can tell."""

    async def connect(self) -> None:
        """Connect and shake hands.

        Raises:
            TemporaryGatewayError: If nobody answers in time; try again later.
            FatalGatewayError: If trying again cannot help.
        """

    async def close(self) -> None:
        """Close the socket, whatever state it is in; pending requests fail."""

    async def probe(self) -> datetime:
        """Return the broker's clock; within the probe's time limit, or the socket is dead."""

    async def ask_positions(self) -> None:
        """Have all positions told again, to their end marker."""

    async def ask_open_orders(self) -> None:
        """Have all open orders of all clients told again, to their end marker."""

    async def ask_executions(self) -> None:
        """Have the fills of the day told again, to their end marker."""

    async def ask_completed_orders(self) -> None:
        """Have the orders of the day that are over told again, to their end marker."""

    def send(self, order: OrderToSend) -> None:
        """Put an order on the wire, or a change of the one of the same order id."""

    def cancel(self, order_id: int) -> None:
        """Ask for an order of ours to be cancelled; only an event says that it was."""
