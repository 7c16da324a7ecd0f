"""A trader of a few lines in a simulated market: an order at each close, filled at the next."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from config.connection_settings import ConnectionSettings
from tests.helpers.bars import SESSION_OPEN, make_bars
from tests.helpers.gateways import until
from trading.broker_events import BrokerEvent, ExecutionSeen, OrderStatusSeen
from trading.connection import ConnectionSupervisor
from trading.data_events import BarClosed, DataEvent
from trading.gateway import OrderToSend
from trading.ib_gateway import IbGateway
from trading.rehearsal_settings import rehearsed_connection
from trading.simulation import SimulatedMarket, SimulationTerms, simulated_market
from trading.stepper import Stepper
from trading.subscriptions import BarSubscription, BarTerms

BAR_SECONDS = 300


def rising(n_bars: int, start: str = SESSION_OPEN, first: float = 18_000.0) -> pd.DataFrame:
    """Return five-minute bars of which each opens a point above the one before."""
    opens = [first + k for k in range(n_bars)]
    return make_bars([(o, o + 2.0, o - 2.0, o + 0.5) for o in opens], start=start)


def terms(bars: pd.DataFrame | Path, **changed: Any) -> SimulationTerms:
    """Return terms over bars of which three come before the start, in lockstep unless changed."""
    return SimulationTerms(**{"bars": bars, "symbol": "MNQ", "n_warm": 3, **changed})


@dataclass
class StubTrader:
    """Buys and sells one contract in turn, at each close that is told live.

    Attributes:
        market: Where.
        think_seconds: Between a close and its order.
        gap_retries: How often bars that history lacks are asked for again.
        contract: Code of what it trades, e.g. "MNQH4"; the front one if empty.
        closes: Of bars that were told, in order: open time, whether from history.
        clock_at_close: What the trader's clock said when each live close was told.
        fills: Time, price, side, in order.
        open_orders: Sent, and not known to be filled.
    """

    market: SimulatedMarket
    think_seconds: float = 0.0
    gap_retries: int = 0
    contract: str = ""
    closes: list[tuple[datetime, bool]] = field(default_factory=list)
    clock_at_close: list[datetime] = field(default_factory=list)
    fills: list[tuple[datetime, float, str]] = field(default_factory=list)
    open_orders: set[int] = field(default_factory=set)
    _con_id: int = 0
    _n_sent: int = 0
    _thinking: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        line = rehearsed_connection(
            ConnectionSettings(probe_every_seconds=0.01, first_retry_seconds=0.02), self.market.port
        )
        self.line = line.model_copy(update={"gap_retries": self.gap_retries})
        self.near = IbGateway(line, self._hear, self.market.clock)
        self.supervisor = ConnectionSupervisor(
            self.near, line, self.market.clock, lambda event: None
        )

    async def probe(self) -> datetime:
        """Ask the broker its time."""
        return await self.near.probe()

    def unsettled(self) -> str:
        """Return what is not done."""
        if self._thinking:
            return "a decision is being made"
        if self.bars.is_asking:
            return "bars have not come"
        return f"orders {sorted(self.open_orders)} are not filled" if self.open_orders else ""

    @property
    def live(self) -> list[datetime]:
        """Open times of the bars whose close was told live."""
        return [opened for opened, is_old in self.closes if not is_old]

    @asynccontextmanager
    async def connected(self) -> Any:
        """Be connected and subscribed."""
        supervising = asyncio.ensure_future(self.supervisor.run())
        await until(lambda: self.near.is_connected)
        self._con_id = await self._chosen()
        await self.near.qualify(self._con_id)
        terms = BarTerms(
            con_id=self._con_id,
            symbol="MNQ",
            bar_size="5 mins",
            bar_seconds=BAR_SECONDS,
            warm_days=self.market.warm_days,
        )
        self.bars = BarSubscription(self.near, terms, self.line, self.market.clock, self._tell)
        self.bars.ask_again()
        subscribing = asyncio.ensure_future(self.bars.run())
        try:
            await until(lambda: not self.bars.is_stale)
            yield self
        finally:
            for task in (subscribing, supervising):
                task.cancel()
                await asyncio.wait({task})

    async def _chosen(self) -> int:
        facts = await self.near.futures("MNQ", "CME")
        found = [one for one in facts if one.local_symbol == self.contract or not self.contract]
        return found[0].con_id

    def _hear(self, event: BrokerEvent) -> None:
        if isinstance(event, ExecutionSeen):
            self.fills.append((event.time, event.price, event.side))
        elif isinstance(event, OrderStatusSeen) and event.status == "Filled":
            self.open_orders.discard(event.order_id)

    def _tell(self, event: DataEvent) -> None:
        if not isinstance(event, BarClosed):
            return
        self.closes.append((event.bar.time, event.is_from_history))
        if not event.is_from_history:
            self.clock_at_close.append(self.market.clock.now())
            task = asyncio.ensure_future(self._decide())
            self._thinking.add(task)
            task.add_done_callback(self._thinking.discard)

    async def _decide(self) -> None:
        await asyncio.sleep(self.think_seconds)
        self._n_sent += 1
        self.open_orders.add(self._n_sent)
        order = OrderToSend(
            ref=f"stub/{self._n_sent}/entry/0",
            order_id=self._n_sent,
            con_id=self._con_id,
            account="DU1234567",
            action="BUY" if self._n_sent % 2 else "SELL",
            quantity=1,
            kind="MKT",
        )
        self.near.send(order)


def rehearsed_run(
    terms: SimulationTerms,
    settle_seconds: float = 5.0,
    delay_seconds: float = 0.0,
    **stub: Any,
) -> StubTrader:
    """Let a stub live through a market whose messages take their time, and return it."""

    async def in_loop(market: SimulatedMarket) -> StubTrader:
        async with StubTrader(market, **stub).connected() as trader:
            await Stepper(market, trader, settle_seconds).run()
            return trader

    with simulated_market(terms) as market:
        market.gateway.set(delay_seconds=delay_seconds)
        return asyncio.run(in_loop(market))
