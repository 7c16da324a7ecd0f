"""A simulated market in a process of its own, so that it outlives traders that are killed.

It is forked off, and asked over a socket that every trader after it inherits; orders go over its
own socket as always. Questions and answers are whole packets: a trader that is killed while it
reads or writes one leaves no half of it to the next.
"""

import os
import pickle
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from trading.simulation import SimulatedMarket

MOST_BYTES = 1 << 20

MOST_SECONDS = 290.0
"""How far time may go beyond a step: less than a bar."""


class Packets:
    """Sends and receives whole objects, or nothing of them."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)

    def send(self, told: Any) -> None:
        self._end.send(pickle.dumps(told))

    def recv(self) -> Any:
        return pickle.loads(self._end.recv(MOST_BYTES))


def _two_ends() -> tuple[Packets, Packets]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Packets(near), Packets(far)


@dataclass
class HostedMarket:
    """What a trader, a stepper and a test ask of a market, where that is in another process.

    Its time goes on between steps, second by second, for one trader after the other alike.

    Attributes:
        port: Where it listens.
        warm_days: Of its history before the start.
    """

    pipe: Packets
    port: int
    warm_days: int

    is_lockstep = True
    rate = 1.0
    _numbers = count()

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Learn what time it is there, as each process that is forked has to."""
        self._stands_at, self._since = self._ask("time")
        self._latest: datetime = self._stands_at

    @property
    def clock(self) -> "HostedMarket":
        """What time it is."""
        return self

    def now(self) -> datetime:
        """Return its time, and what has passed since."""
        crept = min(time.monotonic() - self._since, MOST_SECONDS)
        self._latest = max(self._latest, self._stands_at + timedelta(seconds=crept))
        return self._latest

    async def step(self) -> bool:
        """Live through a bar; False once they are over."""
        is_left, self._stands_at, self._since = self._ask("step")
        return bool(is_left)

    @property
    def n_orders_heard(self) -> int:
        """Orders, changes and cancels that have reached it so far."""
        return int(self._ask("n_orders"))

    def state(self) -> dict[str, Any]:
        """Return the broker's books."""
        return dict(self._ask("state"))

    def _ask(self, word: str) -> Any:
        """Return the answer; one that a killed process did not wait for is left out."""
        number = (os.getpid(), next(self._numbers))
        self.pipe.send((number, word))
        while True:
            of, answer = self.pipe.recv()
            if of == number:
                return answer


def _served(market: SimulatedMarket, pipe: Packets) -> None:
    """Answer until told to end."""
    market.release()
    since = time.monotonic()
    while True:
        number, word = pipe.recv()
        answer: Any = None
        if word == "end":
            return
        if word == "step":
            is_left = market.gateway.call(market._step)
            since = time.monotonic()
            answer = is_left, market.clock.now(), since
        elif word == "time":
            answer = market.clock.now(), since
        elif word == "n_orders":
            answer = market.n_orders_heard
        elif word == "state":
            answer = market.state()
        pipe.send((number, answer))


@contextmanager
def hosted(make_market: Callable[[], Any]) -> Iterator[HostedMarket]:
    """Run a market in a forked process while the block does; this one must have one thread.

    Args:
        make_market: Returns the context of a market; called there.
    """
    near, far = _two_ends()
    process = os.fork()
    if process == 0:
        with make_market() as market:
            far.send((market.port, market.warm_days))
            _served(market, far)
        os._exit(0)
    port, warm_days = near.recv()
    try:
        yield HostedMarket(near, port, warm_days)
    finally:
        near.send((None, "end"))
        os.waitpid(process, 0)
