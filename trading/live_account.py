"""The kernel's own account, moved by what really happened: fills as reported, bars as they closed.

It moves at closes alone, as in training, so that an observation and a decision see what they would
have seen there. A fill that is reported late, corrected, or whose commission comes afterwards has
the last bars lived through again; so an account depends on its bars, fills and decisions, and not
on when it heard of them.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.settings import EnvSettings
from data.feature_stream import REVISABLE_BARS
from env.account_setup import codes_of
from env.actions import decide
from env.kernel.actual_fills import advance_by
from env.kernel.matching import protective_stop_ticks
from env.kernel.names import Denial, OrderKind, Reason, Status
from env.kernel.types import (
    ACCOUNT,
    FILL,
    MARKET_SLOT,
    NO_COUNT,
    NO_OFFSET,
    STOP_SLOT,
    TRADE,
    Records,
)
from env.observation import N_POSITION_INFO, write_position_info
from env.terms import open_account, terms_of
from trading.bar_verdicts import LiveBar
from trading.decisions import Order
from trading.fill_book import FillBook, LiveFill, fill_records
from utils.errors import DataError

KEPT_TRADES = 256
"""Fills and trades that are kept to be looked at."""


@dataclass(slots=True, kw_only=True)
class _Lived:
    """A bar, and what it takes to live through it again."""

    before: bytes
    bar: LiveBar
    choice: int | None = None


class LiveAccount:
    """One account of an instrument.

    Attributes:
        settings: The model's.
        terms: What they come to.
        book: Its fills.
    """

    def __init__(self, settings: EnvSettings, bar: LiveBar) -> None:
        """Open an account at the close of a bar, as an episode begins.

        Args:
            settings: The model's: stop, target, limits, costs, initial balance.
            bar: At whose close the first decision is made.

        Raises:
            ConfigError: For terms that fit no account.
        """
        self.settings = settings
        self.terms = terms_of(settings)
        self._codes = codes_of(settings)
        self._accounts: Records = np.zeros(1, ACCOUNT)
        self._papers: tuple[Records, Records] = (
            np.zeros(KEPT_TRADES, FILL),
            np.zeros(KEPT_TRADES, TRADE),
        )
        open_account(self.record, self.terms, bar.row, NO_COUNT)
        self._lived: deque[_Lived] = deque(maxlen=REVISABLE_BARS)
        self._lived.append(_Lived(before=self._accounts.tobytes(), bar=bar))
        self._is_first_kept = True  # the oldest kept bar is the one at which it was opened
        self.book = FillBook()

    @classmethod
    def rebuilt(
        cls,
        settings: EnvSettings,
        bars: Sequence[LiveBar],
        fills: Iterable[LiveFill],
        choices: Mapping[pd.Timestamp, int],
    ) -> "LiveAccount":
        """Return the account that these have led to: the same bytes as when it lived.

        Args:
            settings: Of the account.
            bars: From the one at whose close it was opened, oldest first.
            fills: All, in the order in which they were reported.
            choices: What was decided, by the open of the bar; as `decide` takes it.
        """
        account = cls(settings, bars[0])
        for fill in fills:
            account.add_fill(fill)
        for count, bar in enumerate(bars):
            if count > 0:
                account.close_bar(bar)
            if bar.opened in choices:
                account.decide(choices[bar.opened])
        return account

    @property
    def record(self) -> np.record:
        """The kernel's record; not to be written to."""
        record: np.record = self._accounts[0]
        return record

    @property
    def bar(self) -> LiveBar:
        """The last bar that was lived through."""
        return self._lived[-1].bar

    @property
    def position(self) -> int:
        """Signed contracts at the last close."""
        return int(self.record.position)

    @property
    def stop_ticks(self) -> int | None:
        """Where the stop of the position belongs; None where it has none.

        Also while the kernel, which cancels first and closes at the next open, has none any more.
        """
        order = self.record.orders[STOP_SLOT]
        is_of_position = self.position != 0 and order.quantity == -self.position
        return int(order.trigger_ticks) if is_of_position else None

    @property
    def is_over(self) -> bool:
        """Whether it has lost what an account may lose at most: it opens nothing any more."""
        return bool(self.record.status != Status.ACTIVE)

    @property
    def is_trailing(self) -> bool:
        """Whether a stop waits that follows the price."""
        order = self.record.orders[STOP_SLOT]
        return bool(order.kind == OrderKind.STOP and order.trail_ticks != NO_OFFSET)

    def stop_after_open(self, open_ticks: int) -> int | None:
        """Return where the stop belongs once the next bar has opened; None where it has none.

        What the account itself does at that bar's close, when the bar is told: on the wire the
        stop has to be there from the open on.
        """
        stop = self.stop_ticks
        if stop is None or not self.is_trailing:
            return stop
        distance = self.record.orders[STOP_SLOT].trail_ticks
        trailed = int(protective_stop_ticks(self.position, open_ticks, distance))
        return max(stop, trailed) if self.position > 0 else min(stop, trailed)

    @property
    def trades(self) -> np.recarray:
        """The last KEPT_TRADES trades at most, oldest first; a copy."""
        n_trades = int(self.record.n_trades)
        kept = np.arange(max(0, n_trades - KEPT_TRADES), n_trades) % KEPT_TRADES
        return self._papers[1][kept].view(np.recarray)

    @property
    def fills(self) -> np.recarray:
        """The last KEPT_TRADES fills at most, oldest first; a copy."""
        n_fills = int(self.record.n_fills)
        kept = np.arange(max(0, n_fills - KEPT_TRADES), n_fills) % KEPT_TRADES
        return self._papers[0][kept].view(np.recarray)

    def stand_at(self, record: np.record, fills: Iterable[LiveFill]) -> None:
        """Stand as another account stood at the close of this one's bar.

        Args:
            record: The kernel's; rows are counted from the bar's own.
            fills: That are in it.
        """
        self._accounts[0] = record
        own, shift = self.record, self.bar.row - int(record.bar)
        own.bar += shift
        own.entry_bar += shift
        for fill in fills:
            self.book.write(fill)

    def position_info(self) -> NDArray[np.float32]:
        """Return what an observation says of the account, (4,)."""
        info = np.zeros(N_POSITION_INFO, np.float32)
        write_position_info(self.record, self.settings.lookback_window, info)
        return info

    def add_fill(self, fill: LiveFill) -> None:
        """Take note of a fill; it counts from the close of its bar on.

        The same one again changes nothing; a correction, or one whose commission has come,
        replaces it.

        Raises:
            DataError: If it lies too far back: rebuild the account from the journal; or if it
                leaves a position over a roll. The account is then as it was.
        """
        if not self.book.is_news(fill):
            return
        known = self.book.known(fill)
        changed = [fill] if known is None else [fill, known]
        first = min(self._place_of(each) for each in changed)
        self.book.write(fill)
        try:
            self._live_again(first)
        except DataError:
            self.book.take_back(fill, known)
            self._live_again(first)
            raise

    def close_bar(self, bar: LiveBar) -> None:
        """Live through the bar that has closed, with its fills.

        Raises:
            DataError: If it is not the bar after the last one, or a position of before a roll was
                neither closed nor rolled; the account is then as it was.
        """
        if bar.row != self.bar.row + 1:
            raise DataError(
                f"the account stands at bar {self.bar.row} ({self.bar.opened}), the next one must "
                f"be bar {self.bar.row + 1}, was {bar.row} ({bar.opened}): hand in every bar"
            )
        lived = _Lived(before=self._accounts.tobytes(), bar=bar)
        self._live(lived)
        if len(self._lived) == REVISABLE_BARS:
            self.book.put_away(self._lived[1].bar.closed)
            self._is_first_kept = False
        self._lived.append(lived)

    def revise(self, n_back: int, bars: Sequence[LiveBar]) -> None:
        """Take the last bars back, and live through these instead; see `LiveBars.take`.

        Decisions stay with the stamps at which they were made.

        Raises:
            DataError: If the bars lie too far back, or one cannot be lived through, as for
                `close_bar`; the account is then as it was.
        """
        if not 0 <= n_back < len(self._lived):
            raise DataError(
                f"an account can take back its last {len(self._lived) - 1} bars, was asked for "
                f"{n_back}: rebuild it from the journal"
            )
        kept = list(self._lived), self._is_first_kept, self.book.copy()
        record, papers = self._accounts.tobytes(), [paper.copy() for paper in self._papers]
        try:
            self._live_instead(n_back, bars)
        except DataError:
            lived, self._is_first_kept, self.book = kept
            self._lived.clear()
            self._lived.extend(lived)
            self._put_back(record)
            for paper, before in zip(self._papers, papers, strict=True):
                paper[:] = before
            raise

    def _live_instead(self, n_back: int, bars: Sequence[LiveBar]) -> None:
        taken = [self._lived.pop() for _ in range(n_back)]
        choices = {lived.bar.opened: lived.choice for lived in taken}
        if taken:
            self._put_back(taken[-1].before)
        for bar in bars:
            self.close_bar(bar)
            choice = choices.get(bar.opened)
            if choice is not None:
                self.decide(choice)

    def decide(self, choice: int) -> Order:
        """Return what a choice at the last close comes to, as far as it may go out.

        Args:
            choice: One of env.actions.Action, or a signed target position, as the settings have it.
        """
        lived = self._lived[-1]
        lived.choice = choice
        self._decide(lived)
        record = self.record
        order = record.orders[MARKET_SLOT]
        quantity = int(order.quantity) if order.kind == OrderKind.MARKET else 0
        return Order(
            quantity=quantity,
            target=self.position + quantity,
            reason=Reason(int(order.reason)) if quantity else Reason.SIGNAL,
            denial=Denial(int(record.denial)),
        )

    def _decide(self, lived: _Lived) -> None:
        assert lived.choice is not None
        _, sizer, mode = self._codes
        decide(self.record, lived.bar.ticks, sizer, mode, lived.choice)

    def _live(self, lived: _Lived) -> None:
        """Live through one bar from where the account stands."""
        own = self.book.between(self._begin_of(lived.bar), lived.bar.closed)
        actual = fill_records(own, self.record.costs)
        if not advance_by(self.record, lived.bar.ticks, actual, *self._papers):
            held = int(np.frombuffer(lived.before, ACCOUNT)[0]["position"])
            self._put_back(lived.before)
            raise DataError(
                f"the contract changed at {lived.bar.opened} under a position of {held}: give its "
                "fills in the old contract and the new, or flatten before a roll"
            )

    def _begin_of(self, bar: LiveBar) -> pd.Timestamp:
        """Return from when on fills are of a bar: since the one before it closed."""
        last = self._lived[-1].bar
        if last.row < bar.row:
            return last.closed
        place = bar.row - self._lived[0].bar.row
        return self._lived[place - 1].bar.closed

    def _place_of(self, fill: LiveFill) -> int:
        """Return the place of the kept bar that a fill happened in; their number if it is to come.

        Raises:
            DataError: If it lies before all of them.
        """
        first = self._lived[0].bar
        if fill.time < first.closed:
            what = "was opened" if self._is_first_kept else "can be lived through again"
            raise DataError(
                f"fill {fill.exec_id} of {fill.time} lies before {first.closed}, from which on the "
                f"account {what}: rebuild it from the journal"
            )
        closes = [lived.bar.closed for lived in self._lived]
        return sum(closed <= fill.time for closed in closes)

    def _live_again(self, first: int) -> None:
        """Live through the kept bars from place `first` on again."""
        again = list(self._lived)[first:]
        if not again:
            return
        self._put_back(again[0].before)
        for lived in again:
            lived.before = self._accounts.tobytes()
            self._live(lived)
            if lived.choice is not None:
                self._decide(lived)

    def _put_back(self, record: bytes) -> None:
        self._accounts[:] = np.frombuffer(record, ACCOUNT)
