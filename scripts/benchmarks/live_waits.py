"""How long a broker waits for an order upon the close of a bar, message to message."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trading.order_identity import Role
from trading.simulated_gateway.events import Event, HistoricalUpdate
from trading.simulated_gateway.requests import PlaceOrder, Request
from trading.simulation import SimulatedMarket
from trading.stepper import Rehearsing, Stepper

REST_SECONDS = 0.06
"""Before each close: bars are minutes apart, and what the last one left behind is done by then."""

RunTrader = Callable[[Any], AbstractAsyncContextManager[Rehearsing]]
"""Connects a trader to a market, warm and ready, and ends it."""


class WireWatch:
    """Takes the time in the gateway's thread.

    The bar that is told last before an order is the first of the next one: it closes the one
    before.

    Attributes:
        milliseconds: From each close to its entry, in order.
    """

    def __init__(self, market: SimulatedMarket) -> None:
        """Watch from now on."""
        self.milliseconds: list[float] = []
        self._told_at: float | None = None
        market.gateway.call(self._attach, market)

    def _attach(self, market: SimulatedMarket) -> None:
        deliver = market.broker.deliver

        def told(client_id: int | None, event: Event) -> None:
            if isinstance(event, HistoricalUpdate):
                self._told_at = time.perf_counter()
            deliver(client_id, event)

        market.broker.deliver = told
        market.broker.on_request = self._asked

    def _asked(self, request: Request) -> None:
        now = time.perf_counter()
        if not isinstance(request, PlaceOrder) or self._told_at is None:
            return
        if f"/{Role.ENTRY}/" in request.order.order_ref:
            self.milliseconds.append((now - self._told_at) * 1_000)
            self._told_at = None


async def entry_waits(market: Any, run_trader: RunTrader, n_entries: int) -> NDArray[np.float64]:
    """Return the milliseconds from close to entry, of the first `n_entries` or as many as come.

    Args:
        market: In lockstep; it takes the time (scripts/benchmarks/live_process.py).
        run_trader: Who trades.
        n_entries: After so many it ends.
    """
    async with run_trader(market) as trader:
        stepper = Stepper(market, trader)
        await stepper.settle()
        while len(market.waits()) < n_entries:
            await asyncio.sleep(REST_SECONDS)
            if not await market.step():
                break
            await stepper.settle()
    return np.array(market.waits()[:n_entries])
