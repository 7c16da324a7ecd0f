"""How fast vectorbt runs a crossing of two means with a stop, as whole arrays.

Reads the question of backtesting_cross.py and prints what it prints. Timed from prices to trade
records, means and signals included, after one run that compiles.
"""

import json
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")

import vectorbt as vbt

SIZE = 2


def trades_of(frame, question):
    """Return how many trades the rule makes."""
    close = frame["close"]
    fast = close.rolling(question["fast"]).mean()
    slow = close.rolling(question["slow"]).mean()
    portfolio = vbt.Portfolio.from_signals(
        close,
        entries=fast > slow,
        short_entries=fast < slow,
        open=frame["open"],
        high=frame["high"],
        low=frame["low"],
        price=frame["open"].shift(-1).fillna(close),
        size=SIZE,
        sl_stop=question["stop_points"] / close,
        fixed_fees=question["fee_usd"],
        slippage=question["slippage_points"] / close,
        init_cash=1e9,
        upon_opposite_entry="reverse",
        freq="5min",
    )
    return int(portfolio.trades.count())


def main():
    """Answer."""
    question = json.load(sys.stdin)
    rows = np.load(question["bars"])
    index = pd.date_range("2000-01-03", periods=len(rows), freq="5min")
    frame = pd.DataFrame(rows, index=index, columns=["open", "high", "low", "close"])
    trades_of(frame.iloc[:1_000], question)
    seconds, n_trades = [], 0
    for _ in range(question["n_repeats"]):
        started = time.process_time()
        n_trades = trades_of(frame, question)
        seconds.append(time.process_time() - started)
    answer = {
        "bars_per_second": len(rows) / min(seconds),
        "n_trades": n_trades,
        "version": version("vectorbt"),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
