"""Strategies that tests write down, and bars for them."""

import numpy as np

from backtest.engine import BacktestEngine
from backtest.strategy import Strategy
from config.settings import EnvSettings
from tests.helpers.bars import make_bars

B0 = (20_000.0, 20_002.0, 19_998.0, 20_000.0)
FREE = EnvSettings(
    stop_loss_ticks=None, commission=0.62, margin="none", initial_balance=10_000.0, max_position=10
)
"""No stop of the account's own, no margin: what happens is what a strategy handed in."""


class Scripted(Strategy):
    """At the close of row t, call what the script has for t with the desk; note fills and answers.

    Attributes:
        fills: As told, in order.
        answers: What each call returned, by row.
        seen: Rows that were asked.
    """

    name = "scripted"

    def __init__(self, script):
        self._script = script
        self.fills, self.answers, self.seen = [], {}, []

    def on_bar(self, desk):
        row = desk.n_bars - 1
        self.seen.append(row)
        if row in self._script:
            self.answers[row] = self._script[row](desk)

    def on_fill(self, desk, fill):
        assert fill.time == desk.bar_opened
        assert desk.n_bars - 1 not in self.seen
        self.fills.append(fill)


def run_script(rows, script, settings=FREE, **changes):
    """Return the strategy and its result over the rows after B0, which is row 0."""
    strategy = Scripted(script)
    engine = BacktestEngine(make_bars([B0, *rows]))
    settings = settings.model_copy(update=changes)
    return strategy, engine.run_with_strategy(strategy, settings)


def rolling_mean(values, length):
    """Return the mean of the last `length` values, NaN before there are so many."""
    means = np.full(len(values), np.nan)
    if len(values) >= length:
        sums = np.cumsum(np.concatenate([[0.0], values]))
        means[length - 1 :] = (sums[length:] - sums[:-length]) / length
    return means


class SmaCross(Strategy):
    """Long while the fast mean is above the slow one, short while it is below."""

    name = "sma_cross"

    def on_start(self, desk):
        self.fast = desk.indicator(lambda close: rolling_mean(close, 20), "close")
        self.slow = desk.indicator(lambda close: rolling_mean(close, 50), "close")

    def on_bar(self, desk):
        if self.fast.now > self.slow.now:
            desk.target(1)
        elif self.fast.now < self.slow.now:
            desk.target(-1)


class SmaTargets:
    """The same rule as targets."""

    name = "sma_cross"

    def targets(self, bars):
        close = bars["close"].to_numpy()
        fast, slow = rolling_mean(close, 20), rolling_mean(close, 50)
        return np.where(fast > slow, 1, np.where(fast < slow, -1, 0))
