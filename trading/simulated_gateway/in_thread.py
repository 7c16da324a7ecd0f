"""A gateway inside another program: on a thread and an event loop of its own.

For tests and for trading against it in one process; everything that is done to it is done on its
own thread.
"""

import asyncio
import inspect
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from trading.simulated_gateway.broker_port import BrokerPort
from trading.simulated_gateway.commands import Answer, execute
from trading.simulated_gateway.server import GatewayServer
from trading.simulated_gateway.server_settings import ServerSettings

CALL_SECONDS = 30.0
"""Within which whatever is asked of the gateway's thread must be done."""


class GatewayInThread:
    """A gateway that runs while the `with` block does.

    Args:
        make_broker: Makes its broker, on its thread.
        settings: Where it listens, what version it speaks.
    """

    def __init__(
        self, make_broker: Callable[[], BrokerPort], settings: ServerSettings | None = None
    ) -> None:
        self._make_broker = make_broker
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: GatewayServer | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.call(self._start)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.call(self.server.close)
        self._end()

    @property
    def server(self) -> GatewayServer:
        """The server; touch it only by `call`."""
        assert self._server is not None, "used outside its `with` block"
        return self._server

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function, or a coroutine function, on the gateway's thread; return its result."""
        waiting = asyncio.run_coroutine_threadsafe(_called(function, arguments), self._loop)
        return waiting.result(CALL_SECONDS)

    async def answer(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Do as `call`, while the loop of whoever asks goes on."""
        waiting = asyncio.run_coroutine_threadsafe(_called(function, arguments), self._loop)
        return await asyncio.wrap_future(waiting)

    def do(self, name: str, /, **arguments: Any) -> Answer:
        """Do one of COMMANDS.

        Raises:
            ConfigError: If there is no such command, or it does not take these arguments.
        """
        return dict(self.call(execute, self.server, {"do": name, **arguments}))

    def state(self) -> dict[str, Any]:
        """Return the broker's books."""
        return dict(self.do("state")["state"])

    def set(self, **faults: Any) -> None:
        """Switch faults, by name."""
        for name, value in faults.items():
            self.do("fault", name=name, value=value)

    async def _start(self) -> None:
        self._server = GatewayServer(self._make_broker(), self._settings)
        await self._server.start()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    result = function(*arguments)
    return await result if inspect.isawaitable(result) else result
