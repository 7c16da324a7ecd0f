"""What the wire needs of a broker, and a broker of the wire.

Everything happens on one event loop: a broker is called by sessions, and answers by `deliver`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from trading.simulated_gateway.events import Event
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.requests import Request

Deliver = Callable[[int | None, Event], None]
"""Takes a client id, or None for every client that is connected, and what to tell it."""


class BrokerPort(Protocol):
    """A broker whose books outlive its clients."""

    deliver: Deliver
    faults: Faults

    def connect(self, client_id: int) -> None:
        """Hear that a client has come; it is told its accounts and its next order id."""

    def disconnect(self, client_id: int) -> None:
        """Hear that a client has gone."""

    def handle(self, client_id: int, request: Request) -> None:
        """Answer what a client asks."""

    def now(self) -> datetime:
        """Return the gateway's clock, aware, UTC."""

    def step(self) -> None:
        """In LOCKSTEP: go on to the market's next instants; at its end nothing happens."""

    def pulse(self) -> None:
        """Do what is due by the clock."""

    def seconds_to_next(self) -> float | None:
        """Return the seconds until `pulse` has something to do; None if it has not."""

    def state(self) -> dict[str, Any]:
        """Return the books as plain JSON values."""

    def manual(self, side: str, quantity: int, con_id: int | None = None) -> None:
        """Trade by hand, as a person at the TWS would; None is the front contract."""

    def drop_order(self, perm_id: int) -> None:
        """Lose an order, and tell nobody."""

    def set_price(self, points: float, con_id: int | None = None) -> None:
        """Have the market trade at a price; None is the front contract."""

    def set_front(self, code: str) -> None:
        """Make a contract the front one, e.g. MNQH26."""

    def release(self) -> None:
        """Offer the standing price again to whatever the faults held back."""

    def lose(self) -> None:
        """Lose the connection between TWS and IB."""

    def restore(self, is_data_lost: bool) -> None:
        """Have that connection again."""

    def error(self, code: int, text: str, request_id: int) -> None:
        """Tell every client an error."""
