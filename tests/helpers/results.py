"""Hand-made back-test results and the bars under them."""

import numpy as np
import pandas as pd

from backtest.result import BacktestResult
from config.settings import EnvSettings


def flat_bars(n_bars=6, price=20_000.0, start="2025-01-02 15:00"):
    """Return bars that stand still at `price`, five minutes apart."""
    index = pd.date_range(start, periods=n_bars, freq="5min", tz="UTC", name="timestamp")
    return pd.DataFrame(
        {"open": price, "high": price + 1, "low": price - 1, "close": price, "volume": 10.0},
        index=index,
    )


def hand_made_result(
    name="model",
    bars=None,
    equity=(10_000, 9_999.5, 10_010, 10_008.52, 10_008.52, 10_008.52),
    **changes,
):
    """Return a result with one long round trip: buy in bar 1, sell in bar 3, +8.52 USD net."""
    bars = flat_bars() if bars is None else bars
    stamps = bars.index
    fills = pd.DataFrame(
        {
            "time": [stamps[1], stamps[3]],
            "quantity": [1, -1],
            "price": [20_000.25, 20_005.13],
            "fee_usd": [0.62, 0.62],
            "slippage_ticks": [1, 1],
            "slippage_usd": [0.5, 0.5],
            "reason": ["signal", "stop"],
            "order_id": [0, 0],
        }
    )
    trades = pd.DataFrame(
        {
            "entry_time": [stamps[1]],
            "exit_time": [stamps[3]],
            "direction": [1],
            "quantity": [1],
            "entry_price": [20_000.25],
            "exit_price": [20_005.13],
            "gross_usd": [9.76],
            "fees_usd": [1.24],
            "net_usd": [8.52],
            "mae_ticks": [-5.0],
            "mfe_ticks": [23.0],
            "mae_usd": [-2.5],
            "mfe_usd": [11.5],
            "holding_bars": [2],
            "r_multiple": [0.0852],
            "reason": ["stop"],
        }
    )
    values = {
        "name": name,
        "timestamps": stamps,
        "trade_dates": np.full(len(stamps), np.datetime64("2025-01-02")),
        "equity": np.array(equity, dtype=np.float64),
        "positions": np.array([0, 1, 1, 0, 0, 0]),
        "fills": fills,
        "trades": trades,
        "settings": EnvSettings(),
        "feature_columns": ("rsi", "macd"),
    }
    return BacktestResult(**{**values, **changes})


def idle_result(name="flat", bars=None):
    """Return the result of never trading."""
    bars = flat_bars() if bars is None else bars
    busy = hand_made_result(bars=bars)
    return hand_made_result(
        name,
        bars,
        equity=np.full(len(bars), 10_000.0),
        positions=np.zeros(len(bars), dtype=np.int64),
        fills=busy.fills.iloc[:0],
        trades=busy.trades.iloc[:0],
    )
