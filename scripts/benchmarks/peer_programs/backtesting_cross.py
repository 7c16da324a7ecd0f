"""How fast backtesting.py runs a crossing of two means with a stop, bar by bar.

Reads {"bars": path of an .npy of (n, 4) open, high, low, close, "fast", "slow", "stop_points",
"fee_usd", "slippage_points", "n_repeats"}; prints {"bars_per_second", "n_trades", "version"}, the
best of the repeats, by the seconds of the process alone.

Units are points' worth: a contract of 2 USD a point is a size of 2. Slippage is its spread, a share
of the price.
"""

import json
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

SIZE = 2
SMALLEST_MARGIN = 1e-4


def mean(values, length):
    """Return the mean of the last `length` values, NaN before there are so many."""
    return pd.Series(values).rolling(length).mean().to_numpy()


def strategy_of(question):
    """Return the strategy."""
    away = question["stop_points"]

    class Cross(Strategy):
        def init(self):
            self.fast = self.I(mean, self.data.Close, question["fast"])
            self.slow = self.I(mean, self.data.Close, question["slow"])

        def next(self):
            if self.fast[-1] > self.slow[-1]:
                if not self.position.is_long:
                    self.buy(size=SIZE, sl=self.data.Close[-1] - away)
            elif self.fast[-1] < self.slow[-1] and not self.position.is_short:
                self.sell(size=SIZE, sl=self.data.Close[-1] + away)

    return Cross


def main():
    """Answer."""
    question = json.load(sys.stdin)
    rows = np.load(question["bars"])
    index = pd.date_range("2000-01-03", periods=len(rows), freq="5min")
    frame = pd.DataFrame(rows, index=index, columns=["Open", "High", "Low", "Close"])
    warnings.simplefilter("ignore")
    seconds, n_trades = [], 0
    for _ in range(question["n_repeats"]):
        test = Backtest(
            frame,
            strategy_of(question),
            cash=1e9,
            commission=(question["fee_usd"], 0.0),
            spread=question["slippage_points"] / float(rows[:, 3].mean()),
            margin=SMALLEST_MARGIN,
            exclusive_orders=True,
            finalize_trades=True,
        )
        started = time.process_time()
        n_trades = int(test.run()["# Trades"])
        seconds.append(time.process_time() - started)
    answer = {
        "bars_per_second": len(rows) / min(seconds),
        "n_trades": n_trades,
        "version": version("backtesting"),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
