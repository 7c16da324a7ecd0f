"""Who hears what: clients that are connected, and what each of them wants to be told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from trading.simulated_gateway.events import ErrorMessage, Event
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.orders import BY_HAND

Deliver = Callable[[int | None, Event], None]
"""Takes an event to one client, or, for None, to all that are connected."""

MASTER = 0
"""The client that may hear of orders entered by hand."""

NOBODY = -1
"""Request id of what belongs to no request."""


@dataclass(slots=True, kw_only=True)
class Wishes:
    """What one connected client wants to be told until it leaves.

    Attributes:
        has_positions: Every change of a position.
        has_account: Every change of the account.
        has_manual_orders: Orders entered by hand; client 0 alone.
        multi: Request ids of account values.
        summaries: Tags wanted, by request id.
        profits: Request ids of PnL.
    """

    has_positions: bool = False
    has_account: bool = False
    has_manual_orders: bool = False
    multi: set[int] = field(default_factory=set)
    summaries: dict[int, tuple[str, ...]] = field(default_factory=dict)
    profits: set[int] = field(default_factory=set)


class Teller:
    """Tells clients what happens; nobody hears anything while he is away.

    Attributes:
        deliver: Where events go; the server sets it.
        wishes: By client id, of those that are connected.
    """

    def __init__(self, faults: Faults):
        """Begin with nobody connected."""
        self.deliver: Deliver = lambda client_id, event: None
        self.wishes: dict[int, Wishes] = {}
        self._faults = faults

    def connect(self, client_id: int) -> None:
        """Let a client in; it wants nothing yet."""
        self.wishes[client_id] = Wishes()

    def disconnect(self, client_id: int) -> None:
        """Forget a client and its wishes."""
        self.wishes.pop(client_id, None)

    def answer(self, client_id: int, event: Event) -> None:
        """Tell one client what it asked for."""
        if client_id in self.wishes:
            self.deliver(client_id, event)

    def push(self, client_id: int, event: Event) -> None:
        """Tell one client what happened at the broker; lost while TWS has no connection to it."""
        if self._faults.is_broker_up:
            self.answer(client_id, event)

    def push_order(self, client_id: int, event: Event) -> None:
        """Tell whoever placed an order about it; of one by hand, the master client."""
        if client_id != BY_HAND:
            self.push(client_id, event)
        elif MASTER in self.wishes and self.wishes[MASTER].has_manual_orders:
            self.push(MASTER, event)

    def shout(self, event: Event) -> None:
        """Tell everybody who is connected."""
        if self.wishes:
            self.deliver(None, event)

    def refuse(self, client_id: int, request_id: int, code: int, text: str) -> None:
        """Answer a request, or an order, with an error."""
        self.answer(client_id, ErrorMessage(request_id=request_id, code=code, text=text))
