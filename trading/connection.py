"""Keep one connection to the broker alive: probe it, give it up when it is dead, make it anew.

It knows nothing of orders. What it finds it tells as values; what must follow (blocking entries,
snapshots, subscriptions) is the trader's.
"""

import asyncio
import time
from collections.abc import Callable

from config.connection_settings import ConnectionSettings
from trading.back_off import BackOff
from trading.broker_events import BrokerEvent, ConnectionLost, ErrorSeen
from trading.connection_events import (
    ClientIdInUse,
    ConnectionDown,
    ConnectionEvent,
    ConnectionUp,
    DataFarm,
    OutageAlert,
    PortMoved,
    TradingBlocked,
    TradingRestored,
)
from trading.gateway import Gateway
from trading.ib_codes import (
    BROKER_BACK,
    BROKER_DOWN,
    CLIENT_ID_IN_USE,
    DEFINITION_CODES,
    FARM_CODES,
    NEW_PORT,
)
from trading.outage import Outage
from utils.clock import Clock
from utils.errors import SimulationError, TemporaryGatewayError
from utils.logger import get_logger

LOOKS_PER_ALERT = 20
"""How finely an outage is looked at, in parts of its first limit."""

_log = get_logger("connection")


class ConnectionSupervisor:
    """Owns connecting: nobody else calls `connect`, so there is one attempt at a time.

    Attributes:
        is_up: Whether the connection stands, as far as the last probe knows.
        clock_skew_seconds: The broker's clock less ours at the last probe, to its whole second;
            None before the first.
        since: When the broker came into reach, or went out of it; trying again does not move it.
    """

    def __init__(
        self,
        gateway: Gateway,
        settings: ConnectionSettings,
        clock: Clock,
        tell: Callable[[ConnectionEvent], None],
        seed: int = 0,
    ) -> None:
        """Connect to nothing yet.

        Args:
            gateway: What to keep connected.
            settings: Timers and the restart's window.
            clock: Says what is planned, and how far the broker's clock is off.
            tell: Hears the supervisor's events; it must not raise.
            seed: Of the back-off's jitter.
        """
        self.is_up = False
        self.clock_skew_seconds: float | None = None
        self._probe_ms: float | None = None
        self.since = clock.now()
        self._was_in_reach = False
        self._gateway = gateway
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._back_off = BackOff(settings, seed)
        self._outage = Outage(settings)
        self._lost = asyncio.Event()
        self._reason = "not connected yet"
        self._n_connections = 0
        self._is_running = False
        self._blocking_code: int | None = None

    @property
    def is_blocked(self) -> bool:
        """Whether TWS says that it has lost the exchange's side."""
        return self._blocking_code is not None

    @property
    def probe_ms(self) -> float | None:
        """Round trip of the last probe, milliseconds; None without a connection."""
        return self._probe_ms if self.is_up else None

    @property
    def is_planned(self) -> bool:
        """Whether it is the time of the broker's daily restart."""
        return self._outage.is_planned(self._clock.now())

    @property
    def outage_seconds(self) -> float:
        """The last limit that the outage which is on has passed (OutageAlert); else 0."""
        return max(self._outage.passed, default=0.0)

    @property
    def n_outage_limits(self) -> int:
        """How many of the limits it has passed."""
        return len(self._outage.passed)

    async def run(self) -> None:
        """Connect, watch and reconnect until cancelled; then the connection is closed.

        Raises:
            FatalGatewayError: If trying again cannot help.
            BaseException: What the gateway's listener raised.
        """
        if self._is_running:
            raise SimulationError("a connection supervisor runs once; this is its second run")
        self._is_running = True
        look = asyncio.ensure_future(self._look_at_the_outage())
        try:
            while True:
                await self._connect()
                await self._watch()
        finally:
            look.cancel()
            self._is_running = False
            await self._gateway.close()

    async def probe(self) -> bool:
        """Return whether the broker answers now; asked before each opening order.

        A broker that does not answer in time loses its connection by that.
        """
        try:
            await self._measure()
        except TemporaryGatewayError as error:
            _log.warning("probe failed: %s", error)
            return False
        return not self.is_blocked

    def hear(self, event: BrokerEvent) -> None:
        """Hear what the broker tells; called from the gateway's listener, after the order manager.

        That writes it down by the end of the loop's turn, so what is told on here may not be in the
        journal yet; orders and fills wait for it.
        """
        if isinstance(event, ConnectionLost):
            self._note_down(event.reason)
        elif isinstance(event, ErrorSeen):
            self._hear_code(event)

    async def _connect(self) -> None:
        """Try until the broker tells its clock; the waits grow, the attempts never end."""
        self._outage.begin(_monotonic())
        while not await self._try_once():
            await asyncio.sleep(self._back_off.next_seconds())
        self._back_off.reset()

    async def _try_once(self) -> bool:
        self._lost.clear()
        self._blocking_code = None  # TWS says it anew while we connect
        try:
            await self._gateway.connect()
            skew_seconds = await self._measure()
        except TemporaryGatewayError as error:
            self._reason = str(error)
            _log.warning("%s", error)
            await self._gateway.close()
            return False
        self.is_up = True
        self._n_connections += 1
        self._note_reach()
        self._tell(ConnectionUp(n_connections=self._n_connections, skew_seconds=skew_seconds))
        if self._blocking_code is None:
            self._outage.end()
        else:
            self._tell(TradingBlocked(code=self._blocking_code))
        return True

    async def _watch(self) -> None:
        """Probe until the connection is gone."""
        every = self._settings.scaled(self._settings.probe_every_seconds)
        while not self._lost.is_set():
            try:
                async with asyncio.timeout(every):  # wait_for can lose a cancellation
                    await self._lost.wait()
            except TimeoutError:
                if not await self._is_answering():
                    break
        self._note_down("the broker did not answer")

    async def _is_answering(self) -> bool:
        await self.probe()
        return self._gateway.is_connected

    async def _measure(self) -> float:
        """Ask for the broker's clock; note how long that took, and return how far it is off."""
        asked = time.perf_counter()
        broker_time = await self._gateway.probe()
        self._probe_ms = (time.perf_counter() - asked) * 1_000
        self.clock_skew_seconds = (broker_time - self._clock.now()).total_seconds()
        return self.clock_skew_seconds

    def _note_reach(self) -> None:
        """Note the time at which the broker has come into reach, or gone out of it."""
        is_in_reach = self.is_up and not self.is_blocked
        if is_in_reach is not self._was_in_reach:
            self._was_in_reach, self.since = is_in_reach, self._clock.now()

    def _note_down(self, reason: str) -> None:
        self._lost.set()
        if not self.is_up:
            return
        self.is_up = False
        self._reason = reason
        self._note_reach()
        self._outage.begin(_monotonic())
        self._tell(ConnectionDown(reason=reason))

    def _hear_code(self, event: ErrorSeen) -> None:
        code = event.code
        if code in BROKER_DOWN:
            self._note_blocked(event)
        elif code in BROKER_BACK:
            self._note_restored(is_data_lost=BROKER_BACK[code])
        elif code in FARM_CODES:
            farm = event.text.rpartition(":")[2].strip()
            has_bars = code not in DEFINITION_CODES
            self._tell(DataFarm(name=farm, state=FARM_CODES[code], has_bars=has_bars))
        elif code == CLIENT_ID_IN_USE:
            self._tell(ClientIdInUse(text=event.text))
        elif code == NEW_PORT:
            self._tell(PortMoved(text=event.text))

    def _note_blocked(self, event: ErrorSeen) -> None:
        """Note it; while we still connect it is told after ConnectionUp, which would undo it."""
        self._blocking_code = event.code
        self._reason = event.text
        self._outage.begin(_monotonic())
        self._note_reach()
        if self.is_up:
            self._tell(TradingBlocked(code=event.code))

    def _note_restored(self, *, is_data_lost: bool) -> None:
        self._blocking_code = None
        self._note_reach()
        if self.is_up:
            self._outage.end()
            self._tell(TradingRestored(is_data_lost=is_data_lost))

    async def _look_at_the_outage(self) -> None:
        first = self._settings.alert_after_seconds[:1]
        every = self._settings.scaled(first[0] if first else 60.0) / LOOKS_PER_ALERT
        while True:
            await asyncio.sleep(every)
            for seconds in self._outage.alerts(_monotonic(), self._clock.now()):
                self._tell(OutageAlert(seconds=seconds, reason=self._reason))


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
