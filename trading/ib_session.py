"""One connection to a broker, from the handshake to its end; a new one has nothing of an old one.

Only the handshake is the library's: its own synchronisation returns normally when nobody answered.
"""

import asyncio
from collections import deque
from typing import Any

from config.connection_settings import ConnectionSettings
from data.ib_client import new_ib
from trading.broker_events import BrokerEvent, ErrorSeen, NextIdSeen
from trading.end_markers import EndMarkers
from trading.gateway import Listener
from trading.ib_codes import CLIENT_ID_IN_USE, INVALID_REQUEST
from trading.ib_tap import Tap
from utils.clock import Clock
from utils.errors import FatalGatewayError, TemporaryGatewayError

FIRST_REQUEST_ID = 2**30
"""Requests count from here and orders below, so that an error always says of which it is."""

READ_ONLY_WORDS = "read-only"
READ_ONLY = (
    "the API is read-only, and no order could be sent; untick `Read-Only API` in the API settings "
    "of TWS or IB Gateway"
)

WHERE_TO_LISTEN = (
    "start TWS or IB Gateway, or say where it is by IB_HOST and IB_PAPER_PORT, live IB_LIVE_PORT "
    "(IB Gateway's usual ports are 4002, live 4001)"
)
NO_CONNECTION = "there is no connection to the broker"


class IbSession:
    """A socket, the library that speaks over it, and the tap between the two.

    Attributes:
        client: The library's client, which knows how each request lies on the wire.
        tap: What hears the broker.
        markers: What knows whether a list has come in full.
        funds_request: The request under which funds are told; None before one.
        is_read_only: Whether the broker has refused something because the API may only read.
    """

    def __init__(self, settings: ConnectionSettings, listener: Listener, clock: Clock) -> None:
        """Make an unconnected session; `open` connects it, once."""
        self._ib = new_ib()
        self.client: Any = self._ib.client
        self.client.MaxRequests = 0  # its queue dies with the socket, and says nothing of it
        self.tap = Tap(self._ib, listener, clock)
        self.markers = EndMarkers(settings.scaled(settings.late_answer_seconds))
        self.funds_request: int | None = None
        self.is_read_only = False
        self._settings = settings
        self._sent_at: deque[float] = deque(maxlen=settings.max_messages_per_second)
        self._ended: asyncio.Future[None] | None = None
        self._is_id_in_use = False
        self._next_order_id = 0

    @property
    def is_open(self) -> bool:
        """Whether the handshake is done and the socket not closed, nor about to be."""
        transport = self.client.conn.transport
        return self.client.isReady() and transport is not None and not transport.is_closing()

    async def open(self, port: int) -> None:
        """Connect and shake hands.

        Raises:
            TemporaryGatewayError: If nobody answers in time, or the client id is in use.
            FatalGatewayError: If order ids have run into those of requests.
        """
        self._ended = asyncio.get_running_loop().create_future()
        self.client.conn.disconnected += self._on_end
        self._ib.wrapper.clientId = self._settings.client_id
        try:
            await self._shake_hands(port)
        except BaseException:
            self.abort("the handshake failed")
            raise
        if self._next_order_id >= FIRST_REQUEST_ID:
            self.abort("order ids have run out")
            raise FatalGatewayError(
                f"the next order id must be < {FIRST_REQUEST_ID}, was {self._next_order_id}; reset "
                "the order id sequence in TWS's API settings"
            )
        self.client.updateReqId(FIRST_REQUEST_ID)

    def hear(self, event: BrokerEvent) -> None:
        """Note what matters to the handshake, and to all that follows."""
        if isinstance(event, NextIdSeen):
            self._next_order_id = event.order_id
        elif isinstance(event, ErrorSeen) and event.code == CLIENT_ID_IN_USE:
            self._is_id_in_use = True
        elif isinstance(event, ErrorSeen) and event.code == INVALID_REQUEST:
            self.is_read_only |= READ_ONLY_WORDS in event.text.lower()

    def check(self) -> None:
        """Check that a message may be sent now, and count it.

        Raises:
            BaseException: What the listener raised, if it did.
            TemporaryGatewayError: If the connection is gone, or too much was sent in this second.
        """
        if self.tap.failure is not None:
            raise self.tap.failure
        if not self.is_open:
            raise TemporaryGatewayError(f"{NO_CONNECTION}; nothing was sent")
        now = asyncio.get_running_loop().time()
        if len(self._sent_at) == self._sent_at.maxlen and now - self._sent_at[0] < 1.0:
            raise TemporaryGatewayError(
                f"messages to the broker must be <= {self._sent_at.maxlen} a second; this one was "
                "not sent"
            )
        self._sent_at.append(now)

    def abort(self, reason: str) -> None:
        """Close the socket at once, whatever is queued; ConnectionLost will say why."""
        self.tap.closing_reason = self.tap.closing_reason or reason
        if self.client.conn.transport is not None:
            self.client.conn.transport.abort()

    async def close(self, reason: str) -> None:
        """Send what is queued, if that takes no longer than it may, and close the socket."""
        transport = self.client.conn.transport
        if transport is None or self._ended is None:
            return
        self.tap.closing_reason = self.tap.closing_reason or reason
        transport.close()
        limit = self._settings.scaled(self._settings.close_seconds)
        try:
            await asyncio.wait({self._ended}, timeout=limit)
        finally:
            self.abort(reason)
        await self.ended()  # itself it would be cancelled with us, and others wait for it

    async def ended(self) -> None:
        """Return when the socket is closed."""
        if self._ended is not None:
            await asyncio.shield(self._ended)

    async def _shake_hands(self, port: int) -> None:
        settings, ended = self._settings, self._ended
        assert ended is not None
        limit = settings.scaled(settings.connect_seconds)
        where = f"{settings.host}:{port}"
        handshake = asyncio.ensure_future(
            self.client.connectAsync(settings.host, port, settings.client_id, limit)
        )
        try:
            await asyncio.wait({handshake, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_done = handshake.done()
            handshake.cancel()
            handshake.add_done_callback(look_at)
        if self.tap.failure is not None:
            raise self.tap.failure
        if self._is_id_in_use:
            raise TemporaryGatewayError(
                f"client id {settings.client_id} is in use at {where}; the same is tried again, "
                "since another would not see our orders"
            )
        if not is_done:
            raise TemporaryGatewayError(f"{where} closed the connection during the handshake")
        _raise_of(handshake.exception(), where, limit)

    def _on_end(self, _reason: str) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)


def look_at(task: "asyncio.Future[Any]") -> None:
    """Take note of how a task ended, so that asyncio does not complain that nobody did."""
    if not task.cancelled():
        task.exception()


def _raise_of(error: BaseException | None, where: str, limit: float) -> None:
    """Turn what the library's handshake raised into one clear line."""
    if error is None:
        return
    if isinstance(error, TimeoutError):
        text = f"{where} did not complete the handshake within {limit:g} s"
    elif isinstance(error, OSError):
        text = f"nobody listens at {where} ({type(error).__name__}); {WHERE_TO_LISTEN}"
    else:
        text = f"the handshake with {where} failed: {type(error).__name__}"
    raise TemporaryGatewayError(text) from error
