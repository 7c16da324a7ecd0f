"""Interactive Brokers behind the port of trading/gateway.py, over either client library.

Requests go through the library's client, which only writes messages; its facade, which keeps trades
of its own and refuses to modify one that it wrongly holds for cancelled, is never asked.
"""

import asyncio
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from config.connection_settings import ConnectionSettings
from data.ib_client import new_execution_filter, new_order
from trading.broker_events import (
    BrokerEvent,
    ConnectionLost,
    EndSeen,
    ErrorSeen,
)
from trading.contract_facts import ContractFacts
from trading.end_markers import ListKey
from trading.gateway import Listener, OrderToSend
from trading.history_turns import HistoryTurns
from trading.ib_codes import DOUBTFUL_CODES, INVALID_REQUEST, NEW_PORT
from trading.ib_funds import TAGS, FundsRoute
from trading.ib_requests import ask_contract, ask_futures
from trading.ib_session import (
    NO_CONNECTION,
    READ_ONLY,
    IbSession,
    look_at,
)
from utils.clock import Clock
from utils.errors import FatalGatewayError, TemporaryGatewayError

EXECUTIONS = "executions"


class IbGateway:
    """A connection to TWS or IB Gateway, or to what speaks like them; it implements `Gateway`.

    Each connection is a session of its own. If the listener raises, the connection is closed, and
    whatever is called next raises the same.

    Attributes:
        history: Has requests for history wait for their turn, over all connections.
    """

    def __init__(self, settings: ConnectionSettings, listener: Listener, clock: Clock) -> None:
        """Connect to nothing yet.

        Args:
            settings: Where the broker is, and all timers.
            listener: Hears everything, in order, before the client library does.
            clock: Stands in for times of fills that cannot be read.
        """
        self.history = HistoryTurns(settings)
        self._settings = settings
        self._listener = listener
        self._clock = clock
        self._ports = [settings.port]
        self._n_attempts = 0
        self._session: IbSession | None = None
        self._is_changing = asyncio.Lock()
        self._contracts: dict[int, Any] = {}
        self._time: asyncio.Future[int] | None = None
        self._probe: asyncio.Task[datetime] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a socket; that somebody answers only a probe can tell."""
        return self._session is not None and self._session.is_open

    @property
    def failure(self) -> BaseException | None:
        """What the listener raised, or None; with it, nothing more was told."""
        return None if self._session is None else self._session.tap.failure

    async def check_may_order(self) -> None:
        """Check that the API takes orders: one that may only read tells no list of them either.

        Raises:
            FatalGatewayError: If it may only read.
            TemporaryGatewayError: If it does not answer; then nothing is known of it.
        """
        try:
            await self.ask_completed_orders()
            await self.ask_open_orders()
        except TemporaryGatewayError as error:
            if self._session is not None and self._session.is_read_only:
                raise FatalGatewayError(READ_ONLY) from error
            raise

    async def connect(self) -> None:
        """Connect and shake hands; where there is a connection already, do nothing.

        Raises:
            TemporaryGatewayError: If nobody answers in time; try again later.
            FatalGatewayError: If trying again cannot help.
        """
        async with self._is_changing:
            if self.is_connected:
                return
            if self.failure is not None:
                raise self.failure
            session = IbSession(self._settings, self._listener, self._clock)
            session.tap.on_told = lambda event: self._heard(session, event)
            session.tap.on_time = self._heard_time
            self._session = session
            port = self._ports[self._n_attempts % len(self._ports)]
            self._n_attempts += 1
            await session.open(port)
            # TWS stays where it moved to until it is started anew
            self._ports = list(dict.fromkeys([port, self._settings.port]))
            self._n_attempts = 0

    async def close(self) -> None:
        """Close the socket, whatever state it is in; pending requests fail."""
        if self._session is not None:
            await self._session.close("we closed the connection")

    async def probe(self) -> datetime:
        """Return the broker's clock, or close the socket; who asks meanwhile shares the answer.

        Raises:
            TemporaryGatewayError: If it was not told within the probe's limit.
        """
        if self._probe is None or self._probe.done():
            self._probe = asyncio.ensure_future(self._ask_time())
            self._probe.add_done_callback(look_at)  # whoever asked may have been cancelled
        return await asyncio.shield(self._probe)

    async def ask_positions(self) -> None:
        """Have all positions told again, to their end marker.

        Raises:
            TemporaryGatewayError: If they did not all come: then nothing is known of positions.
        """
        session = self._checked()
        await self._ask(ListKey(of="positions"), session.client.reqPositions)

    async def ask_open_orders(self) -> None:
        """Have all open orders of all clients told again; errors as for positions."""
        session = self._checked()
        await self._ask(ListKey(of="open_orders"), session.client.reqAllOpenOrders)

    async def ask_executions(self) -> None:
        """Have the fills of the day told again; errors as for positions."""
        session = self._checked()
        request_id = session.client.getReqId()
        key = ListKey(of=EXECUTIONS, request_id=request_id)
        session.tap.routes[request_id] = lambda name, said: _on_executions(session, key, name, said)
        try:
            everything = new_execution_filter()
            await self._ask(key, lambda: session.client.reqExecutions(request_id, everything))
        finally:
            del session.tap.routes[request_id]

    async def ask_completed_orders(self) -> None:
        """Have the orders of the day that are over told again; errors as for positions."""
        session = self._checked()
        key = ListKey(of="completed_orders")
        await self._ask(key, lambda: session.client.reqCompletedOrders(False))

    async def qualify(self, con_id: int) -> ContractFacts:
        """Learn a contract by its number; needed once before the first order in it.

        Raises:
            FatalGatewayError: If the broker knows no such contract, e.g. an expired one.
            TemporaryGatewayError: If it does not answer.
        """
        limit = self._settings.scaled(self._settings.request_seconds)
        contract, facts = await ask_contract(self._checked(), con_id, limit)
        self._contracts[con_id] = contract
        return facts

    async def futures(self, symbol: str, exchange: str) -> tuple[ContractFacts, ...]:
        """Return the dated contracts of a symbol that trade now; errors as for `qualify`."""
        limit = self._settings.scaled(self._settings.request_seconds)
        return await ask_futures(self._checked(), symbol, exchange, limit)

    def contract(self, con_id: int) -> Any:
        """Return the library's contract of a number that was qualified.

        Raises:
            FatalGatewayError: If it was not.
        """
        if con_id not in self._contracts:
            raise FatalGatewayError(f"contract {con_id} was not qualified; nothing was sent")
        return self._contracts[con_id]

    def send(self, order: OrderToSend) -> None:
        """Put an order on the wire, or a change of the one of the same order id.

        Raises:
            TemporaryGatewayError: If there is no connection; nothing was sent.
            FatalGatewayError: If its contract was never qualified.
        """
        contract = self.contract(order.con_id)
        self._checked().client.placeOrder(order.order_id, contract, _on_the_wire(order))

    def cancel(self, order_id: int) -> None:
        """Ask for an order of ours to be cancelled; only an event says that it was."""
        self._checked().client.cancelOrder(order_id)

    def follow_profit(self, account: str) -> None:
        """Have the day's PnL of an account told from now on, for this connection."""
        session = self._checked()
        request_id = session.client.getReqId()
        session.tap.profit_accounts[request_id] = account
        session.client.reqPnL(request_id, account, "")

    def follow_funds(self, account: str) -> None:
        """Have what an account has free told now, and whenever it changes, on this connection.

        Asked for again it is told again, even if it is the same: the broker tells changes alone,
        so that its silence does not say whether it still would.

        Raises:
            TemporaryGatewayError: If there is no connection, or too much was sent in this second.
        """
        session = self._checked()
        before, session.funds_request = session.funds_request, None
        if before is not None:  # two at a time are the most that the broker allows
            del session.tap.routes[before]
            session.client.cancelAccountSummary(before)
            session.check()
        session.funds_request = request_id = session.client.getReqId()
        session.tap.routes[request_id] = FundsRoute(account, session.tap.tell).hear
        session.client.reqAccountSummary(request_id, "All", TAGS)

    def session(self) -> IbSession:
        """Return the connection, for requests that have an id of their own.

        Raises:
            TemporaryGatewayError: If there is none.
        """
        return self._checked()

    def _checked(self) -> IbSession:
        if self._session is None:
            raise TemporaryGatewayError(f"{NO_CONNECTION}; nothing was sent")
        self._session.check()
        return self._session

    async def _ask(self, key: ListKey, send: Any) -> None:
        session = self._session
        assert session is not None

        def sent() -> None:  # maybe long after it was asked for: one list comes at a time
            if not session.is_open:
                raise TemporaryGatewayError(f"{NO_CONNECTION}; nothing was sent")
            send()

        await session.markers.ask(key, sent, self._settings.scaled(self._settings.list_seconds))

    async def _ask_time(self) -> datetime:
        session = self._checked()
        limit = self._settings.scaled(self._settings.probe_seconds)
        self._time = asyncio.get_running_loop().create_future()
        session.client.reqCurrentTime()
        try:
            async with asyncio.timeout(limit):
                seconds = await self._time
        except TimeoutError as error:
            text = f"the broker did not tell its clock within {limit:g} s"
            session.abort(text)
            await session.ended()
            raise TemporaryGatewayError(f"{text}; the connection was closed") from error
        return datetime.fromtimestamp(seconds, UTC)

    def _heard_time(self, seconds: int) -> None:
        if self._time is not None and not self._time.done():
            self._time.set_result(seconds)

    def _heard(self, session: IbSession, event: BrokerEvent) -> None:
        session.hear(event)
        if session.tap.failure is not None:
            session.abort("the listener failed")
        if isinstance(event, EndSeen) and event.of != EXECUTIONS:
            session.markers.end(ListKey(of=event.of))
        elif isinstance(event, ErrorSeen) and event.code in DOUBTFUL_CODES:
            session.markers.break_off(f"{event.code} came meanwhile")
            self._note_new_port(event)
        elif isinstance(event, ErrorSeen) and event.code == INVALID_REQUEST:
            if session.is_read_only:
                session.markers.break_off(READ_ONLY)
        elif isinstance(event, ConnectionLost):
            session.markers.break_off(event.reason)
            self._fail_probe(event.reason)

    def _fail_probe(self, reason: str) -> None:
        if self._time is not None and not self._time.done():
            self._time.set_exception(TemporaryGatewayError(f"{reason}; connect again"))

    def _note_new_port(self, event: ErrorSeen) -> None:
        """Try the port that TWS says it moves to, and the configured one, in turn."""
        port = re.search(r"(\d{2,5})\D*$", event.text)
        if event.code == NEW_PORT and port is not None:
            self._ports = [int(port.group(1)), self._settings.port]


def _on_executions(session: IbSession, key: ListKey, name: str, said: tuple[Any, ...]) -> None:
    if name == "execDetailsEnd":
        session.markers.end(key)
    elif name == "error":
        session.markers.break_off(f"error {said[0]}: {said[1]}")


@cache
def _order_class() -> Any:
    """Return the library's class of orders; which library is installed only the disk knows.

    Asked for each order, that would stand between a decision and the wire for a millisecond.
    """
    return type(new_order())


def _on_the_wire(order: OrderToSend) -> Any:
    """Return the library's order; a price that is None stays unset."""
    prices = {"lmtPrice": order.limit_price, "auxPrice": order.stop_price}
    return _order_class()(
        action=order.action,
        totalQuantity=order.quantity,
        orderType=order.kind,
        tif=order.tif,
        ocaGroup=order.oca_group,
        ocaType=1 if order.oca_group else 0,
        account=order.account,
        orderRef=order.ref,
        transmit=order.should_transmit,
        parentId=order.parent_id,
        outsideRth=order.is_outside_rth,
        **{name: price for name, price in prices.items() if price is not None},
    )
