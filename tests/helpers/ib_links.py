"""Our adapter to a broker over loopback, with a simulated gateway at the other end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pandas as pd

from config.connection_settings import ConnectionSettings
from tests.helpers.gateways import until
from trading.broker_events import BrokerEvent
from trading.gateway import OrderToSend
from trading.ib_gateway import IbGateway
from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.in_thread import GatewayInThread
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.settings import BrokerSettings, MarketSettings, Pacing
from utils.clock import SystemClock

ACCOUNT = "DU1234567"
PRICE = 20_000.0
UNANSWERED = 0.3
"""Seconds that a test waits for what will not come."""

Event = TypeVar("Event", bound=BrokerEvent)


@contextmanager
def simulated_gateway(bars: pd.DataFrame | None = None) -> Iterator[GatewayInThread]:
    """Run a gateway of MNQ: over bars step by step, or at prices by hand from PRICE on."""
    pacing = Pacing.MANUAL if bars is None else Pacing.LOCKSTEP

    def broker() -> Any:
        clock = SystemClock()
        market = Market({"MNQ": bars}, MarketSettings(pacing=pacing), clock)
        return Broker(market, BrokerSettings(account=ACCOUNT), clock, Faults())

    with GatewayInThread(broker) as gateway:
        if bars is None:
            gateway.do("set_price", points=PRICE)
        yield gateway


@dataclass
class Link:
    """An `IbGateway` and what it heard, in order.

    Attributes:
        far: The other end.
        near: The adapter.
        heard: All events so far.
        con_id: The front contract, qualified once connected.
    """

    far: GatewayInThread
    near: IbGateway
    heard: list[BrokerEvent]
    con_id: int = 0
    n_orders: int = field(default=0)

    def of(self, kind: type[Event]) -> list[Event]:
        """Return the events of one kind."""
        return [event for event in self.heard if isinstance(event, kind)]

    async def hears(self, kind: type[Event], n: int = 1) -> Event:
        """Wait for the n-th event of a kind, and return it."""
        await until(lambda: len(self.of(kind)) >= n)
        return self.of(kind)[n - 1]

    async def open(self) -> None:
        """Connect, and qualify the front contract."""
        await self.near.connect()
        facts = await self.near.futures("MNQ", "CME")
        self.con_id = facts[0].con_id
        await self.near.qualify(self.con_id)

    def order(self, kind: str = "MKT", **terms: Any) -> OrderToSend:
        """Return an order to buy one contract, under the next order id, changed as said."""
        self.n_orders += 1
        order = OrderToSend(
            ref=f"bot/test/entry/{self.n_orders}",
            order_id=self.n_orders,
            con_id=self.con_id,
            account=ACCOUNT,
            action="BUY",
            quantity=1,
            kind=kind,
        )
        return replace(order, **terms)


def settings_of(far: GatewayInThread, **changed: Any) -> ConnectionSettings:
    """Return settings that reach a gateway; limits are those of a user unless changed.

    But for that of history: a gateway that does not enforce it need not be waited for.
    """
    return ConnectionSettings(**{"port": far.port, "history_again_seconds": 0.0, **changed})


def linked(
    body: Callable[[Link], Awaitable[None]],
    bars: pd.DataFrame | None = None,
    should_open: bool = True,
    **changed: Any,
) -> Link:
    """Run `body` over a new gateway and an adapter connected to it, and return the link."""
    with simulated_gateway(bars) as far:

        async def in_loop() -> Link:
            heard: list[BrokerEvent] = []
            link = Link(
                far, IbGateway(settings_of(far, **changed), heard.append, SystemClock()), heard
            )
            try:
                if should_open:
                    await link.open()
                await body(link)
            finally:
                far.do("heal")
                await link.near.close()
            return link

        return asyncio.run(in_loop())
