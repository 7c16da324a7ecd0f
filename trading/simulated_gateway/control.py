"""The control socket of a gateway that is its own process: a line of JSON in, a line out.

On loopback, without a password: who can log in on this machine may do all that COMMANDS lists.
"""

import asyncio
import json
from typing import Any

from trading.simulated_gateway.commands import execute
from trading.simulated_gateway.server import GatewayServer
from utils.errors import ConfigError, FuturesGymError

LOOPBACK = "127.0.0.1"
MAX_LINE_BYTES = 1 << 16


class ControlServer:
    """Takes commands for one gateway.

    Args:
        server: The gateway.
        port: 0 takes a free one.
    """

    def __init__(self, server: GatewayServer, port: int = 0) -> None:
        self._server = server
        self._port = port
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """Where it listens; 0 before it was started where none was asked for."""
        return self._port

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: If the port is taken.
        """
        try:
            self._listener = await asyncio.start_server(
                self._serve, LOOPBACK, self._port, limit=MAX_LINE_BYTES
            )
        except OSError as error:
            raise ConfigError(
                f"the control socket cannot listen on {LOOPBACK}:{self._port}: "
                f"{error.strerror or error}; choose another port"
            ) from error
        self._port = int(self._listener.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and every connection to it."""
        if self._listener is not None:
            self._listener.close()
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while line := await reader.readline():
                await _send(writer, await self.answer(line))
        except ValueError:
            await _send(writer, _refusal(f"a command is at most {MAX_LINE_BYTES} bytes long"))
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def answer(self, line: bytes) -> dict[str, Any]:
        """Return what a line is answered: "ok", and the command's answer or one line of error."""
        try:
            words = json.loads(line)
        except ValueError as error:
            return _refusal(f"a command is one line of JSON: {error}")
        if not isinstance(words, dict):
            return _refusal(f"a command is a JSON object, was {line[:40]!r}")
        try:
            return {"ok": True, **await execute(self._server, words)}
        except FuturesGymError as error:
            return _refusal(str(error))


def _refusal(text: str) -> dict[str, Any]:
    return {"ok": False, "error": " ".join(text.split())}


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()
