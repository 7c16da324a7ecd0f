"""One connected client of ib_async or ib_insync, which share their interface."""

import asyncio
import importlib

from tests.trading.simulated_gateway.clients.flow_kit import Control, until

CLIENT_ID = 3
PRICE = 18000.0


class Client:
    """A client, the gateway's control socket, and all errors that the client heard of.

    Attributes:
        lib: The library.
        ib: Its facade.
        control: Of the gateway.
        contract: The front contract of MNQ, qualified.
        errors: (request id, code, text), in order.
    """

    def __init__(self, library, port, control_port):
        self.lib = importlib.import_module(library)
        self.port = port
        self.control = Control(control_port)
        self.errors = []
        self.contract = None
        self.ib = self.new_ib()

    def new_ib(self):
        """Return a facade that is not connected, and that does not wait between its requests."""
        ib = self.lib.IB()
        ib.client.MaxRequests = 0
        ib.errorEvent += lambda request_id, code, text, *_: self.errors.append(
            (request_id, code, text)
        )
        return ib

    async def connect(self, ib=None, client_id=CLIENT_ID, **options):
        """Connect a facade, by default this one, and let it synchronise."""
        facade = self.ib if ib is None else ib
        await facade.connectAsync(
            "127.0.0.1", self.port, clientId=client_id, **{"timeout": 15.0, **options}
        )
        return facade

    async def begin(self):
        """Stand at PRICE, flat, without orders, connected, errors forgotten."""
        self.control.do("heal")
        if not self.ib.isConnected():
            await self.connect()
        self.ib.reqGlobalCancel()
        await until(lambda: not self.control.state()["orders"], "no orders are left")
        self.control.price(PRICE)
        self.control.flatten()
        if self.contract is None:
            details = await self.ib.reqContractDetailsAsync(self.future())
            self.contract = details[0].contract
        await self.ib.reqPositionsAsync()
        self.errors.clear()

    def future(self, **terms):
        """Return an unqualified future of MNQ."""
        return self.lib.Future("MNQ", exchange="CME", currency="USD", **terms)

    def codes(self):
        """Return the codes of all errors so far."""
        return [code for _, code, _ in self.errors]

    async def heard(self, code):
        """Wait for an error; return its request id and text."""
        await until(lambda: code in self.codes(), f"error {code}, not {self.errors}")
        return next((i, text) for i, found, text in self.errors if found == code)

    def order(self, kind, action, quantity, **terms):
        """Return an order, GTC and outside regular hours unless told."""
        chosen = {"tif": "GTC", "outsideRth": True, "account": "DU1234567", **terms}
        return self.lib.Order(orderType=kind, action=action, totalQuantity=quantity, **chosen)

    def place(self, kind, action, quantity, **terms):
        """Place an order; return its trade."""
        return self.ib.placeOrder(self.contract, self.order(kind, action, quantity, **terms))

    async def reaches(self, trade, status):
        """Wait until a trade has a status."""
        await until(
            lambda: trade.orderStatus.status == status,
            f"{status}, not {trade.orderStatus.status}; errors {self.errors}",
        )

    async def position_is(self, quantity):
        """Wait until the client knows its position, and the broker's books agree."""
        await until(
            lambda: sum(p.position for p in self.ib.positions()) == quantity,
            f"position {quantity}, not {self.ib.positions()}",
        )
        assert sum(self.control.state()["positions"].values()) == quantity

    async def round_trip(self):
        """Ask for the time, so that all that was said before has come."""
        return await asyncio.wait_for(self.ib.reqCurrentTimeAsync(), 15.0)
