"""A strategy trading one instrument, bar by bar, through the kernel.

Each bar: the kernel lives through it, the strategy is told of its fills, then asked at its close.
What it hands in works from the next bar on. Nothing is asked at the last close.
"""

from dataclasses import replace

import numpy as np

from backtest.course import Course, result_of
from backtest.desk import BacktestDesk
from backtest.feed import Feed
from backtest.frames import fills_of
from backtest.policy_run import Progress
from backtest.purse import Purse
from backtest.remarks import remarks_after_ruin
from backtest.result import BacktestResult
from backtest.strategy import Strategy
from backtest.strategy_error import strategy_error
from config.settings import EnvSettings
from env.desk import MAX_DESK_FILLS, Track, live_bar
from env.kernel.names import Denial, Status
from env.step import Books
from env.trade_log import TradeLog
from utils.errors import FuturesGymError
from utils.jit import entry_of

PAGE_BARS = 1_024
"""Bars that are lived through before room is made, and progress told, anew."""

Rows = tuple[int, int]


def run_strategy(
    strategy: Strategy,
    feed: Feed,
    settings: EnvSettings,
    rows: Rows,
    on_progress: Progress | None = None,
) -> BacktestResult:
    """Return what a strategy comes to.

    Args:
        strategy: What trades.
        feed: The bars.
        settings: The account.
        rows: Of the first decision, and after the last bar.
        on_progress: Called now and then.

    Raises:
        StrategyError: If it raises; the result so far is in it.
        ConfigError: If it asks for what there is not, before its first bar; DataError likewise.
    """
    run = _StrategyRun(strategy, feed, settings, rows)
    try:
        run.live(on_progress)
    except Exception as error:
        if run.method == "on_start" and isinstance(error, FuturesGymError):
            raise
        so_far = run.result() if feed.clock[0] > rows[0] else None
        raise strategy_error(error, strategy.name, run.method, run.desk, so_far) from error
    return run.result()


class _StrategyRun:
    """One pass.

    Attributes:
        desk: What the strategy is given.
        method: What of the strategy is being called.
    """

    def __init__(self, strategy: Strategy, feed: Feed, settings: EnvSettings, rows: Rows):
        self._strategy, self._feed, self._settings, self._rows = strategy, feed, settings, rows
        self._purse = Purse([feed.market], [settings], [rows], feed.clock)
        feed.clock[0] = rows[0]
        desks: dict[str, BacktestDesk] = {}
        self.desk = BacktestDesk(feed, self._purse, 0, desks)
        desks[self.desk.symbol] = self.desk
        self.method = "on_start"
        self._log = TradeLog(MAX_DESK_FILLS)
        n_bars = feed.market.n_bars
        self._track: Track = np.full(n_bars, settings.initial_balance), np.zeros(n_bars, np.int64)
        self._live_bar = entry_of(live_bar, self._books(0), self._track)

    def live(self, on_progress: Progress | None) -> None:
        """Go from the first decision to the last bar."""
        self._strategy.on_start(self.desk)
        self.method = "on_bar"
        first, last = self._rows[0], self._rows[1] - 1
        for page in range(first, last, PAGE_BARS):
            stop = min(page + PAGE_BARS, last)
            self._live_page(page, stop)
            if on_progress is not None:
                on_progress(stop - first, last - first)

    def _live_page(self, first: int, stop: int) -> None:
        """Ask at each close from row `first` to before `stop`, and live through the bar after."""
        books, track, live = self._books(stop - first), self._track, self._live_bar
        on_bar, desk, clock = self._strategy.on_bar, self.desk, self._feed.clock
        n_fills = desk.outcome[0]
        for row in range(first + 1, stop + 1):
            on_bar(desk)
            desk.outcome = outcome = live(books, track)
            clock[0] = row
            if outcome[0] != n_fills:
                self._tell(n_fills, outcome[0])
                n_fills = outcome[0]

    def _tell(self, first: int, stop: int) -> None:
        """Let the strategy know of fills."""
        if type(self._strategy).on_fill is Strategy.on_fill:
            return  # the one that it inherits does nothing
        self.method = "on_fill"
        for fill in fills_of(self._log.fills[first:stop], self._feed.market):
            self._strategy.on_fill(self.desk, fill)
        self.method = "on_bar"

    def _books(self, n_bars: int) -> Books:
        """Return what the kernel writes to, with room for the fills of so many bars."""
        accounts = self._purse.accounts
        self._log.make_room(int(accounts["n_fills"][0]), n_bars)
        return accounts, self._purse.bars[0], self._log.fills, self._log.trades

    def result(self) -> BacktestResult:
        """Return what the strategy came to by now."""
        account, log = self._purse.accounts[0], self._purse.log
        start, stop = self._rows[0], self._feed.clock[0] + 1
        equity, positions = self._track
        course = Course(
            equity=equity[start:stop],
            positions=positions[start:stop],
            fills=self._log.fills[: account["n_fills"]],
            trades=self._log.trades[: account["n_trades"]],
            denials=dict(log.denials),
            n_ambiguous=int(account["n_ambiguous"]),
            is_ruined=bool(account["status"] == Status.RUINED),
        )
        market, stops = self._feed.market, log.stop_distances()
        result = result_of(
            self._strategy.name, course, market, self._settings, (start, stop), stops
        )
        return replace(
            result,
            orders=log.frame(market.timestamps, [self.desk.symbol]),
            remarks=remarks_after_ruin(log.denials[Denial.ACCOUNT_CLOSED.label]),
            feature_columns=(),
        )
