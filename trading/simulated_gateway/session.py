"""One client's connection: the handshake, then its messages, one after the other.

What is asked for is left to the broker, how it is written to the layouts, whom else there is to
the server.
"""

import asyncio
import socket
import struct
from collections import deque
from typing import Protocol

from trading.simulated_gateway.broker_port import BrokerPort
from trading.simulated_gateway.events import ErrorMessage, Event
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.fields import Dialect, FieldReader, MalformedMessageError
from trading.simulated_gateway.layouts_out import messages_of
from trading.simulated_gateway.outbox import FROZEN_POLL_SECONDS, Outbox, count_down
from trading.simulated_gateway.requests_in import (
    START_API,
    message_id_of,
    read_request,
    read_start_api,
)
from trading.simulated_gateway.server_settings import ServerSettings
from trading.simulated_gateway.wire import (
    WireError,
    fields_of,
    frame,
    read_payload,
    read_versions,
)
from utils.logger import get_logger

MAX_MESSAGES_A_SECOND = 50

CANNOT_READ = 320
RATE_EXCEEDED = 100
ID_IN_USE = 326

_LOG = get_logger("gateway")
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Host(Protocol):
    """What a session needs of the server that accepted it."""

    broker: BrokerPort
    settings: ServerSettings

    def admit(self, client_id: int, session: "Session") -> bool:
        """Take a client in; False where its id is in use."""

    def release(self, client_id: int, session: "Session") -> None:
        """Forget a client that has gone."""


class Session:
    """One connection, from its first byte to its last.

    Args:
        reader: What the client sends.
        writer: The way back to it.
        host: The server.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: Host
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host
        self._outbox = Outbox(writer, host.broker.faults)
        self._dialect = Dialect(version=host.settings.version, zone=host.settings.zone)
        self._arrivals: deque[float] = deque(maxlen=MAX_MESSAGES_A_SECOND)
        self._is_closed = False
        self.client_id: int | None = None

    @property
    def _faults(self) -> Faults:
        return self._host.broker.faults

    async def run(self) -> None:
        """Serve the client until it goes, or has to; never raises but for cancellation."""
        try:
            await self._serve()
        except WireError as error:
            _LOG.warning("client %s is cut off: %s", self.client_id, error)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        finally:
            self.close()

    def tell(self, event: Event) -> None:
        """Send an event in this client's version."""
        for fields in messages_of(event, self._dialect):
            self._outbox.put(fields)

    def close(self, is_reset: bool = False) -> None:
        """End the connection; with `is_reset` the client reads a reset, not an end."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.client_id is not None:
            self._host.release(self.client_id, self)
        if is_reset:
            connection = self._writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._writer.transport.abort()
        self._outbox.kill()
        self._writer.close()

    async def _serve(self) -> None:
        if self._faults.is_silent or self._faults.is_black_hole:
            await self._swallow()
            return
        async with asyncio.timeout(self._host.settings.handshake_seconds):
            is_in = await self._handshake()
        while is_in:
            await self._handle(await self._next_message())

    async def _swallow(self) -> None:
        """Read and say nothing, for as long as the client stays."""
        while await self._reader.read(1 << 16):
            pass

    async def _handshake(self) -> bool:
        """Agree on a version and learn who it is; False where the client cannot stay."""
        lowest, highest = await read_versions(self._reader)
        version = self._host.settings.agreed_version(lowest, highest)
        if version is None:
            raise WireError(f"a client speaks versions {lowest} to {highest} only")
        self._dialect = Dialect(version=version, zone=self._host.settings.zone)
        await self._until_thawed()
        now = self._host.broker.now()
        self._writer.write(frame([str(version), self._dialect.stamp(now)]))
        return await self._start_api()

    async def _start_api(self) -> bool:
        fields = await self._next_message()
        if message_id_of(fields) != START_API:
            raise WireError(f"a client begins with message {fields[0]}, not with {START_API}")
        client_id = read_start_api(FieldReader(fields[1:]))
        if self._host.admit(client_id, self):
            self.client_id = client_id
            self._host.broker.connect(client_id)
            return True
        self._complain(
            -1,
            ID_IN_USE,
            "Unable to connect as the client id is already in use. Retry with a unique client id.",
        )
        await self._outbox.flush()
        return False

    async def _next_message(self) -> list[str]:
        """Return the next message that is not lost on its way."""
        while True:
            payload = await read_payload(self._reader)
            await self._until_thawed()
            if self._is_closed:
                raise WireError("the gateway closed the connection")
            if not self._outbox.is_dead:
                return fields_of(payload)

    async def _until_thawed(self) -> None:
        while self._faults.is_frozen and not self._is_closed:
            await asyncio.sleep(FROZEN_POLL_SECONDS)

    async def _handle(self, fields: list[str]) -> None:
        """Have a message answered; whatever is wrong with it is told to the client."""
        reader = FieldReader(fields[1:])
        try:
            if self._is_ignored(message_id_of(fields)) or self._is_too_fast():
                return
            request = read_request(fields, self._dialect, reader)
            if request is not None and self.client_id is not None:
                self._host.broker.handle(self.client_id, request)
        except MalformedMessageError as error:
            _LOG.warning("client %s: message %s: %s", self.client_id, fields[0][:20], error)
            self._complain(reader.request_id, CANNOT_READ, _cannot_read(str(error)))
        except Exception:
            _LOG.exception("client %s: message %s", self.client_id, ",".join(fields)[:500])
            self._complain(reader.request_id, CANNOT_READ, _cannot_read("an error of the gateway"))

    def _is_ignored(self, message_id: int) -> bool:
        return count_down(self._faults.ignore_in, message_id)

    def _is_too_fast(self) -> bool:
        """Return whether a message is one too many within a second; it is not read then."""
        now = asyncio.get_running_loop().time()
        is_full = len(self._arrivals) == MAX_MESSAGES_A_SECOND and now - self._arrivals[0] < 1.0
        if self._faults.is_rate_enforced and is_full:
            self._complain(
                -1, RATE_EXCEEDED, "Max rate of messages per second has been exceeded:50"
            )
            return True
        self._arrivals.append(now)
        return False

    def _complain(self, request_id: int, code: int, text: str) -> None:
        self.tell(ErrorMessage(request_id=request_id, code=code, text=text))


def _cannot_read(cause: str) -> str:
    return f"Server error when reading an API client request: {cause}"
