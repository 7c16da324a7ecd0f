"""A simulated market in a process of its own, as a broker is: it takes the time there.

In one process with the trader the two would wait for each other's turns, which no broker does.
"""

import asyncio
import math
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from scripts.benchmarks.live_waits import WireWatch
from trading.simulation import SimulationTerms, simulated_market
from utils.errors import SimulationError

ANSWER_SECONDS = 120.0
"""Within which the other process must answer: it compiles the kernel first."""


class RemoteClock:
    """The market's time as it was told last; it stands between two steps.

    Attributes:
        rate: Infinite: the market goes on only when told.
    """

    rate = math.inf

    def __init__(self) -> None:
        """Know no time yet."""
        self.time: datetime | None = None

    def now(self) -> datetime:
        """Return the market's time, aware, UTC."""
        assert self.time is not None, "told before anybody asks"
        return self.time


class RemoteMarket:
    """What a trader and a stepper want of a market; it is in another process.

    Attributes:
        clock: Its time.
        port: Where its gateway listens.
        warm_days: Sessions of history.
    """

    is_lockstep = True

    def __init__(self, connection: Connection) -> None:
        """Ask the other end where it is."""
        self.clock = RemoteClock()
        self._connection = connection
        self.port, self.warm_days = self._ask("begin")

    @property
    def n_orders_heard(self) -> int:
        """Orders, changes and cancels that have reached it so far."""
        return int(self._ask("heard"))

    def release(self) -> None:
        """Do nothing: it goes on only when stepped."""

    async def step(self) -> bool:
        """Live on to the next close; False once the bars are over."""
        return bool(await asyncio.to_thread(self._ask, "step"))

    def waits(self) -> list[float]:
        """Return the milliseconds from each close to its entry so far."""
        return list(self._ask("waits"))

    def state(self) -> dict[str, Any]:
        """Return the broker's books."""
        return dict(self._ask("state"))

    def _ask(self, what: str) -> Any:
        try:
            self._connection.send(what)
            if not self._connection.poll(ANSWER_SECONDS):
                raise SimulationError(f"the market's process did not answer `{what}`")
            self.clock.time, answer = self._connection.recv()
        except (EOFError, BrokenPipeError) as error:
            raise SimulationError(f"the market's process ended before `{what}`") from error
        return answer


@contextmanager
def market_process(terms: SimulationTerms) -> Iterator[RemoteMarket]:
    """Run a market in a process of its own while the `with` block does."""
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    process = context.Process(target=_serve, args=(far, terms), daemon=True)
    process.start()
    far.close()  # so that its end is noticed
    try:
        yield RemoteMarket(near)
        near.send("end")
    finally:
        process.join(5.0)
        process.terminate()


def _serve(connection: Connection, terms: SimulationTerms) -> None:
    """Answer until told to end: the time, and what was asked for."""
    with simulated_market(terms) as market:
        watch = WireWatch(market)
        answers = {
            "begin": lambda: (market.port, market.warm_days),
            "heard": lambda: market.n_orders_heard,
            "step": lambda: asyncio.run(market.step()),
            "waits": lambda: watch.milliseconds,
            "state": market.state,
        }
        while (asked := connection.recv()) != "end":
            answer = answers[asked]()
            connection.send((market.clock.now(), answer))
