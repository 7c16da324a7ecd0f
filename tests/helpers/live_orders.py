"""An order desk over a real socket: gateway, adapter, supervisor, journal, all timers short."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.connection_settings import ConnectionSettings
from config.instruments import get_instrument
from config.trading_settings import (
    OrderTimers,
    PacingSettings,
    ProtectionSettings,
    ReconciliationSettings,
    RiskLimits,
    TradingSettings,
)
from tests.helpers.gateways import until
from tests.helpers.ib_links import ACCOUNT, PRICE, simulated_gateway
from tests.helpers.invariants import BOT, assert_invariants, position_of
from trading.alert_kinds import Alert
from trading.broker_events import BrokerEvent
from trading.connection import ConnectionSupervisor
from trading.connection_events import ConnectionEvent
from trading.ib_gateway import IbGateway
from trading.journal import Journal
from trading.journal_desk import JournalDesk
from trading.journal_owner import JournalOwner
from trading.journal_reader import JournalReader
from trading.modes import Mode
from trading.order_builder import EntryTerms
from trading.order_desk import OrderDesk
from trading.order_manager import TraderPorts
from trading.order_restore import Restored, Traded, restore
from trading.placed import Placed
from trading.risk_codes import Denied
from trading.risk_view import RiskView
from trading.simulated_gateway.in_thread import GatewayInThread
from utils.clock import SystemClock

MNQ = get_instrument("MNQ")
OWNER = JournalOwner(account=ACCOUNT, mode="sim")
STOP_POINTS = 50.0

QUICK = TradingSettings(
    timers=OrderTimers(
        intent_seconds=0.5,
        ack_seconds=0.3,
        cancel_seconds=0.25,
        ask_again_seconds=0.1,
        partial_seconds=0.3,
        lost_seconds=0.1,
    ),
    limits=RiskLimits(max_position=1, max_order_quantity=2, max_orders_per_minute=20),
    protection=ProtectionSettings(deadline_seconds=0.6, max_rejects=3, check_seconds=0.05),
    pacing=PacingSettings(messages_per_second=30, burst_messages=20),
    reconciliation=ReconciliationSettings(every_seconds=0.3, again_seconds=0.03, tick_seconds=0.02),
)
LINE: dict[str, Any] = {
    "probe_every_seconds": 0.2,
    "probe_seconds": 1.0,
    "list_seconds": 0.4,
    "late_answer_seconds": 0.1,
    "first_retry_seconds": 0.02,
    "last_retry_seconds": 0.05,
}


@dataclass
class Rig:
    """One trader process and the gateway that it talks to.

    Attributes:
        far: The gateway.
        near: The adapter.
        desk: What is under test.
        path: The journal's file.
        restored: What the journal said at the start.
        alerts: What people were told.
        heard: What the broker told.
        began_with: Position and highest order id by the journal.
        is_killed: Whether its process is over: it hears nothing any more.
    """

    far: GatewayInThread
    path: Path
    settings: TradingSettings
    con_id: int
    journal: Journal
    restored: Restored
    near: IbGateway = field(init=False)
    desk: OrderDesk = field(init=False)
    supervisor: ConnectionSupervisor = field(init=False)
    alerts: list[Alert] = field(default_factory=list)
    heard: list[BrokerEvent] = field(default_factory=list)
    told: list[ConnectionEvent] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    began_with: tuple[int, int | None] = field(init=False)
    is_killed: bool = False

    def __post_init__(self) -> None:
        books = self.restored.books
        self.began_with = (books.position, books.highest_order_id)
        clock, line = SystemClock(), ConnectionSettings(port=self.far.port, **LINE)
        self.near = IbGateway(line, self._hear, clock)
        self.supervisor = ConnectionSupervisor(self.near, line, clock, self._tell)
        ports = TraderPorts(
            gateway=self.near, clock=clock, facts=self._facts, alert=self.alerts.append
        )
        desk = JournalDesk(self.journal)
        self.desk = OrderDesk(ports, self.restored.books, self.restored.holds, desk, self.settings)

    @property
    def mode(self) -> Mode:
        """What the trader may do."""
        return self.desk.manager.modes.mode

    @property
    def position(self) -> int:
        """Contracts by the trader's own fills."""
        return self.desk.manager.books.position

    @property
    def broker_position(self) -> int:
        """Contracts by the gateway's books."""
        return position_of(self.far.state())

    def kinds(self) -> set[str]:
        """Return the kinds of alerts so far."""
        return {alert.kind for alert in self.alerts}

    def state_of(self, ref: str) -> str:
        """Return the state of an order of the book."""
        return self.desk.manager.books.orders.orders[ref].life.state.value

    def enter(self, target: int, decision: str = "d1", **terms: Any) -> Placed | Denied:
        """Ask for a position with a stop STOP_POINTS away."""
        stop = terms.pop("stop", PRICE - STOP_POINTS * (1 if target > 0 else -1))
        return self.desk.manager.enter(
            EntryTerms(decision_id=decision, target=target, stop=stop, **terms)
        )

    async def holds(self, position: int) -> None:
        """Wait until both sides have a position, and its stop rests."""
        await until(lambda: self.position == position and self.is_protected(position), 8.0)

    def is_protected(self, position: int) -> bool:
        """Return whether the gateway has this position, and stops of its size and no others."""
        state = self.far.state()
        stops = [one for one in state["orders"] if one["kind"] == "STP"]
        signed = sum(one["remaining"] * (1 if one["action"] == "BUY" else -1) for one in stops)
        working = all(one["is_working"] for one in stops)
        return position_of(state) == position and signed == -position and working

    def stop(self) -> dict[str, Any]:
        """Return the one live stop at the gateway."""
        stops = [one for one in self.far.state()["orders"] if one["kind"] == "STP"]
        assert len(stops) == 1, stops
        return stops[0]

    def check(self, **terms: Any) -> None:
        """Check the invariants by the gateway's books."""
        self.desk.manager.catch_up()
        with JournalReader.open(self.path) as reader:
            assert_invariants(self.far.state(), reader, **terms)

    def _hear(self, event: BrokerEvent) -> None:
        if self.is_killed:
            return
        self.heard.append(event)
        self.desk.manager.hear(event)
        self.supervisor.hear(event)

    def _tell(self, event: ConnectionEvent) -> None:
        self.told.append(event)
        self.desk.reconciler.hear(event)

    def _facts(self) -> RiskView:
        known: dict[str, Any] = {
            "is_day_locked": False,
            "is_day_current": True,
            "day_pnl_usd": 0.0,
            "orders_today": 0,
            "last_price": PRICE,
            "data_age_seconds": 0.1,
            "skew_seconds": self.supervisor.clock_skew_seconds,
            "is_market_open": True,
            "seconds_to_close": 3_600.0,
            "initial_margin_usd": 2_000.0,
            "available_usd": 100_000.0,
        }
        return RiskView(instrument=MNQ, **(known | self.facts))


