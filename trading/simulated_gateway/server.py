"""The gateway's listening side: who is connected, and who is let in.

What a connection says is left to its session; the broker's books outlive both.
"""

import asyncio

from trading.simulated_gateway.broker_port import BrokerPort
from trading.simulated_gateway.events import Event
from trading.simulated_gateway.server_settings import ServerSettings
from trading.simulated_gateway.session import Session
from utils.errors import ConfigError
from utils.logger import get_logger

PULSE_SECONDS = 0.01
"""How late, at most, what is due by the clock is done."""

_LOG = get_logger("gateway")


class GatewayServer:
    """A TWS that clients can connect to.

    Args:
        broker: Answers them; it is told to deliver here.
        settings: Where to listen, what version to speak.
    """

    def __init__(self, broker: BrokerPort, settings: ServerSettings | None = None) -> None:
        self.broker = broker
        self.settings = settings if settings is not None else ServerSettings()
        self._clients: dict[int, Session] = {}
        self._running: dict[asyncio.Task[None], Session] = {}
        self._listener: asyncio.Server | None = None
        self._port = self.settings.port
        self._is_started = False
        self._pulse: asyncio.Task[None] | None = None
        broker.deliver = self.deliver

    @property
    def port(self) -> int:
        """Where it listens, or did; 0 before the first start where none was asked for."""
        return self._port

    @property
    def client_ids(self) -> tuple[int, ...]:
        """Who is connected, in ascending order."""
        return tuple(sorted(self._clients))

    async def start(self) -> None:
        """Listen, on the same port as before; on none while `is_refusing` is set.

        Raises:
            ConfigError: If the port is taken.
        """
        self._is_started = True
        if self._pulse is None:
            self._pulse = asyncio.create_task(self._keep_pulse())
        if self._port == 0:
            await self._listen()
        await self.obey_faults()

    async def stop(self) -> None:
        """Close the port and every connection; the broker trades on, and keeps its books."""
        self._is_started = False
        self._close_port()
        self.kick(is_reset=False)
        await asyncio.gather(*self._running)

    async def close(self) -> None:
        """Stop for good: the broker's clock stands still too."""
        await self.stop()
        if self._pulse is not None:
            self._pulse.cancel()
            await asyncio.gather(self._pulse, return_exceptions=True)

    async def obey_faults(self) -> None:
        """Open or close the port, after `is_refusing` was changed; who is connected stays."""
        should_listen = self._is_started and not self.broker.faults.is_refusing
        if should_listen and self._listener is None:
            await self._listen()
        elif not should_listen:
            self._close_port()

    def deliver(self, client_id: int | None, event: Event) -> None:
        """Tell one client, or all; who is not there misses it."""
        if client_id is None:
            for session in list(self._clients.values()):
                session.tell(event)
        elif client_id in self._clients:
            self._clients[client_id].tell(event)

    def kick(self, client_id: int | None = None, is_reset: bool = True) -> int:
        """End connections.

        Args:
            client_id: Whose; None ends all, those too that have not said who they are.
            is_reset: Whether clients read a reset (RST), as when TWS dies; else an end (FIN).

        Returns:
            How many there were.
        """
        chosen = [
            session
            for session in self._running.values()
            if client_id is None or session.client_id == client_id
        ]
        for session in chosen:
            session.close(is_reset)
        return len(chosen)

    def admit(self, client_id: int, session: Session) -> bool:
        """Take a client in; False where its id is in use, by somebody or by a ghost."""
        if client_id in self._clients or client_id in self.broker.faults.ghost_clients:
            return False
        self._clients[client_id] = session
        return True

    def release(self, client_id: int, session: Session) -> None:
        """Forget a client that has gone, and let the broker know."""
        if self._clients.get(client_id) is session:
            del self._clients[client_id]
            self.broker.disconnect(client_id)

    async def _listen(self) -> None:
        host, port = self.settings.host, self._port
        try:
            self._listener = await asyncio.start_server(self._accept, host, port)
        except OSError as error:
            raise ConfigError(
                f"the gateway cannot listen on {host}:{port}: {error.strerror or error}; "
                "choose another port"
            ) from error
        self._port = int(self._listener.sockets[0].getsockname()[1])

    def _close_port(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(reader, writer, self)
        task = asyncio.current_task()
        assert task is not None
        self._running[task] = session
        try:
            await session.run()
        finally:
            del self._running[task]

    async def _keep_pulse(self) -> None:
        """Have the broker do what is due by the clock, whoever is connected."""
        try:
            while True:
                wait = self.broker.seconds_to_next()
                await asyncio.sleep(PULSE_SECONDS if wait is None else min(wait, PULSE_SECONDS))
                self.broker.pulse()
        except Exception:
            _LOG.exception("the gateway's clock stands still after an error of its own")
