"""The supervisor against a scripted gateway: one reconnect, alerts, codes of the line."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from config.connection_settings import ConnectionSettings
from tests.helpers.clocks import StoppedClock
from tests.helpers.gateways import NOON, ScriptedGateway, until
from tests.helpers.history import MovedClock
from trading.broker_events import ErrorSeen
from trading.connection import ConnectionSupervisor
from trading.connection_events import (
    ClientIdInUse,
    ConnectionDown,
    ConnectionEvent,
    ConnectionUp,
    DataFarm,
    FarmState,
    OutageAlert,
    PortMoved,
    TradingBlocked,
    TradingRestored,
)
from utils.errors import FatalGatewayError, SimulationError

FAST = ConnectionSettings(time_scale=0.005)
Body = Callable[[ConnectionSupervisor, list[ConnectionEvent]], Awaitable[None]]


def supervise(
    gateway: ScriptedGateway, body: Body, settings: ConnectionSettings = FAST
) -> list[ConnectionEvent]:
    """Run a supervisor beside `body`, and return what it told."""
    told: list[ConnectionEvent] = []

    async def both() -> None:
        clock = StoppedClock(NOON.isoformat())
        supervisor = ConnectionSupervisor(gateway, settings, clock, told.append)
        gateway.listener = supervisor.hear
        running = asyncio.ensure_future(supervisor.run())
        try:
            await body(supervisor, told)
        finally:
            running.cancel()
            await asyncio.wait({running})
        assert running.cancelled() or running.exception() is None

    asyncio.run(both())
    return told


def error(code: int, text: str = "") -> ErrorSeen:
    return ErrorSeen(request_id=-1, code=code, text=text)


def test_supervisor_connects_and_tells_the_skew_of_the_broker_s_clock() -> None:
    gateway = ScriptedGateway(time=NOON + timedelta(seconds=90))

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)

    told = supervise(gateway, body)
    assert told[0] == ConnectionUp(n_connections=1, skew_seconds=90.0)
    assert not gateway.is_connected  # closed with the supervisor


def test_supervisor_whose_gateway_is_down_tries_on_with_growing_waits() -> None:
    gateway = ScriptedGateway(refusals=4)

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)

    told = supervise(gateway, body)
    assert gateway.n_connects == 5
    assert [type(event) for event in told[:1]] == [ConnectionUp]
    waits = [after - before for before, after in pairwise(gateway.times)]
    expected = [0.005, 0.010, 0.020, 0.040]
    assert all(wait >= least for wait, least in zip(waits, expected, strict=True))


def test_supervisor_whose_connection_is_reset_reconnects_once() -> None:
    gateway = ScriptedGateway()

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)
        gateway.lose("reset by peer")
        assert not supervisor.is_up
        await until(lambda: supervisor.is_up)
        await asyncio.sleep(0.05)

    told = supervise(gateway, body)
    assert told[:3] == [
        ConnectionUp(n_connections=1, skew_seconds=0.0),
        ConnectionDown(reason="reset by peer"),
        ConnectionUp(n_connections=2, skew_seconds=0.0),
    ]
    assert gateway.n_connects == 2
    assert gateway.most_open == 1


def test_supervisor_with_a_silent_broker_notices_by_its_own_probe() -> None:
    gateway = ScriptedGateway()

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)
        gateway.is_answering = False
        await until(lambda: not supervisor.is_up)
        gateway.is_answering = True
        await until(lambda: supervisor.is_up)

    told = supervise(gateway, body)
    assert told[1] == ConnectionDown(reason="the broker did not tell its clock")
    assert told[2] == ConnectionUp(n_connections=2, skew_seconds=0.0)


def test_supervisor_probe_before_an_order_says_no_where_nobody_answers() -> None:
    gateway = ScriptedGateway()

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)
        assert await supervisor.probe()
        gateway.is_answering = False
        assert not await supervisor.probe()
        assert not supervisor.is_up

    supervise(gateway, body)


def test_supervisor_probe_while_trading_is_blocked_says_no() -> None:
    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)
        supervisor.hear(error(1100, "Connectivity lost"))
        assert not await supervisor.probe()
        supervisor.hear(error(1102))
        assert await supervisor.probe()

    supervise(ScriptedGateway(), body)


def test_supervisor_tells_codes_of_the_line_as_values() -> None:
    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)
        for code, text in [
            (1100, "lost"),
            (1102, "restored"),
            (2110, "lost"),
            (1101, "restored, data lost"),
            (2103, "Market data farm connection is broken:usfuture"),
            (2104, "Market data farm connection is OK:usfuture"),
            (2105, "HMDS data farm connection is broken:ushmds"),
            (2108, "inactive but should be available upon demand.usfuture:usfuture"),
            (2157, "Sec-def data farm connection is broken:secdefnj"),
            (326, "client id in use"),
            (1300, "reconnect on the new port - 7498"),
            (10349, "order TIF was set to DAY"),
        ]:
            supervisor.hear(error(code, text))

    assert supervise(ScriptedGateway(), body)[1:12] == [
        TradingBlocked(code=1100),
        TradingRestored(is_data_lost=False),
        TradingBlocked(code=2110),
        TradingRestored(is_data_lost=True),
        DataFarm(name="usfuture", state=FarmState.BROKEN),
        DataFarm(name="usfuture", state=FarmState.UP),
        DataFarm(name="ushmds", state=FarmState.BROKEN),
        DataFarm(name="usfuture", state=FarmState.IDLE),
        DataFarm(name="secdefnj", state=FarmState.BROKEN, has_bars=False),
        ClientIdInUse(text="client id in use"),
        PortMoved(text="reconnect on the new port - 7498"),
    ]


def test_supervisor_with_a_flapping_farm_keeps_the_socket() -> None:
    gateway = ScriptedGateway()

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)
        for _ in range(50):
            supervisor.hear(error(2103, "broken:usfuture"))
            supervisor.hear(error(2104, "OK:usfuture"))
        await asyncio.sleep(0.05)
        assert supervisor.is_up
        assert not supervisor.is_blocked

    supervise(gateway, body)
    assert gateway.n_connects == 1


def test_supervisor_of_a_long_outage_alerts_at_each_limit() -> None:
    settings = ConnectionSettings(time_scale=0.005, alert_after_seconds=(10.0, 20.0))
    gateway = ScriptedGateway(refusals=10_000)

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: len(told) == 2)
        gateway.refusals = 0
        await until(lambda: supervisor.is_up)

    told = supervise(gateway, body, settings)
    reason = "nobody listens; start TWS"
    assert told[:2] == [
        OutageAlert(seconds=10.0, reason=reason),
        OutageAlert(seconds=20.0, reason=reason),
    ]


def test_supervisor_blocked_by_1100_alerts_although_the_socket_stands() -> None:
    settings = ConnectionSettings(time_scale=0.005, alert_after_seconds=(10.0,))

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)
        supervisor.hear(error(1100, "Connectivity lost"))
        await until(lambda: OutageAlert(seconds=10.0, reason="Connectivity lost") in told)
        assert supervisor.is_up

    supervise(ScriptedGateway(), body, settings)


def test_supervisor_knows_the_round_trip_of_a_probe_while_it_is_connected() -> None:
    gateway = ScriptedGateway(refusals=1)

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        assert supervisor.probe_ms is None
        assert supervisor.clock_skew_seconds is None
        await until(lambda: supervisor.is_up)
        assert supervisor.probe_ms is not None
        assert supervisor.probe_ms >= 0
        gateway.refusals = 10_000
        gateway.lose("reset by peer")
        assert supervisor.probe_ms is None
        assert supervisor.clock_skew_seconds == 0.0  # as it was last

    supervise(gateway, body)


def test_supervisor_knows_since_when_the_broker_is_in_reach_or_out_of_it() -> None:
    class SaysAnew(ScriptedGateway):
        """Says 1100 while a second connection is being made, as TWS does."""

        async def connect(self) -> None:
            await super().connect()
            if self.n_connects > 1:
                self.listener(error(1100))

    clock, gateway = MovedClock(NOON.isoformat()), SaysAnew()
    seconds: list[float] = []

    async def body() -> None:
        told: list[ConnectionEvent] = []
        supervisor = ConnectionSupervisor(gateway, FAST, clock, told.append)
        gateway.listener = supervisor.hear

        def note() -> None:
            seconds.append((supervisor.since - NOON).total_seconds())
            clock.move(60)

        note()
        running = asyncio.ensure_future(supervisor.run())
        await until(lambda: supervisor.is_up)
        note()
        supervisor.hear(error(1100))
        note()
        gateway.lose("reset by peer")
        await until(lambda: len([one for one in told if isinstance(one, ConnectionUp)]) == 2)
        note()
        supervisor.hear(error(1102))
        note()
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(body())
    assert seconds == [0.0, 60.0, 120.0, 120.0, 240.0]


def test_supervisor_knows_which_limits_an_outage_has_passed_until_it_ends() -> None:
    settings = ConnectionSettings(time_scale=0.005, alert_after_seconds=(10.0, 20.0))
    gateway = ScriptedGateway(refusals=10_000)

    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        assert (supervisor.outage_seconds, supervisor.n_outage_limits) == (0.0, 0)
        await until(lambda: len(told) == 2)
        assert (supervisor.outage_seconds, supervisor.n_outage_limits) == (20.0, 2)
        gateway.refusals = 0
        await until(lambda: supervisor.is_up)
        assert (supervisor.outage_seconds, supervisor.n_outage_limits) == (0.0, 0)

    supervise(gateway, body, settings)


@pytest.mark.parametrize(
    ("text", "expected"), [("2025-11-05T16:30:00-06:00", True), ("2025-11-05T12:00:00Z", False)]
)
def test_supervisor_knows_when_the_daily_restart_is_on(text: str, expected: bool) -> None:
    clock = StoppedClock(text)

    async def body() -> None:
        supervisor = ConnectionSupervisor(ScriptedGateway(), FAST, clock, lambda event: None)
        assert supervisor.is_planned is expected

    asyncio.run(body())


def test_supervisor_run_twice_is_refused() -> None:
    async def body(supervisor: ConnectionSupervisor, told: list[ConnectionEvent]) -> None:
        await until(lambda: supervisor.is_up)
        with pytest.raises(SimulationError, match="runs once"):
            await supervisor.run()

    supervise(ScriptedGateway(), body)


def test_supervisor_with_a_fatal_error_ends_with_it() -> None:
    class Hopeless(ScriptedGateway):
        async def connect(self) -> None:
            raise FatalGatewayError("order ids have run out; reset them")

    async def run() -> None:
        gateway = Hopeless()
        clock = StoppedClock(NOON.isoformat())
        await ConnectionSupervisor(gateway, FAST, clock, lambda event: None).run()

    with pytest.raises(FatalGatewayError, match="run out"):
        asyncio.run(run())
