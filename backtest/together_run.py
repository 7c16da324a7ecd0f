"""A strategy trading several instruments in one account, close by close.

At each stamp the kernel lives through the bars that there are, the strategy is told of their fills,
then asked once. Money is one for all, see env/shared_account.py.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from backtest.desk import BacktestDesk
from backtest.feed import Feed
from backtest.frames import fills_of
from backtest.policy_run import Progress
from backtest.purse import Purse
from backtest.result import BacktestResult
from backtest.strategy import Strategy
from backtest.strategy_error import strategy_error
from backtest.together_plan import TogetherPlan
from backtest.together_result import together_result
from config.settings import EnvSettings
from env.desk import MAX_DESK_FILLS, outcome_at
from env.kernel.types import FILL, TRADE, Records
from env.shared_account import live_together
from env.step import Books
from utils.errors import FuturesGymError
from utils.jit import entry_of

PAGE_STAMPS = 256
"""Stamps that are lived through before room is made, and progress told, anew."""


class Papers(NamedTuple):
    """What the kernel writes on: FILL and TRADE records, (k, room) each."""

    fills: Records
    trades: Records


def run_together(
    strategy: Strategy,
    feeds: Mapping[str, Feed],
    settings: Mapping[str, EnvSettings],
    plan: TogetherPlan,
    on_progress: Progress | None = None,
) -> BacktestResult:
    """Return what a strategy comes to.

    Args:
        strategy: What trades; it is given the desk of the first instrument.
        feeds: The bars, by symbol.
        settings: The account as each instrument meets it, likewise.
        plan: The way through the bars.
        on_progress: Called now and then.

    Raises:
        StrategyError: If it raises; the result so far is in it.
        ConfigError: If it asks for what there is not, before its first bar; DataError likewise.
    """
    run = _TogetherRun(strategy, feeds, settings, plan)
    try:
        run.live(on_progress)
    except Exception as error:
        if run.method == "on_start" and isinstance(error, FuturesGymError):
            raise
        so_far = run.result() if run.place[0] > 0 else None
        raise strategy_error(error, strategy.name, run.method, run.desk, so_far) from error
    return run.result()


class _TogetherRun:
    """One pass.

    Attributes:
        desk: What the strategy is given.
        method: What of the strategy is being called.
        place: One number: the stamp that has closed last.
    """

    def __init__(
        self,
        strategy: Strategy,
        feeds: Mapping[str, Feed],
        settings: Mapping[str, EnvSettings],
        plan: TogetherPlan,
    ):
        self._strategy, self._plan, self._feeds = strategy, plan, tuple(feeds.values())
        self.method, self.place = "on_start", [0]
        markets = [feed.market for feed in self._feeds]
        terms = [settings[symbol] for symbol in feeds]
        self._purse = Purse(markets, terms, plan.rows, self.place)
        for feed, (first, _) in zip(self._feeds, plan.rows, strict=True):
            feed.clock[0] = first
        desks: dict[str, BacktestDesk] = {}
        for which, (symbol, feed) in enumerate(feeds.items()):
            desks[symbol] = BacktestDesk(feed, self._purse, which, desks)
        self._desks = tuple(desks.values())
        self.desk = self._desks[0]
        self._offsets = np.cumsum([0, *(len(bars) for bars in self._purse.bars[:-1])])
        self._bars = np.concatenate(self._purse.bars)
        self._papers = Papers(np.zeros((len(feeds), 1), FILL), np.zeros((len(feeds), 1), TRADE))
        equity = np.full(len(plan.stamps), terms[0].initial_balance)
        self._track = equity, np.zeros((len(plan.stamps), len(feeds)), np.int64)
        dates = markets[0].calendar.trade_dates(plan.stamps)
        self._begins_session = [False, *(dates[1:] != dates[:-1]).tolist()]
        example = (self._books(1), self._offsets, plan.has_bar[0], False, 0, self._track)
        self._live_together = entry_of(live_together, *example)

    def live(self, on_progress: Progress | None) -> None:
        """Go from the first decision to the last bars."""
        self._look(0)
        self._strategy.on_start(self.desk)
        self.method = "on_bar"
        last = len(self._plan.stamps) - 1
        for page in range(0, last, PAGE_STAMPS):
            stop = min(page + PAGE_STAMPS, last)
            books = self._books(stop - page)
            for stamp in range(page + 1, stop + 1):
                self._strategy.on_bar(self.desk)
                self._live_stamp(books, stamp)
            if on_progress is not None:
                on_progress(stop, last)

    def _live_stamp(self, books: Books, stamp: int) -> None:
        """Live through the bars of a stamp, and tell of their fills."""
        n_before = [desk.outcome[0] for desk in self._desks]
        has_bar = self._plan.has_bar[stamp]
        place = (has_bar, self._begins_session[stamp], stamp)
        n_fills = self._live_together(books, self._offsets, *place, self._track)
        self.place[0] = stamp
        for feed, is_new in zip(self._feeds, has_bar.tolist(), strict=True):
            feed.clock[0] += is_new
        self._look(stamp)
        if n_fills != sum(n_before):
            self._tell(n_before)

    def _look(self, stamp: int) -> None:
        """Let the desks show how the accounts stand."""
        for which, desk in enumerate(self._desks):
            desk.outcome = outcome_at(self._purse.accounts, which)
            desk.has_bar = bool(self._plan.has_bar[stamp, which])

    def _tell(self, n_before: list[int]) -> None:
        """Let the strategy know of fills, at the desk of each one's instrument."""
        self.method = "on_fill"
        for which, desk in enumerate(self._desks):
            records = self._papers.fills[which][n_before[which] : desk.outcome[0]]
            for fill in fills_of(records, self._feeds[which].market):
                self._strategy.on_fill(desk, fill)
        self.method = "on_bar"

    def _books(self, n_stamps: int) -> Books:
        """Return what the kernel writes to, with room for the fills of so many bars."""
        accounts = self._purse.accounts
        needed = int(accounts["n_fills"].max()) + n_stamps * MAX_DESK_FILLS
        if self._papers.fills.shape[1] < needed:
            self._papers = Papers(*(_widened(records, 2 * needed) for records in self._papers))
        return accounts, self._bars, self._papers.fills, self._papers.trades

    def result(self) -> BacktestResult:
        """Return what the strategy came to by now."""
        n_closed = self.place[0] + 1
        equity, positions = self._track
        return together_result(
            self._strategy.name,
            self._purse,
            self._papers,
            self._plan.stamps[:n_closed],
            equity[:n_closed],
            positions[:n_closed],
        )


def _widened(records: Records, room: int) -> Records:
    """Return the records of each instrument with more room behind them."""
    wider = np.zeros((len(records), room), records.dtype)
    wider[:, : records.shape[1]] = records
    return wider
