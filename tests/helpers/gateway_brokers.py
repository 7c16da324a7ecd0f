"""A simulated broker to talk to without a socket, and clients that write down what they hear."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd

from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.order_types import OrderRequest, WireContract
from trading.simulated_gateway.requests import CancelOrder, PlaceOrder
from trading.simulated_gateway.settings import BrokerSettings, MarketSettings, Pacing

CLIENT = 7
MNQ = WireContract(symbol="MNQ", sec_type="FUT", exchange="CME", currency="USD", expiry="202403")
"""The front month of the bars that begin with SESSION_OPEN."""


@dataclass(slots=True)
class MovableClock:
    """A clock that tests move."""

    time: datetime = datetime(2024, 1, 2, 15, tzinfo=UTC)

    def now(self) -> datetime:
        """Return that time."""
        return self.time

    def pass_by(self, seconds: float) -> None:
        """Let so much time go by."""
        self.time += timedelta(seconds=seconds)


@dataclass
class Desk:
    """One broker with client 7 connected, and all that clients were told, in order."""

    broker: Broker
    clock: MovableClock
    faults: Faults
    heard: list = field(default_factory=list)

    def deliver(self, client_id, event):
        """Write down one event."""
        self.heard.append((client_id, event))

    def ask(self, request, client_id=CLIENT):
        """Return what is heard upon a request."""
        before = len(self.heard)
        self.broker.handle(client_id, request)
        return [event for _, event in self.heard[before:]]

    def send(self, order_id, action, quantity, kind, client_id=CLIENT, **fields):
        """Return what is heard upon an order; GTC and outside regular hours unless told."""
        terms = {"tif": "GTC", "is_outside_rth": True, "contract": MNQ, **fields}
        order = OrderRequest(
            order_id=order_id, action=action, quantity=quantity, kind=kind, **terms
        )
        return self.ask(PlaceOrder(order=order), client_id)

    def cancel(self, order_id, client_id=CLIENT):
        """Return what is heard upon a cancel."""
        return self.ask(CancelOrder(order_id=order_id), client_id)

    def heard_upon(self, action, *arguments):
        """Return what is heard while something is done to the broker."""
        before = len(self.heard)
        action(*arguments)
        return [event for _, event in self.heard[before:]]

    @property
    def fills(self):
        """All fills so far: signed contracts and price."""
        return [
            (row["shares"] if row["side"] == "BOT" else -row["shares"], row["price"])
            for row in self.broker.state()["executions"]
        ]

    @property
    def position(self):
        """Signed contracts, of all expiries."""
        return sum(self.broker.state()["positions"].values())

    def statuses(self):
        """Return the status of each order by its id, done ones too."""
        state = self.broker.state()
        return {row["order_id"]: row["status"] for row in (*state["done"], *state["orders"])}


def open_desk(bars: pd.DataFrame | None = None, symbol: str = "MNQ", **settings) -> Desk:
    """Return a desk over bars in LOCKSTEP, or without bars over prices set by hand."""
    pacing = Pacing.MANUAL if bars is None else Pacing.LOCKSTEP
    names = ("pacing", "speed", "start", "keeps_hours")
    chosen = {"pacing": pacing, **{key: settings.pop(key) for key in names if key in settings}}
    clock, faults = MovableClock(), Faults()
    market = Market({symbol: bars}, MarketSettings(**chosen), clock)
    broker = Broker(market, BrokerSettings(**settings), clock, faults)
    desk = Desk(broker, clock, faults)
    broker.deliver = desk.deliver
    broker.connect(CLIENT)
    return desk


def names(events) -> list[str]:
    """Return what kinds of events were heard."""
    return [type(event).__name__ for event in events]
