"""The trader: one loop for rehearsal, paper and live, from a closed bar to an order and back.

It joins what others do: the line (broker_line), the books and everything that sends (order_desk),
bars (subscriptions), the model (decision_desk), and what is looked at all the time (trader_watch).
It ends when it is told to, or when something fails that trying again does not mend; a position then
stays with its stop at the broker.
"""

import asyncio
import gc
from collections.abc import Awaitable, Coroutine
from typing import Any

from config.trader_settings import TraderSettings
from trading.alert_kinds import Alert
from trading.broker_line import BrokerLine
from trading.command_box import CommandBox
from trading.connection_events import ClientIdInUse, ConnectionEvent
from trading.ib_session import look_at
from trading.journal_events import Stopped
from trading.teller import Teller
from trading.trader_desk import TraderDesk
from trading.trader_setup import Prepared, prepare
from trading.trader_status import early_status, status_of
from trading.trader_terms import TraderTerms
from trading.winding_down import Left, what_is_left, wind_down
from utils.clock import Clock
from utils.errors import FuturesGymError, SimulationError, TemporaryGatewayError
from utils.logger import get_logger

_LOG = get_logger("trader")

LOOK_SECONDS = 0.05
"""Between two looks whether a part has failed."""

RETRY_SECONDS = 0.5
"""Between two attempts to begin; they wait for the line as long as it takes."""


