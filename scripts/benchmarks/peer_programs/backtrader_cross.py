"""How fast backtrader runs a crossing of two means with a stop, bar by bar.

Reads the question of backtesting_cross.py and prints what it prints. Means are backtrader's own.
"""

import json
import sys
import time
from importlib.metadata import version

import backtrader as bt
import numpy as np
import pandas as pd

MULTIPLIER = 2.0
MARGIN = 1.0


def strategy_of(question):
    """Return the strategy."""

    class Cross(bt.Strategy):
        def __init__(self):
            self.fast = bt.indicators.SimpleMovingAverage(self.data.close, period=question["fast"])
            self.slow = bt.indicators.SimpleMovingAverage(self.data.close, period=question["slow"])
            self.stop_order, self.n_trades = None, 0

        def notify_trade(self, trade):
            self.n_trades += trade.isclosed

        def next(self):
            wanted = 1 if self.fast[0] > self.slow[0] else -1
            if self.position.size == wanted or self.fast[0] == self.slow[0]:
                return
            if self.stop_order is not None:
                self.cancel(self.stop_order)
            self.order_target_size(target=wanted)
            away = wanted * question["stop_points"]
            place = self.sell if wanted > 0 else self.buy
            price = self.data.close[0] - away
            self.stop_order = place(exectype=bt.Order.Stop, price=price, size=1)

    return Cross


def run(frame, question):
    """Return how many trades the rule makes."""
    engine = bt.Cerebro(stdstats=False)
    engine.adddata(bt.feeds.PandasData(dataname=frame))
    engine.addstrategy(strategy_of(question))
    engine.broker.setcash(1e9)
    engine.broker.setcommission(
        commission=question["fee_usd"],
        margin=MARGIN,
        mult=MULTIPLIER,
        commtype=bt.CommInfoBase.COMM_FIXED,
    )
    engine.broker.set_slippage_fixed(question["slippage_points"])
    return engine.run()[0].n_trades


def main():
    """Answer."""
    question = json.load(sys.stdin)
    rows = np.load(question["bars"])
    index = pd.date_range("2000-01-03", periods=len(rows), freq="5min")
    frame = pd.DataFrame(rows, index=index, columns=["open", "high", "low", "close"])
    frame = frame.assign(volume=1.0, openinterest=0.0)
    seconds, n_trades = [], 0
    for _ in range(question["n_repeats"]):
        started = time.process_time()
        n_trades = run(frame, question)
        seconds.append(time.process_time() - started)
    answer = {
        "bars_per_second": len(rows) / min(seconds),
        "n_trades": n_trades,
        "version": version("backtrader"),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
