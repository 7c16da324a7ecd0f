"""A strategy to begin with: long while the short average is above the long one, else short."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.desk_port import Desk
from backtest.strategy import Strategy


class Cross(Strategy):
    """Means of 20 and 50 closes; the account's stop protects each trade."""

    name = "cross"

    def on_start(self, desk: Desk) -> None:
        """Ask for the two averages."""
        self.fast = desk.indicator(_mean_of(20), "close")
        self.slow = desk.indicator(_mean_of(50), "close")

    def on_bar(self, desk: Desk) -> None:
        """Reverse where the averages have crossed; until both are there, nothing is true of NaN."""
        if self.fast.now > self.slow.now and desk.position <= 0:
            desk.target(1)
        elif self.fast.now < self.slow.now and desk.position >= 0:
            desk.target(-1)


def _mean_of(length: int) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    def mean(close: NDArray[np.float64]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = pd.Series(close).rolling(length).mean().to_numpy()
        return means

    return mean
