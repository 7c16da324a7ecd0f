"""The kernel's fills and trades as tables for people: ticks become prices, rows become times."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from env.kernel.names import Reason
from env.kernel.types import Records
from env.market import Market


def fills_frame(fills: Records, market: Market) -> pd.DataFrame:
    """Return one row per fill: time (open of its bar), quantity (signed), price, fee_usd, reason.

    Args:
        fills: FILL records, oldest first.
        market: Gives times and prices to rows and ticks.
    """
    return pd.DataFrame(
        {
            "time": market.timestamps[fills["bar"]],
            "quantity": fills["quantity"].astype(np.int64),
            "price": market.instrument.to_prices(fills["price_ticks"]),
            "fee_usd": fills["fee_usd"],
            "reason": _labels(fills["reason"]),
        }
    )


def trades_frame(trades: Records, market: Market) -> pd.DataFrame:
    """Return one row per round trip, by exit; columns as in `BacktestResult.trades`.

    Args:
        trades: TRADE records, oldest first.
        market: Gives times and prices to rows and ticks.
    """
    to_prices = market.instrument.to_prices
    return pd.DataFrame(
        {
            "entry_time": market.timestamps[trades["entry_bar"]],
            "exit_time": market.timestamps[trades["exit_bar"]],
            "direction": np.sign(trades["quantity"]).astype(np.int64),
            "quantity": np.abs(trades["quantity"]).astype(np.int64),
            "entry_price": to_prices(trades["entry_ticks"]),
            "exit_price": to_prices(trades["exit_ticks"]),
            "gross_usd": trades["gross_usd"],
            "fees_usd": trades["fees_usd"],
            "net_usd": trades["net_usd"],
            "reason": _labels(trades["reason"]),
        }
    )


def _labels(reasons: NDArray[np.int8]) -> pd.Series:
    return pd.Series([Reason(code).label for code in reasons.tolist()], dtype="object")
