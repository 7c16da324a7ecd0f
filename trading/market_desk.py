"""Bars of the contract that is traded: subscribed, told to the model, begun anew where need be.

Three things begin anew: a start, from the state that the last process left or from history; a roll,
which goes on with the bars of the next contract over the gap between the two; and bars that the
model cannot take, which cost it its state and no more.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pandas as pd

from config.decision_settings import DecisionSettings
from config.trader_settings import TraderSettings
from trading.alert_kinds import Alert
from trading.bar_calendar import BarCalendar
from trading.bar_pipeline import BarPipeline
from trading.bar_verdicts import ClosedBar
from trading.broker_line import BrokerLine
from trading.connection_events import ConnectionEvent
from trading.contract_roll import roll_gap
from trading.data_events import (
    BarClosed,
    BarGap,
    BarMoved,
    BarRevised,
    BarsDisordered,
    DataEvent,
    DataFresh,
    DataStale,
    SeenBar,
)
from trading.decision_desk import DecisionDesk
from trading.decision_stream import DecisionStream
from trading.pipeline_snapshot import SNAPSHOT, was_restored
from trading.subscriptions import BarSubscription, BarTerms
from trading.trader_terms import TraderTerms
from utils.clock import Clock
from utils.errors import FatalGatewayError
from utils.logger import get_logger

_LOG = get_logger("market")

MAX_BARS = 900
"""Bars that are kept for the drift report: three sessions of five minutes."""

ANEW_EVERY = timedelta(seconds=60)
"""A pipeline that has to be begun anew again and again is so no more often."""


async def first_pipeline(terms: TraderTerms, settings: TraderSettings) -> BarPipeline:
    """Return the pipeline that a process begins with: as the last one left it, if that can be."""
    pipeline = new_pipeline(terms, settings)
    if was_restored(pipeline, terms.folder / SNAPSHOT):
        return pipeline
    return await learnt_pipeline(terms, settings)


async def learnt_pipeline(terms: TraderTerms, settings: TraderSettings) -> BarPipeline:
    """Return a pipeline that knows the stored history; others have their turn meanwhile."""
    pipeline = new_pipeline(terms, settings)
    if terms.history is not None:
        for _ in pipeline.learn(terms.history):
            await asyncio.sleep(0)
    return pipeline


class MarketDesk:
    """The bars of one trader.

    Attributes:
        last_price: Newest price that was told, points; None before one.
        last_close: When the newest bar closed; None before one.
        bars: The last bars, as they were told; at most MAX_BARS.
        has_begun: Whether bars have come of what is subscribed to.
        on_live: Called when a bar has closed that was told as it came, before it is decided on.
    """

    def __init__(
        self,
        line: BrokerLine,
        terms: TraderTerms,
        settings: TraderSettings,
        clock: Clock,
        decisions: DecisionDesk,
        alert: Callable[[Alert], None],
    ) -> None:
        """Subscribe to nothing yet: `pin` says to what.

        Args:
            line: To the broker.
            terms: Which bars.
            settings: Timers.
            clock: What time it is.
            decisions: Hears closed bars.
            alert: Tells people.
        """
        self.last_price: float | None = None
        self.last_close: datetime | None = None
        self.bars: deque[ClosedBar] = deque(maxlen=MAX_BARS)
        self.has_begun = False
        self.on_live: Callable[[], None] = _nothing
        self._line = line
        self._terms = terms
        self._settings = settings
        self._clock = clock
        self._calendar = BarCalendar(terms.symbol, terms.bar_seconds)
        self._decisions = decisions
        self._alert = alert
        self._code = ""
        self._con_id = 0
        self._subscription: BarSubscription | None = None
        self._n_subscribed = 0
        self._is_changed = asyncio.Event()
        self._stale_reason: str | None = "no bars have come yet"
        self._left: SeenBar | None = None
        self._rolled_at: datetime | None = None
        self._gap: float | None = None
        self._is_after_hole = False
        self._begun_anew_at: datetime | None = None
        self._failure: Exception | None = None
        self._beginning: asyncio.Task[None] | None = None

    @property
    def is_asking(self) -> bool:
        """Whether bars were asked for, or are learnt from anew, and have not all come."""
        if self._beginning is not None:
            return True
        return self._subscription is not None and self._subscription.is_asking

    @property
    def heard_at(self) -> datetime | None:
        """When bars were heard of last."""
        return None if self._subscription is None else self._subscription.heard_at

    @property
    def stale_reason(self) -> str | None:
        """Why nothing may be opened on the data; None where they are good."""
        return self._stale_reason or self._decisions.pipeline.problem

    def pin(self, con_id: int, code: str) -> None:
        """Have the bars of a contract from now on.

        Args:
            con_id: Which; it must have been qualified.
            code: What its bars are called; "" where contracts have no names.
        """
        if self._subscription is not None:
            self._subscription.finish()
        is_other = self._con_id != 0
        self._con_id, self._code, self.last_price = con_id, code, None
        self._go_on(is_other=is_other)

    def hear(self, event: ConnectionEvent) -> None:
        """Hear the line."""
        if self._subscription is not None:
            self._subscription.hear(event)

    async def run(self) -> None:
        """Have bars told until cancelled.

        Raises:
            FatalGatewayError: If the broker will never tell them, and nothing of ours is open.
            Exception: What failed as bars were told: the client library would swallow it, and with
                it a bar's decision.
        """
        try:
            await self._have_bars_told()
        finally:
            if self._beginning is not None:
                self._beginning.cancel()

    async def _have_bars_told(self) -> None:
        while self._failure is None:
            assert self._subscription is not None, "pinned before it runs"
            self._is_changed.clear()
            bars = asyncio.ensure_future(self._subscription.run())
            change = asyncio.ensure_future(self._is_changed.wait())
            try:
                await asyncio.wait({bars, change}, return_when=asyncio.FIRST_COMPLETED)
                if bars.done():
                    await self._bear(bars)
            finally:
                bars.cancel()
                change.cancel()
                await asyncio.wait({bars, change})
        raise self._failure

    async def _bear(self, bars: "asyncio.Future[None]") -> None:
        """Go on without bars while something is open, which somebody must look after."""
        try:
            bars.result()
        except FatalGatewayError as error:
            if not self._decisions.has_open:
                raise
            assert self._subscription is not None
            _LOG.error("no bars, and a position or an order is open: %s", error)
            self._stale_reason = str(error)
            await asyncio.sleep(
                self._settings.connection.scaled(self._settings.connection.last_retry_seconds)
            )
            self._subscription.ask_again()

    def look(self, now: datetime) -> None:
        """Begin the pipeline anew where it cannot go on."""
        problem = self._decisions.pipeline.problem
        if problem is None or self._beginning is not None:
            return
        if self._begun_anew_at is not None and now - self._begun_anew_at < ANEW_EVERY:
            return
        self._begun_anew_at = now
        self._say(f"it begins anew from history: {problem}", "model_begun_anew")
        self._beginning = asyncio.ensure_future(self._begin_anew())
        self._beginning.add_done_callback(self._has_begun_anew)

    async def _begin_anew(self) -> None:
        """Go on with a pipeline that knows history alone; the old one's prices are told until then.

        Nothing is opened meanwhile: its problem stands.
        """
        self._decisions.pipeline = await learnt_pipeline(self._terms, self._settings)
        self._gap = None
        self.bars.clear()
        self._go_on(is_other=False)

    def _has_begun_anew(self, beginning: "asyncio.Task[None]") -> None:
        self._beginning = None
        if not beginning.cancelled() and isinstance(error := beginning.exception(), Exception):
            self._failure = error
            self._is_changed.set()

    def _go_on(self, *, is_other: bool) -> None:
        """Subscribe to what comes after the pipeline's last bar, over the gap between contracts.

        Args:
            is_other: Whether that bar is of another contract, whatever the two are called.
        """
        last = self._decisions.pipeline.bars.last
        is_roll = last is not None and (is_other or last.contract != self._code)
        self._left = _as_seen(last) if last is not None and is_roll else None
        self._rolled_at = None if self._left is None else self._left.time
        self._subscribe(None if last is None else last.opened, with_last=is_roll)

    def _subscribe(self, last_closed: datetime | None, *, with_last: bool) -> None:
        """Subscribe anew; `with_last` has the last bar told too, to compare two contracts."""
        size = timedelta(seconds=self._terms.bar_seconds)
        known = last_closed - size if with_last and last_closed is not None else last_closed
        terms = BarTerms(
            con_id=self._con_id,
            symbol=self._terms.symbol,
            bar_size=self._terms.bar_size,
            bar_seconds=self._terms.bar_seconds,
            warm_days=self._settings.session.warm_days,
        )
        self._stale_reason, self.has_begun = "no bars have come yet", False
        self._n_subscribed += 1
        self._subscription = BarSubscription(
            self._line.gateway,
            terms,
            self._settings.connection,
            self._clock,
            partial(self._hear_bars, self._n_subscribed),
            last_closed=known,
        )
        self._subscription.ask_again()
        self._is_changed.set()

    def _hear_bars(self, number: int, event: DataEvent) -> None:
        """Take an event in, but none of what was subscribed to before: it may be of another month.

        After a failure none is, since `run` is about to end.
        """
        if number != self._n_subscribed or self._failure is not None:
            return
        try:
            self._tell(event)
        except Exception as error:
            self._failure = error
            self._is_changed.set()

    def _tell(self, event: DataEvent) -> None:
        match event:
            case BarMoved():
                self.last_price = event.bar.close
                self._decisions.pipeline.see_open(event.bar.time, event.bar.open)
            case BarClosed():
                self._close(event)
            case BarRevised():
                self._correct(event.bar)
            case BarGap():
                self._is_after_hole = True
                self._say(f"{event.n_missing} bars are missing after {event.after}")
            case BarsDisordered():
                self._say(f"bars came out of order: {event.n_double} twice, {event.n_late} late")
            case DataStale():
                self._stale_reason = event.reason
            case DataFresh():
                self._stale_reason = None
                self.has_begun = True

    def _close(self, event: BarClosed) -> None:
        if self._left is not None and not self._is_over_the_gap(event.bar):
            return
        if not event.is_from_history:
            self.on_live()
        told = self._closed(event.bar)
        self._gap = None
        is_live = not event.is_from_history and not self._is_after_hole and not self._is_late(told)
        self._is_after_hole = False
        self.last_price = told.close
        size = timedelta(seconds=self._terms.bar_seconds)
        self.last_close = (told.opened + size).to_pydatetime()
        self.bars.append(told)
        self._decisions.close(told, is_live=is_live)

    def _correct(self, bar: SeenBar) -> None:
        """Take a corrected bar in; not the common one, in whose place the old contract's is.

        Of that one there is nothing to correct but the gap, as long as nobody has made use of it.
        """
        if self._rolled_at is None or bar.time > self._rolled_at:
            self._decisions.pipeline.correct(self._closed(bar))
        elif self._left is not None:
            self._is_over_the_gap(bar)

    def _is_late(self, told: ClosedBar) -> bool:
        """Return whether a close is told too long after the market went on to be acted on."""
        close = (told.opened + pd.Timedelta(seconds=self._terms.bar_seconds)).to_pydatetime()
        limit, now = self._settings.session.late_seconds, self._clock.now()
        if (now - close).total_seconds() <= limit:
            return False
        seconds = self._calendar.seconds_since_open(close, now)
        if seconds > limit:
            self._say(f"the close of {close} is told {seconds:.0f} s late", "undecided")
        return seconds > limit

    def _is_over_the_gap(self, bar: SeenBar) -> bool:
        """Measure the gap to the new contract at the last common bar; return whether it is past."""
        left = self._left
        assert left is not None
        if bar.time <= left.time:
            size = timedelta(seconds=self._terms.bar_seconds)
            self._gap = roll_gap([left], [bar], left.time + size)
            return False
        self._left = None
        if self._gap is None:
            self._decisions.pipeline.problem = "the new contract has no bar beside the old one's"
        return self._gap is not None

    def _closed(self, bar: SeenBar) -> ClosedBar:
        return ClosedBar(
            opened=pd.Timestamp(bar.time),
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
            contract=self._code,
            roll_gap=self._gap,
        )

    def _say(self, text: str, kind: str = "history_gap") -> None:
        _LOG.warning("%s", text)
        self._alert(Alert(kind=kind, text=text, at=self._clock.now()))


def new_pipeline(terms: TraderTerms, settings: TraderSettings) -> BarPipeline:
    """Return a pipeline that knows no bars."""
    stream = DecisionStream(
        terms.model,
        DecisionSettings(
            symbol=terms.symbol,
            bar_seconds=terms.bar_seconds,
            policy_seconds=settings.session.policy_seconds,
        ),
    )
    return BarPipeline(stream, terms.bar_seconds, terms.holding_rule)


def _as_seen(bar: ClosedBar) -> SeenBar:
    return SeenBar(
        time=bar.opened.to_pydatetime(),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume,
    )


def _nothing() -> None:
    """Do nothing."""
