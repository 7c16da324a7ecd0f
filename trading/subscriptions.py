"""Bars of one pinned contract from a broker, kept coming through whatever ends a subscription.

Each start asks for history that keeps up to date: its first answer holds what was missed, so a
resubscription and the filling of a gap are one request. Whatever made data stale may have cost the
last moves of a bar, so that no update counts after it before history has told all of them.
"""

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from config.connection_settings import ConnectionSettings
from trading.back_off import BackOff
from trading.bar_calendar import BarCalendar
from trading.bar_sequence import BarSequence
from trading.connection_events import (
    ConnectionDown,
    ConnectionEvent,
    ConnectionUp,
    DataFarm,
    FarmState,
    TradingBlocked,
    TradingRestored,
)
from trading.data_events import DataEvent, DataFresh, DataStale, SeenBar
from trading.ib_codes import REQUEST_NOTICES
from trading.ib_gateway import IbGateway
from trading.ib_requests import error_of, unanswered
from trading.ib_session import IbSession
from utils.clock import Clock
from utils.errors import FatalGatewayError, TemporaryGatewayError
from utils.logger import get_logger
from utils.wording import counted

EPOCH_SECONDS = 2
"""The date format that leaves no doubt about a zone."""

ALL_HOURS = False
"""Not regular hours alone: the calendar expects bars of all hours, and would miss the others."""

LOOKS_PER_SILENCE = 4

MAX_DAYS = 30
"""Of history that a resubscription asks for; what is older remains a gap, and is told as one."""

_log = get_logger("bars")


@dataclass(frozen=True, slots=True, kw_only=True)
class BarTerms:
    """Which bars.

    Attributes:
        con_id: The pinned contract; it must have been qualified.
        symbol: Key of INSTRUMENTS, for the calendar.
        bar_size: As IB spells it, e.g. "1 min".
        bar_seconds: The same in seconds.
        warm_days: Days of history of the first start, where no bar is known yet.
    """

    con_id: int
    symbol: str
    bar_size: str
    bar_seconds: int
    warm_days: int = 2


