"""The kernel's fills and trades as tables for people: ticks become prices, rows become times."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.order_types import Fill
from env.kernel.names import Reason
from env.kernel.types import Records
from env.market import Market

_REASON_LABELS = np.array([reason.label for reason in Reason], dtype=object)


def fills_frame(fills: Records, market: Market) -> pd.DataFrame:
    """Return one row per fill; columns as in `BacktestResult.fills`.

    Args:
        fills: FILL records, oldest first.
        market: Gives times and prices to rows and ticks.
    """
    quantity = fills["quantity"].astype(np.int64)
    slippage_ticks = fills["slippage_ticks"].astype(np.int64)
    tick_value_usd = market.instrument.tick_value_usd
    return pd.DataFrame(
        {
            "time": market.timestamps[fills["bar"]],
            "quantity": quantity,
            "price": market.instrument.to_prices(fills["price_ticks"]),
            "fee_usd": fills["fee_usd"],
            "slippage_ticks": slippage_ticks,
            "slippage_usd": np.abs(quantity) * slippage_ticks * tick_value_usd,
            "reason": _labels(fills["reason"]),
            "order_id": fills["order_id"].astype(np.int64),
        }
    )


def fills_of(records: Records, market: Market) -> list[Fill]:
    """Return FILL records as a strategy is told of them."""
    prices = market.instrument.to_prices(records["price_ticks"]).tolist()
    symbol = market.instrument.symbol
    return [
        Fill(
            time=market.timestamps[bar],
            symbol=symbol,
            quantity=quantity,
            price=price,
            fee_usd=fee_usd,
            slippage_ticks=slippage_ticks,
            reason=str(_REASON_LABELS[reason]),
            order_id=order_id,
        )
        for (bar, quantity, _, slippage_ticks, fee_usd, reason, order_id), price in zip(
            records.tolist(), prices, strict=True
        )
    ]


def trades_frame(
    trades: Records, market: Market, stop_ticks: float | NDArray[np.float64] = np.nan
) -> pd.DataFrame:
    """Return one row per round trip, by exit; columns as in `BacktestResult.trades`.

    Args:
        trades: TRADE records, oldest first.
        market: Gives times and prices to rows and ticks.
        stop_ticks: How far the stop was from the entry, of all trades or of each; NaN for none.
    """
    to_prices = market.instrument.to_prices
    size = np.abs(trades["quantity"]).astype(np.int64)
    usd_per_tick = size * market.instrument.tick_value_usd
    return pd.DataFrame(
        {
            "entry_time": market.timestamps[trades["entry_bar"]],
            "exit_time": market.timestamps[trades["exit_bar"]],
            "direction": np.sign(trades["quantity"]).astype(np.int64),
            "quantity": size,
            "entry_price": to_prices(trades["entry_ticks"]),
            "exit_price": to_prices(trades["exit_ticks"]),
            "gross_usd": trades["gross_usd"],
            "fees_usd": trades["fees_usd"],
            "net_usd": trades["net_usd"],
            "mae_ticks": trades["mae_ticks"],
            "mfe_ticks": trades["mfe_ticks"],
            "mae_usd": trades["mae_ticks"] * usd_per_tick,
            "mfe_usd": trades["mfe_ticks"] * usd_per_tick,
            "holding_bars": trades["exit_bar"] - trades["entry_bar"],
            "r_multiple": trades["net_usd"] / (usd_per_tick * stop_ticks),
            "reason": _labels(trades["reason"]),
        }
    )


def _labels(reasons: NDArray[np.int8]) -> pd.Series:
    return pd.Series(_REASON_LABELS[reasons], dtype="object")
