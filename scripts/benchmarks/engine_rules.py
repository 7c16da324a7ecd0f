"""The rule that engines are measured by: two means that cross, long or short, with a stop."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.desk_port import Desk
from backtest.strategy import Strategy
from config.settings import EnvSettings
from env.market import Market
from env.observation import Observation

FAST, SLOW = 20, 50
SETTINGS = EnvSettings(
    initial_balance=1e9,
    lookback_window=1,
    stop_loss_ticks=200.0,
    margin="none",
    action_mode="contracts",
)
"""One contract of MNQ; its fees, and a tick of slippage, as they are by default."""

Floats = NDArray[np.float64]


def rolling_mean(values: Floats, length: int) -> Floats:
    """Return the mean of the last `length` values, NaN before there are so many."""
    means = np.full(len(values), np.nan)
    if len(values) >= length:
        sums = np.cumsum(np.concatenate([[0.0], values]))
        means[length - 1 :] = (sums[length:] - sums[:-length]) / length
    return means


class CrossStrategy(Strategy):
    """The rule as a user writes it, asked at every close."""

    name = "cross"

    def on_start(self, desk: Desk) -> None:
        """Ask for the means."""
        self.fast = desk.indicator(lambda close: rolling_mean(close, FAST), "close")
        self.slow = desk.indicator(lambda close: rolling_mean(close, SLOW), "close")

    def on_bar(self, desk: Desk) -> None:
        """Be on the side of the fast mean."""
        fast, slow = self.fast.now, self.slow.now
        if fast > slow:
            if desk.position <= 0:
                desk.target(1)
        elif fast < slow:
            if desk.position >= 0:
                desk.target(-1)
        elif desk.position != 0:
            desk.target(0)


class CrossTargets:
    """The rule as whole arrays, for the compiled path."""

    name = "cross"

    def targets(self, bars: pd.DataFrame) -> NDArray[np.int64]:
        """Return the side of the fast mean at each close."""
        close = bars["close"].to_numpy()
        fast, slow = rolling_mean(close, FAST), rolling_mean(close, SLOW)
        return (fast > slow).astype(np.int64) - (fast < slow)


class CrossPolicy:
    """The rule as a policy in the environment's own simulation: the plain way."""

    name = "cross"

    def __init__(self, bars: pd.DataFrame):
        """Know the side at every close; at each, only its own is used."""
        self._sides = CrossTargets().targets(bars).tolist()

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Nothing to prepare."""

    def decide(self, bar: int, observation: Observation) -> int:
        """Return the wanted position as a numbered action of one contract."""
        return int(self._sides[bar]) + 1