class BarSubscription:
    """Tells the closes of one contract's bars; `run` it beside the connection's supervisor.

    Attributes:
        is_stale: Whether bars have stopped coming, as far as is known.
        n_starts: How often it has subscribed.
        heard_at: When bars were last heard of, by the clock; None before the first time.
    """

    def __init__(
        self,
        gateway: IbGateway,
        terms: BarTerms,
        settings: ConnectionSettings,
        clock: Clock,
        tell: Callable[[DataEvent], None],
        last_closed: datetime | None = None,
    ) -> None:
        """Subscribe to nothing yet.

        Args:
            gateway: Where bars come from.
            terms: Which.
            settings: Limits and silence.
            clock: Says whether the market is open, and how old data are.
            tell: Hears what the bars say; it must not raise.
            last_closed: Open time of the last bar that is known from before a restart: only what
                came after it is told. None: history of `warm_days` is told.
        """
        self.is_stale = True
        self.n_starts = 0
        self.heard_at: datetime | None = None
        self._gateway = gateway
        self._terms = terms
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._calendar = BarCalendar(terms.symbol, terms.bar_seconds)
        self._sequence = BarSequence(self._calendar.n_between, last_closed)
        self._back_off = BackOff(settings, seed=terms.con_id)
        self._wanted = asyncio.Event()
        self._subscribed: tuple[IbSession, int] | None = None
        self._first: asyncio.Future[None] | None = None
        self._is_starting = False
        self._history: list[SeenBar] = []
        self._silent_since = 0.0
        self._is_silent = False
        self._was_open = False
        self._why_stale = ""
        self._n_hole_retries = 0
        self._broken_farms: set[str] = set()

    @property
    def is_asking(self) -> bool:
        """Whether history was asked for, or is to be, and has not come: closes may still follow."""
        return self._wanted.is_set() or self._is_starting

    def hear(self, event: ConnectionEvent) -> None:
        """Hear the supervisor: what ends subscriptions, or may have cost bars, starts it anew."""
        match event:
            case ConnectionUp():
                self._is_silent = False
                self._broken_farms.clear()
                self._wanted.set()
            case TradingRestored():  # 1102 too: what moved meanwhile is not told again
                self._wanted.set()
            case ConnectionDown():  # who lost the line, or closed it, says the rest
                self._go_stale(event.reason, logging.INFO)
            case TradingBlocked():
                self._go_stale(f"the broker has lost its side ({event.code})")
            case DataFarm() if event.has_bars:
                self._hear_farm(event)
            case _:
                pass

    def ask_again(self) -> None:
        """Subscribe anew, so that history tells what it has by now, of bars that were told too."""
        self._wanted.set()

    def _hear_farm(self, farm: DataFarm) -> None:
        """Trust nothing that was heard through a broken farm, until it is back or bars come."""
        if farm.state is FarmState.BROKEN:
            self._broken_farms.add(farm.name)
            self._go_stale(f"the broker's data farm {farm.name} is broken")
        elif farm.name in self._broken_farms:
            self._broken_farms.remove(farm.name)
            self._wanted.set()

    def finish(self) -> None:
        """Tell the close of the forming bar if it is over: this contract is followed no longer.

        Elsewhere a bar is over when a later one is heard of; after a contract's last bar none is.
        """
        if not self.is_stale:
            over = self._clock.now() - timedelta(seconds=self._terms.bar_seconds)
            self._tell_all(self._sequence.finish(over))

    async def run(self) -> None:
        """Subscribe whenever that is needed, until cancelled.

        Raises:
            FatalGatewayError: If the broker will never tell these bars.
        """
        every = self._settings.scaled(self._settings.silence_seconds) / LOOKS_PER_SILENCE
        try:
            while True:
                try:
                    async with asyncio.timeout(every):
                        await self._wanted.wait()
                except TimeoutError:
                    self._look_for_silence()
                else:
                    await self._start()
        finally:
            self._stop()

    async def _start(self) -> None:
        """Subscribe once; after a failure that passes, want it again after a while."""
        self._is_starting = True
        self._wanted.clear()
        try:
            self._stop()
            await self._subscribe()
        except TemporaryGatewayError as error:
            self._go_stale(str(error))
            self._stop()
            if self._gateway.is_connected:  # else the next ConnectionUp starts it
                await asyncio.sleep(self._back_off.next_seconds())
                self._wanted.set()
        except FatalGatewayError as error:
            self._go_stale(str(error))  # or bars that came again later would be no news
            raise
        else:
            self._back_off.reset()
        self._is_starting = False

    async def _subscribe(self) -> None:
        self._first = asyncio.get_running_loop().create_future()
        days = f"{self._days()} D"
        asked = str(self._terms.con_id), f"{self._terms.con_id} {days} {self._terms.bar_size}"
        await self._gateway.history.until_free(*asked)
        self._wanted.clear()  # whatever wanted it meanwhile, this is later
        session = self._gateway.session()
        contract = self._gateway.contract(self._terms.con_id)
        self._gateway.history.note(*asked)
        request_id = session.client.getReqId()
        self._subscribed, self._history = (session, request_id), []
        self.n_starts += 1
        session.tap.routes[request_id] = self._hear
        session.client.reqHistoricalData(
            request_id,
            contract,
            "",
            days,
            self._terms.bar_size,
            "TRADES",
            ALL_HOURS,
            EPOCH_SECONDS,
            True,
            [],
        )
        limit = self._settings.scaled(self._settings.request_seconds)
        ended = asyncio.ensure_future(session.ended())
        try:
            await asyncio.wait(
                {self._first, ended}, timeout=limit, return_when=asyncio.FIRST_COMPLETED
            )
            text = unanswered(limit, has_ended=ended.done())
        finally:
            ended.cancel()
        if not self._first.done():
            raise TemporaryGatewayError(f"no bars of {self._terms.symbol}: {text}")
        self._first.result()

    def _days(self) -> int:
        """Return how many days of history cover what was missed."""
        if self._sequence.last_closed is None:
            return self._terms.warm_days
        missed = self._clock.now() - self._sequence.last_closed
        return min(max(1, math.ceil(missed / timedelta(days=1)) + 1), MAX_DAYS)

    def _stop(self) -> None:
        """End the subscription, if there is one and its connection still stands."""
        if self._subscribed is None:
            return
        session, request_id = self._subscribed
        self._forget()
        if session.is_open:
            session.client.cancelHistoricalData(request_id)

    def _forget(self) -> None:
        """Hear nothing of the subscription any more."""
        if self._subscribed is not None:
            (session, request_id), self._subscribed = self._subscribed, None
            session.tap.routes.pop(request_id, None)

    def _hear(self, name: str, said: tuple[Any, ...]) -> None:
        """Hear a message of the subscription; a route of the tap."""
        if name == "historicalData":
            self._history.append(_bar_of(said[0]))
        elif name == "historicalDataEnd":
            self._take_history()
        elif name == "historicalDataUpdate":
            self._note_heard()
            self._tell_all(self._sequence.take_update(_bar_of(said[0])))
            if self._sequence.needs_history:
                self._wanted.set()
            else:
                self._is_silent = False
                self._go_fresh()
        elif name == "error" and said[0] not in REQUEST_NOTICES:
            self._forget()  # the broker has none of it: there is nothing to cancel
            self._answer(error_of(said[0], said[1]))

    def _take_history(self) -> None:
        """Take an answer of history, unless it lacks bars that it may have a little later.

        After a silence an answer does not say that bars come again; only the next move does.
        """
        n_missing = sum(hole.n_missing for hole in self._sequence.holes(self._history))
        if n_missing and self._n_hole_retries < self._settings.gap_retries:
            self._n_hole_retries += 1
            text = f"history lacks {counted(n_missing, 'bar')}; it is asked again"
            self._answer(TemporaryGatewayError(text))
            return
        self._n_hole_retries = 0
        self._note_heard()
        self._tell_all(self._sequence.take_history(self._history))
        if not self._is_silent:
            self._go_fresh()
        self._answer(None)

    def _answer(self, error: Exception | None) -> None:
        """Resolve the first answer, or note that a running subscription has ended."""
        assert self._first is not None
        if self._first.done():
            if error is not None:
                self._go_stale(str(error))
                self._wanted.set()
        elif error is None:
            self._first.set_result(None)
        else:
            self._first.set_exception(error)

    def _look_for_silence(self) -> None:
        limit = self._settings.scaled(self._settings.silence_seconds)
        now = asyncio.get_running_loop().time()
        was_open, self._was_open = self._was_open, self._calendar.is_open(self._clock.now())
        if not was_open:  # silence of the break says nothing of the session after it
            self._silent_since = now
        is_running = self._subscribed is not None and self._gateway.is_connected
        if is_running and self._was_open and now - self._silent_since >= limit:
            self._silent_since = now
            self._is_silent = True
            self._go_stale(f"no bar of {self._terms.symbol} came for {limit:g} s")
            self._wanted.set()

    def _note_heard(self) -> None:
        self.heard_at = self._clock.now()
        self._silent_since = asyncio.get_running_loop().time()

    def _tell_all(self, events: Any) -> None:
        for event in events:
            self._tell(event)

    def _go_stale(self, reason: str, level: int = logging.WARNING) -> None:
        self._sequence.needs_history = True
        if not self.is_stale or reason != self._why_stale:
            self.is_stale, self._why_stale = True, reason
            _log.log(level, "bars are stale: %s", reason)
            self._tell(DataStale(reason=reason))

    def _go_fresh(self) -> None:
        if self.is_stale:
            self.is_stale, self._why_stale = False, ""
            self._tell(DataFresh())


def _bar_of(bar: Any) -> SeenBar:
    """Return the library's bar before the library has read its time."""
    return SeenBar(
        time=datetime.fromtimestamp(int(bar.date), UTC),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume,
    )