@asynccontextmanager
async def started(
    far: GatewayInThread, path: Path, settings: TradingSettings = QUICK, is_waiting: bool = True
) -> Any:
    """Run a trader process's order desk over a journal; leaving it is the process's end.

    What the desk still had in hand at the end is lost, as by a kill.
    """
    con_id = await _front(far)
    journal = Journal.open(path, SystemClock(), OWNER)
    traded = Traded(bot=BOT, client_id=1, account=ACCOUNT, con_id=con_id, instruments={con_id: MNQ})
    restored = restore(journal.reader, traded, settings.timers, SystemClock().now())
    rig = Rig(far, path, settings, con_id, journal, restored)
    tasks = [asyncio.ensure_future(rig.supervisor.run())]
    try:
        await until(lambda: rig.supervisor.is_up)
        await rig.near.qualify(con_id)
        tasks.append(asyncio.ensure_future(rig.desk.run()))
        if is_waiting:
            await until(lambda: rig.mode in {Mode.TRADING, Mode.HALTED, Mode.REDUCE_ONLY}, 5.0)
        yield rig
        assert not any(task.done() for task in tasks), [task for task in tasks if task.done()]
    finally:
        rig.is_killed = True
        for task in reversed(tasks):
            task.cancel()
            await asyncio.wait({task})
        journal.close()


async def _front(far: GatewayInThread) -> int:
    near = IbGateway(
        ConnectionSettings(port=far.port, client_id=9), lambda event: None, SystemClock()
    )
    await near.connect()
    facts = await near.futures("MNQ", "CME")
    await near.close()
    return facts[0].con_id


Body = Callable[[Rig], Awaitable[None]]


def traded(path: Path, body: Body, settings: TradingSettings = QUICK, **terms: Any) -> None:
    """Run `body` over a new gateway and a trader, then check the invariants (unless told not to).

    Args:
        path: Of the journal.
        body: What happens.
        settings: Timers and limits.
        terms: Of `assert_invariants`.
    """

    async def in_loop(far: GatewayInThread) -> None:
        async with started(far, path, settings) as rig:
            try:
                await body(rig)
                rig.check(**terms)
            finally:
                far.do("heal")

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))
