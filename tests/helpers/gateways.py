"""Gateways of a script instead of a socket, and what a test hears of a connection."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from trading.broker_events import BrokerEvent, ConnectionLost
from trading.gateway import OrderToSend
from utils.errors import TemporaryGatewayError

NOON = datetime(2025, 11, 5, 12, 0, tzinfo=UTC)


@dataclass
class ScriptedGateway:
    """A `Gateway` that connects and answers as told, and counts.

    Attributes:
        listener: Hears ConnectionLost.
        refusals: So many next attempts to connect fail.
        is_answering: Whether probes are answered.
        time: What they say.
        n_connects: Attempts so far.
        n_open: Attempts that are on at this moment, at most.
    """

    listener: Callable[[BrokerEvent], None] = lambda event: None
    refusals: int = 0
    is_answering: bool = True
    time: datetime = NOON
    n_connects: int = 0
    n_open: int = 0
    most_open: int = 0
    times: list[float] = field(default_factory=list)
    _is_connected: bool = False

    @property
    def is_connected(self) -> bool:
        """Whether there is a socket."""
        return self._is_connected

    async def connect(self) -> None:
        """Connect, or fail as scripted."""
        self.n_connects += 1
        self.times.append(asyncio.get_running_loop().time())
        self.n_open += 1
        self.most_open = max(self.most_open, self.n_open)
        await asyncio.sleep(0)
        self.n_open -= 1
        if self.refusals > 0:
            self.refusals -= 1
            raise TemporaryGatewayError("nobody listens; start TWS")
        self._is_connected = True

    async def close(self) -> None:
        """Close, and say so once."""
        self.lose("we closed the connection")

    def lose(self, reason: str) -> None:
        """Lose the socket, if there is one."""
        if self._is_connected:
            self._is_connected = False
            self.listener(ConnectionLost(reason=reason))

    async def probe(self) -> datetime:
        """Tell the time, or lose the socket."""
        await asyncio.sleep(0)
        if not self._is_connected or not self.is_answering:
            self.lose("the broker did not tell its clock")
            raise TemporaryGatewayError("the broker did not tell its clock; try again")
        return self.time

    async def ask_positions(self) -> None:
        """Tell nothing, in full."""

    async def ask_open_orders(self) -> None:
        """Tell nothing, in full."""

    async def ask_executions(self) -> None:
        """Tell nothing, in full."""

    async def ask_completed_orders(self) -> None:
        """Tell nothing, in full."""

    def send(self, order: OrderToSend) -> None:
        """Send nothing."""

    def cancel(self, order_id: int) -> None:
        """Cancel nothing."""


async def until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return once something is so; a test that waits in vain fails here."""
    for _ in range(int(seconds / 0.002)):
        if is_so():
            return
        await asyncio.sleep(0.002)
    raise AssertionError(f"it was not so within {seconds} s")
