"""When a rehearsal's market may move on: once the trader has heard all of it, and done its part.

Messages are asynchronous, so what the trader knows proves nothing by itself. But answers come in
order on one socket: whoever is answered a question has heard all that was said before, and all
that was sent before has been heard at the other end. If after such an answer the trader wants
nothing more, and no order has reached the gateway meanwhile, nothing is on its way in either
direction.
"""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from trading.simulation import SimulatedMarket
from utils.errors import SimulationError

SETTLE_SECONDS = 10.0
"""How long a trader may take for one bar."""

POLL_SECONDS = 0.001
OVER_POLL_SECONDS = 0.05


class Rehearsing(Protocol):
    """A trader, as far as a stepper has to know it."""

    def probe(self) -> Awaitable[object]:
        """Ask the broker something over the one connection, and return with its answer."""

    def unsettled(self) -> str:
        """Return what is not done yet, for people; "" where nothing is.

        Not done is: what was heard and not worked off, a decision that is being made, an order
        that was sent and not acknowledged, a fill that is said and not seen, a position without
        its stop.
        """


class Stepper:
    """Moves a simulated market on until its bars are over.

    Attributes:
        n_steps: So far.
    """

    def __init__(
        self, market: SimulatedMarket, trader: Rehearsing, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        """Move nothing yet.

        Args:
            market: What is moved.
            trader: Who has to be settled before each step, and after the last.
            settle_seconds: How long it may take for that.
        """
        self.n_steps = 0
        self._market = market
        self._trader = trader
        self._settle_seconds = settle_seconds

    async def run(self) -> None:
        """Live through all bars; run it once the trader is connected, warm and subscribed.

        Raises:
            SimulationError: If the trader was not settled in time, or the gateway stands still.
            TemporaryGatewayError: If the connection is gone.
        """
        await self.settle()
        self._market.release()
        if not self._market.is_lockstep:
            await self._until_over()
            await self.settle()
            return
        while await self._market.step():
            self.n_steps += 1
            await self.settle()

    async def settle(self) -> None:
        """Wait until the trader is settled.

        Raises:
            SimulationError: If it is not in time; the text says what was left to do.
        """
        try:
            async with asyncio.timeout(self._settle_seconds) as limit:
                await self._until_settled()
        except TimeoutError as error:
            if not limit.expired():
                raise
            why = self._trader.unsettled() or "orders kept coming"
            raise SimulationError(
                f"the trader must be settled within {self._settle_seconds:g} s of a bar "
                f"(market time {self._market.clock.now():%Y-%m-%d %H:%M:%S}), was not: {why}"
            ) from error

    async def _until_settled(self) -> None:
        trader, market = self._trader, self._market
        await trader.probe()  # its answer may be one that was asked for before the step
        await trader.probe()
        while True:
            is_settled, n_heard = not trader.unsettled(), market.n_orders_heard
            await trader.probe()
            if is_settled and not trader.unsettled() and n_heard == market.n_orders_heard:
                return
            if not is_settled:
                await asyncio.sleep(POLL_SECONDS)

    async def _until_over(self) -> None:
        """Wait for the last close; raise where the gateway does not do what is due."""
        loop, last, seen_at = asyncio.get_running_loop(), None, 0.0
        while (time := await self._market.next_time()) is not None:
            if time != last or time > self._market.clock.now():
                last, seen_at = time, loop.time()
            elif loop.time() - seen_at > self._settle_seconds:
                raise SimulationError(f"the simulated market stands still before {time}")
            await asyncio.sleep(OVER_POLL_SECONDS)