class Trader:
    """One trading process.

    Attributes:
        line: To the broker.
        desk: All that trades; None until the broker has told what is needed to begin.
    """

    def __init__(
        self,
        terms: TraderTerms,
        settings: TraderSettings,
        clock: Clock,
        teller: Teller,
    ) -> None:
        """Begin nothing yet.

        Args:
            terms: What to do.
            settings: All timers and limits, as `fitted` returns them.
            clock: What time it is, in the market.
            teller: Tells people.
        """
        self.line = BrokerLine(settings.connection, clock, self._hear_line)
        self.desk: TraderDesk | None = None
        self._terms = terms
        self._settings = settings
        self._clock = clock
        self._teller = teller
        self._stopping = asyncio.Event()
        self._why_stopped = ""
        self._why_failed = ""
        self._tasks: list[asyncio.Future[None]] = []
        self._held: Prepared | None = None
        self._failed_callback: Exception | None = None

    def unsettled(self) -> str:
        """Return what is not done yet; "" where nothing is. A rehearsal's market waits for it."""
        return "the trader has not begun" if self.desk is None else self.desk.unsettled()

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to end: its line may be closed at any moment."""
        return self._stopping.is_set()

    def probe(self) -> Awaitable[object]:
        """Ask the broker something, and return with its answer."""
        return self.line.gateway.probe()

    def stop(self, why: str) -> None:
        """Have the trader end in good order; a second time changes nothing."""
        if not self._stopping.is_set():
            self._why_stopped = why
            self._stopping.set()

    def kill(self, actor: str) -> None:
        """Pull the kill switch."""
        if self.desk is None:
            CommandBox(self._terms.folder).put_kill()
        else:
            self.desk.watch.kill(f"told by {actor}", actor)

    async def run(self) -> None:
        """Trade until told to stop.

        Raises:
            FuturesGymError: What trying again does not mend.
        """
        asyncio.get_running_loop().set_exception_handler(self._hear_failure)
        try:
            line = self._settings.connection
            _LOG.info("connecting to %s:%d, client id %d", line.host, line.port, line.client_id)
            self._begin(self.line.supervisor.run())
            self._teller.ready("connecting")
            prepared = await self._prepared()
            if prepared is not None:
                await self._trade(prepared)
        except Exception as error:
            self._why_failed = _in_words(error)
            raise
        finally:
            await self._end()

    async def _prepared(self) -> Prepared | None:
        """Return what there is to begin with, as soon as the broker tells it; None once stopped."""
        wait = self._settings.connection.scaled(RETRY_SECONDS)
        while not self._stopping.is_set():
            self._raise_failures()
            self._show_the_start()
            if self.line.supervisor.is_up:
                try:
                    return await self._attempt()
                except TemporaryGatewayError as error:
                    _LOG.warning("%s; tried again", error)
            await self._stopped_within(wait)
        return None

    async def _attempt(self) -> Prepared | None:
        """Prepare once, alive all the while; None where it is to end before that is done."""
        attempt = asyncio.ensure_future(
            prepare(self.line, self._terms, self._settings, self._clock)
        )
        attempt.add_done_callback(look_at)
        try:
            while not (attempt.done() or self._stopping.is_set()):
                await asyncio.wait({attempt}, timeout=RETRY_SECONDS)
                self._show_the_start()
            return attempt.result() if attempt.done() else None
        finally:
            attempt.cancel()
            await asyncio.wait({attempt})

    def _show_the_start(self) -> None:
        """Say that the loop goes round, and that it has not begun to trade."""
        self._teller.alive()
        limit = self._settings.trading.limits.max_daily_loss_usd
        self._teller.publish(early_status(self.line, self._terms, limit, self._clock.now()))

    async def _trade(self, prepared: Prepared) -> None:
        self._held = prepared
        self.desk = desk = TraderDesk(
            prepared, self.line, self._terms, self._settings, self._clock, self._teller.alert
        )
        self.line.listen(desk.hear)
        gc.freeze()  # or a full collection of all that was loaded holds up an order for 0.1 s
        self._tell_beginning(prepared)
        self._begin(desk.run())
        self._begin(self._report(desk))
        while not self._stopping.is_set():
            self._raise_failures()
            await self._stopped_within(LOOK_SECONDS)
        await wind_down(
            desk.orders,
            self._why_stopped,
            self._settings.session,
            should_flatten=self._terms.should_flatten_on_exit,
        )

    async def _report(self, desk: TraderDesk) -> None:
        """Say how things stand, again and again, until cancelled."""
        while True:
            self._teller.publish(status_of(desk, self.line, self._terms))
            self._teller.alive()
            await asyncio.sleep(self._settings.session.status_seconds)

    def _hear_line(self, event: ConnectionEvent) -> None:
        """Hear the supervisor; who has not begun yet has somebody to tell all the same."""
        if self.desk is not None:
            self.desk.hear_line(event)
        if isinstance(event, ClientIdInUse):
            self._tell("client_id_in_use", event.text)

    def _tell_beginning(self, prepared: Prepared) -> None:
        position = prepared.restored.books.position
        self._tell("restarted", f"{self._terms.mode}: position {position:+d} by the journal")
        if prepared.was_killed:
            self._tell("not_closed_cleanly", "the last process was killed, or the power failed")
        assert self.desk is not None
        has_decided = prepared.journal.reader.last("Decision") is not None
        if has_decided and self.desk.decisions.pipeline.account is None:
            self._tell("model_begun_anew", "its state is not there: it begins anew from history")

    def _tell(self, kind: str, text: str) -> None:
        """Tell people, and once there is a journal, write down that they were told."""
        if self.desk is None:
            self._teller.alert(Alert(kind=kind, text=text, at=self._clock.now()))
        else:
            self.desk.orders.manager.alert(kind, text)

    def _begin(self, part: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.ensure_future(part))

    def _hear_failure(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Note what failed in a callback, which the loop would log and go on from."""
        error = context.get("exception")
        if "handle" in context and isinstance(error, Exception):
            self._failed_callback = self._failed_callback or error
        loop.default_exception_handler(context)

    def _raise_failures(self) -> None:
        """Raise what ended a part that should not end, or what failed in between."""
        if self._failed_callback is not None:
            raise self._failed_callback
        for task in self._tasks:
            if task.done():
                try:
                    task.result()
                except BaseExceptionGroup as group:
                    known = group.subgroup(FuturesGymError)
                    if known is None:
                        raise
                    raise _first(known) from group
                raise SimulationError("a part of the trader ended without a reason")

    async def _stopped_within(self, seconds: float) -> None:
        """Return when it is to end, or after a while."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

    async def _end(self) -> None:
        """End all parts, the line last, and write down that this was no accident."""
        self._teller.stopping()
        left = None if self.desk is None else what_is_left(self.desk.orders)
        while self._tasks:
            task = self._tasks.pop()
            task.cancel()
            await asyncio.wait({task})
        asyncio.get_running_loop().set_exception_handler(None)
        if self.desk is not None and left is not None:
            gc.unfreeze()
            self.desk.orders.manager.catch_up()
            await self.desk.close()
            self._say_goodbye(self.desk, left)
        elif self._why_failed:
            self._tell("failed", f"{self._why_failed}; it had not begun")
        else:
            _LOG.info("stopped before it had begun: %s", self._why_stopped or "cut off")
        if self._held is not None:
            self._held.close()

    def _say_goodbye(self, desk: TraderDesk, left: Left) -> None:
        """Tell what is left; an end that nobody asked for is not written down as a good one.

        Args:
            desk: Which has ended.
            left: What was left at the broker while the line still stood.
        """
        journal = desk.orders.manager.journal
        why = self._why_failed or self._why_stopped or "cut off"
        kind = "failed" if self._why_failed else "stopped"
        is_bad = left in {Left.UNPROTECTED, Left.DISPUTED}
        self._tell("stopped_unprotected" if is_bad else kind, f"{why}: {left}")
        self._teller.publish(status_of(desk, self.line, self._terms))
        journal.flush()
        if self._why_stopped and not self._why_failed:
            failure = journal.commit(Stopped(reason=why))
            if failure is not None:
                _LOG.error("the end is not written down: %s", failure)


def _in_words(error: Exception) -> str:
    """Return what failed; of what is no error that a user can act on, its class too."""
    known = isinstance(error, FuturesGymError)
    return str(error) if known else f"{type(error).__name__}: {error}"


def _first(group: BaseExceptionGroup[FuturesGymError]) -> FuturesGymError:
    """Return the first error of a group, however deep it lies."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, FuturesGymError), "the group was made of these"
    return error
