"""Bars of a subscription in, decisions out: live bars, the model's stream and its account as one.

At a bar's close only what had happened by then counts: bars, and fills before the close. What a bar
is not decided on (history, a bar after a hole) is learnt from all the same. The account is the
model's own view of its trades; should it ever differ from our fills (a person adopted a position, a
fill came days late), it is brought into line at the next close.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import pandas as pd

from config.instruments import get_instrument
from env.kernel.names import OrderKind, Reason
from env.kernel.types import TARGET_SLOT
from trading.bar_verdicts import Accepted, ClosedBar, Late, LiveBar, Refused, Revised, Verdict
from trading.contract_sessions import LastSession
from trading.decision_stream import DecisionStream
from trading.decisions import LiveDecision
from trading.fill_book import KNOWN_FILLS, LiveFill
from trading.live_account import LiveAccount
from trading.live_bars import LiveBars
from trading.order_life import split_exec_id
from utils.errors import DataError
from utils.logger import get_logger

_LOG = get_logger("pipeline")

ALIGNED = "aligned"
"""How ids of fills begin that no broker reported."""

BEFORE_CLOSE = timedelta(seconds=1)

LEARNT_AT_ONCE = 32
"""Bars of history: some milliseconds."""


class BarPipeline:
    """One model over the bars of one symbol.

    Attributes:
        stream: What decides.
        bars: Its bars.
        account: Its account; None before the first decision.
        problem: Why it has to be begun anew from history; None while all is well.
        last_bar: The last one that was taken in; None before the first.
    """

    def __init__(
        self, stream: DecisionStream, bar_seconds: int, last_session: LastSession | None = None
    ) -> None:
        """Start before the first bar.

        Args:
            stream: Of the model, before its first bar.
            bar_seconds: Size of a bar.
            last_session: When each contract is held last; None: as a calendar roll has it.
        """
        self.stream = stream
        self.bars = LiveBars(stream.env_settings, bar_seconds, last_session)
        self.account: LiveAccount | None = None
        self.problem: str | None = None
        self.last_bar: LiveBar | None = None
        self._pending: dict[str, LiveFill] = {}
        self._refused: dict[str, None] = {}
        self._instrument = get_instrument(stream.env_settings.symbol)
        self._open_ticks: int | None = None
        self._entry_ticks: float | None = None

    @property
    def has_new_fills(self) -> bool:
        """Whether anything was filled since the last close, as far as we heard."""
        last = self.last_bar
        return last is not None and bool(self._since(last.closed))

    @property
    def position(self) -> int:
        """Contracts that the model's account had at the last close."""
        return 0 if self.account is None else self.account.position

    @property
    def is_trailing(self) -> bool:
        """Whether the stop of the model's account follows the price."""
        return self.account is not None and self.account.is_trailing

    @property
    def stop_ticks(self) -> int | None:
        """Where the model's account has its stop; None without one.

        As of the last close, and of the open after it where that is known.
        """
        if self.account is None or self._open_ticks is None:
            return None if self.account is None else self.account.stop_ticks
        return self.account.stop_after_open(self._open_ticks)

    @property
    def target_ticks(self) -> int | None:
        """Where it has its target, likewise."""
        if self.account is None or self.account.position == 0:
            return None
        order = self.account.record.orders[TARGET_SLOT]
        return int(order.limit_ticks) if order.kind != OrderKind.NONE else None

    def learn(self, frame: pd.DataFrame, contract: str = "") -> Iterator[None]:
        """Learn from stored history before the first bar, some bars at each step of the iteration.

        Years of bars take minutes: between two steps others may have their turn. Arguments and
        errors are those of `LiveBars.history`.
        """
        bars = self.bars.history(frame, contract)
        while some := tuple(islice(bars, LEARNT_AT_ONCE)):
            self.stream.warm_up(some)
            self.last_bar = some[-1]
            yield

    def close(
        self,
        told: ClosedBar,
        position: int,
        *,
        is_live: bool,
        entry_ticks: float | None = None,
    ) -> LiveDecision | None:
        """Live through a closed bar, and decide at its close if it is live.

        Args:
            told: The bar; what the market did not have before it is known never to have been.
            position: Contracts by our own fills as they are now.
            is_live: Whether a decision on it can still be acted on.
            entry_ticks: At which they were entered on average; None where that is not known.
        """
        self._entry_ticks = entry_ticks
        verdict = self.bars.take(told, is_gap_known=True)
        if not isinstance(verdict, Accepted):
            self._take_back(verdict)
            return None
        try:
            return self._take(verdict.bar, position, is_live=is_live)
        except DataError as error:
            self.problem = str(error)
            return None

    def see_open(self, opened: datetime, price: float) -> None:
        """Take note of the open of the bar that forms now: stops that trail follow it at once.

        Args:
            opened: When it opened, aware; one that is known to be over changes nothing.
            price: Points.
        """
        last = self.last_bar
        if last is not None and opened >= last.closed and not self._instrument.off_grid(price):
            self._open_ticks = int(self._instrument.to_ticks(price))

    def correct(self, told: ClosedBar) -> None:
        """Take in a bar again that the broker has corrected."""
        self._take_back(self.bars.take(told, is_gap_known=True))

    def add_fill(self, fill: LiveFill) -> None:
        """Take note of a fill, or of its newer version; it counts at the close of its bar."""
        self._pending[fill.key] = fill
        if self.account is None or fill.exec_id in self._refused:
            return
        try:
            self.account.add_fill(fill)
        except DataError as error:
            self._refused[fill.exec_id] = None  # the broker tells it twice a minute, all day
            if len(self._refused) > KNOWN_FILLS:
                self._refused.pop(next(iter(self._refused)))
            _LOG.warning("%s; the account is brought into line at the next close", error)

    def charge(self, exec_id: str, commission_usd: float) -> None:
        """Take note of what a fill cost, if it is known here."""
        stem, version = split_exec_id(exec_id)
        known = self._pending.get(stem)
        if known is None and self.account is not None:
            known = self.account.book.of(stem)
        if known is not None and known.version == version and math.isfinite(commission_usd):
            self.add_fill(replace(known, commission_usd=commission_usd))

    def _take(self, bar: LiveBar, position: int, *, is_live: bool) -> LiveDecision | None:
        self.last_bar, self._open_ticks = bar, None
        at_close = position - sum(fill.quantity for fill in self._since(bar.closed))
        if self.account is None:
            if not is_live:
                self.stream.warm_up([bar])
                return None
            self.account = self._opened(bar)
            is_live = at_close == 0  # it is opened flat, and brought into line at the next close
        else:
            self.account.close_bar(bar)
            self._align(bar, at_close)
            is_live = is_live and self.problem is None  # it is about to begin anew; the stop stays
        self._forget(bar)
        if not is_live:
            self.stream.skip(bar)
            return None
        return self.stream.update(bar, self.account)

    def _opened(self, bar: LiveBar) -> LiveAccount:
        account = LiveAccount(self.stream.env_settings, bar)
        for fill in self._since(bar.closed):
            account.add_fill(fill)
        return account

    def _align(self, bar: LiveBar, at_close: int) -> None:
        """Book what the account lacks at the bar's close, and say so.

        What it has nothing of, at the price of our own entry: its stop belongs there.
        """
        assert self.account is not None
        before = self.account.position
        missing = at_close - before
        if missing == 0:
            return
        is_entered = at_close != 0 and before * at_close <= 0
        entry = self._entry_ticks if is_entered else None
        text = "the model's account had %+d at %s, our fills come to %+d: brought into line"
        _LOG.warning(text, before, bar.closed, at_close)
        self.account.add_fill(
            LiveFill(
                exec_id=f"{ALIGNED}.{bar.closed:%Y%m%dT%H%M%S}.01",
                time=bar.closed - BEFORE_CLOSE,
                quantity=missing,
                price_ticks=int(bar.ticks.close) if entry is None else round(entry),
                commission_usd=0.0,
                reason=Reason.SIGNAL,
            )
        )

    def _take_back(self, verdict: Verdict) -> None:
        """Do what a verdict on a bar that does not come next asks for."""
        if isinstance(verdict, Refused):
            self.problem = f"the bar of {verdict.opened} was refused: {verdict.reason}"
        elif isinstance(verdict, Revised | Late):
            self.last_bar = verdict.bars[-1]
            try:
                self.stream.revise(verdict.n_back, verdict.bars)
                if self.account is not None:
                    self.account.revise(verdict.n_back, verdict.bars)
            except DataError as error:
                self.problem = str(error)

    def _since(self, time: pd.Timestamp) -> list[LiveFill]:
        return [fill for fill in self._pending.values() if fill.time >= time]

    def _forget(self, bar: LiveBar) -> None:
        """Let go of fills that are in the account."""
        self._pending = {fill.key: fill for fill in self._since(bar.closed)}
