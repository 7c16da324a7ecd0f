"""The supervisor over a real socket: one reconnect, the same client id, a dead peer noticed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from config.connection_settings import ConnectionSettings
from tests.helpers.gateways import until
from tests.helpers.ib_links import simulated_gateway
from trading.broker_events import BrokerEvent, NextIdSeen
from trading.connection import ConnectionSupervisor
from trading.connection_events import (
    ClientIdInUse,
    ConnectionDown,
    ConnectionEvent,
    ConnectionUp,
    TradingBlocked,
    TradingRestored,
)
from trading.ib_gateway import IbGateway
from trading.simulated_gateway.in_thread import GatewayInThread
from utils.clock import SystemClock

QUICK: dict[str, Any] = {
    "probe_every_seconds": 0.1,
    "probe_seconds": 1.0,
    "first_retry_seconds": 0.05,
    "last_retry_seconds": 0.1,
}
Body = Callable[[GatewayInThread, ConnectionSupervisor], Awaitable[None]]


def supervised(
    body: Body,
    prepare: Callable[[GatewayInThread], None] | None = None,
    said: list[ConnectionEvent] | None = None,
) -> tuple[list[ConnectionEvent], list[BrokerEvent]]:
    """Run a supervisor of a real adapter beside `body`; return what both told.

    `said` is filled while it runs, for a body that waits for something that passes quickly.
    """
    told: list[ConnectionEvent] = [] if said is None else said
    kept: list[ConnectionEvent] = []
    heard: list[BrokerEvent] = []

    async def both(far: GatewayInThread) -> None:
        clock = SystemClock()
        settings = ConnectionSettings(port=far.port, **QUICK)

        def listener(event: BrokerEvent) -> None:
            heard.append(event)
            supervisor.hear(event)

        near = IbGateway(settings, listener, clock)
        supervisor = ConnectionSupervisor(near, settings, clock, told.append)
        running = asyncio.ensure_future(supervisor.run())
        try:
            await body(far, supervisor)
            kept.extend(told)
        finally:
            far.do("heal")
            running.cancel()
            await asyncio.wait({running})

    with simulated_gateway() as far:
        if prepare is not None:
            prepare(far)
        asyncio.run(both(far))
    return kept, heard


def kinds(told: list[ConnectionEvent]) -> list[type]:
    """Return the kinds of what was told of the connection, less the data farms."""
    wanted = (ConnectionUp, ConnectionDown, ClientIdInUse, TradingBlocked, TradingRestored)
    return [type(event) for event in told if isinstance(event, wanted)]


def test_supervisor_after_a_reset_reconnects_once() -> None:
    said: list[ConnectionEvent] = []

    async def body(far: GatewayInThread, supervisor: ConnectionSupervisor) -> None:
        await until(lambda: supervisor.is_up)
        far.do("kick")
        await until(lambda: kinds(said).count(ConnectionUp) == 2)
        await asyncio.sleep(0.3)
        assert far.do("state")["clients"] == [1]

    told, heard = supervised(body, said=said)
    assert kinds(told) == [ConnectionUp, ConnectionDown, ConnectionUp]
    assert sum(isinstance(event, NextIdSeen) for event in heard) == 2


def test_supervisor_whose_client_id_is_in_use_tries_the_same_until_it_is_free() -> None:
    def occupy(far: GatewayInThread) -> None:
        far.set(ghost_clients=[1])

    async def body(far: GatewayInThread, supervisor: ConnectionSupervisor) -> None:
        await asyncio.sleep(0.4)
        assert not supervisor.is_up
        far.set(ghost_clients=[])
        await until(lambda: supervisor.is_up)
        assert far.do("state")["clients"] == [1]

    told, _ = supervised(body, occupy)
    told_kinds = kinds(told)
    assert told_kinds.count(ClientIdInUse) >= 2
    assert told_kinds[-1] is ConnectionUp


def test_supervisor_with_a_half_open_socket_closes_it_within_the_probe_s_limits() -> None:
    async def body(far: GatewayInThread, supervisor: ConnectionSupervisor) -> None:
        await until(lambda: supervisor.is_up)
        far.set(is_black_hole=True)
        began = time.monotonic()
        await until(lambda: not supervisor.is_up)
        assert time.monotonic() - began < 4.0  # 0.1 s to the next probe, 1 s for its answer
        far.set(is_black_hole=False)
        far.do("kick")  # the peer's end of the dead socket, which holds our client id
        await until(lambda: supervisor.is_up)

    told, _ = supervised(body)
    assert ConnectionDown in kinds(told)
    assert kinds(told)[-1] is ConnectionUp


def test_supervisor_of_a_gateway_that_starts_late_connects_when_it_is_there() -> None:
    def refuse(far: GatewayInThread) -> None:
        far.set(is_refusing=True)

    async def body(far: GatewayInThread, supervisor: ConnectionSupervisor) -> None:
        await asyncio.sleep(0.3)
        assert not supervisor.is_up
        far.set(is_refusing=False)
        await until(lambda: supervisor.is_up)

    assert kinds(supervised(body, refuse)[0]) == [ConnectionUp]


def test_supervisor_through_a_daily_restart_comes_back() -> None:
    async def body(far: GatewayInThread, supervisor: ConnectionSupervisor) -> None:
        await until(lambda: supervisor.is_up)
        far.do("stop")
        await until(lambda: not supervisor.is_up)
        far.do("start")
        await until(lambda: supervisor.is_up)

    assert kinds(supervised(body)[0]) == [ConnectionUp, ConnectionDown, ConnectionUp]


def test_supervisor_hears_that_the_broker_is_lost_and_restored() -> None:
    async def body(far: GatewayInThread, supervisor: ConnectionSupervisor) -> None:
        await until(lambda: supervisor.is_up)
        far.do("lose")
        await until(lambda: supervisor.is_blocked)
        far.do("restore", is_data_lost=True)
        await until(lambda: not supervisor.is_blocked)

    told, _ = supervised(body)
    assert kinds(told) == [ConnectionUp, TradingBlocked, TradingRestored]
    assert TradingRestored(is_data_lost=True) in told


def test_supervisor_of_a_tws_without_its_broker_stays_blocked_after_connecting() -> None:
    async def body(far: GatewayInThread, supervisor: ConnectionSupervisor) -> None:
        await until(lambda: supervisor.is_up)
        assert not await supervisor.probe()
        far.do("restore", is_data_lost=False)
        await until(lambda: not supervisor.is_blocked)

    told, _ = supervised(body, lambda far: far.set(is_broker_up=False))
    assert kinds(told) == [ConnectionUp, TradingBlocked, TradingRestored]
