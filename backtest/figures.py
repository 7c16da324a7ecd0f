"""The report's figures: which lines and points of a result are drawn.

Candles are drawn by the page itself, see `candle_payload.py`; months and hours are tables, see
`heatmaps.py`. A figure that a result has not enough for is None.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.metrics import cvar_5, session_equity, session_returns, var_5
from backtest.result import BacktestResult
from backtest.rolling import rolling_sharpe
from utils.spread_figures import chain_figure, excursions_figure, histogram_figure
from utils.visualize import equity_figure, rolling_figure

MOST_SCATTERED = 1_500
"""Trades of a scatter: more would hide each other, and make the page slow."""

Floats = NDArray[np.float64]


def equity_of(results: Sequence[BacktestResult], n_tested: int = 1) -> Any:
    """Return the figure of equity and drawdown of all results, the tested ones in front."""
    lines = {result.name: (_stamps(result.timestamps), result.equity) for result in results}
    return equity_figure(lines, n_tested)


def rolling_sharpe_of(results: Sequence[BacktestResult], window: int, n_tested: int = 1) -> Any:
    """Return the figure of the Sharpe ratio over the last `window` sessions; see `rolling.py`."""
    lines = {
        result.name: (np.unique(result.trade_dates[1:])[window - 1 :], values)
        for result in results
        if len(values := rolling_sharpe(_returns(result), window)) and not np.isnan(values).all()
    }
    return rolling_figure(lines, "Sharpe ratio, annual", n_tested) if lines else None


def distribution_of(result: BacktestResult) -> Any:
    """Return the figure of session returns with VaR and CVaR; None without two that differ."""
    returns = _returns(result)
    if len(returns) < 2 or np.ptp(returns) == 0:
        return None
    marks = {
        "VaR 5 %": 100.0 * var_5(returns),
        "CVaR 5 %": 100.0 * cvar_5(returns),
        "mean": 100.0 * float(returns.mean()),
    }
    return histogram_figure(100.0 * returns, marks, "return of a session, %")


def excursions_of(result: BacktestResult) -> Any:
    """Return the figure of MAE and MFE; None without trades."""
    trades = result.trades
    if trades.empty:
        return None
    shown = trades.iloc[scattered_rows(trades["net_usd"].to_numpy(dtype=np.float64))]
    mae, mfe, net = (shown[f"{name}_usd"].to_numpy(np.float64) for name in ("mae", "mfe", "net"))
    notes = [_note(trade) for trade in shown.to_dict("records")]
    return excursions_figure(mae, mfe, net, notes, "USD")


def scattered_rows(net_usd: Floats, most: int = MOST_SCATTERED) -> NDArray[np.int64]:
    """Return at most `most` rows, ascending, evenly spaced in rank: best and worst stay."""
    if len(net_usd) <= most:
        return np.arange(len(net_usd))
    ranks = np.linspace(0, len(net_usd) - 1, most).round().astype(np.int64)
    return np.sort(np.argsort(net_usd, kind="stable")[ranks])


def costs_of(result: BacktestResult) -> Any:
    """Return the figure of profit before costs, what costs took, and what was left."""
    if result.trades.empty:
        return None
    found = result.metrics
    slippage, fees = float(found["total_slippage_usd"]), float(found["total_fees_usd"])
    before = float(found["net_profit_usd"]) + slippage + fees
    steps = (("before costs", before), ("slippage", -slippage), ("commission", -fees))
    return chain_figure(steps, "net", "USD")


def _note(trade: dict[Any, Any]) -> str:
    side = "long" if trade["direction"] > 0 else "short"
    return (
        f"{trade['entry_time']:%Y-%m-%d %H:%M} UTC, {side} {trade['quantity']}: "
        f"{trade['net_usd']:+,.2f} USD net, worst {trade['mae_usd']:+,.2f}, "
        f"best {trade['mfe_usd']:+,.2f}, closed by {trade['reason']}"
    )


def _returns(result: BacktestResult) -> Floats:
    return session_returns(session_equity(result.equity, result.trade_dates))


def _stamps(index: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    """Return UTC stamps in seconds and without a zone, as a chart's axis takes them."""
    return np.asarray(index.tz_convert("UTC").tz_localize(None), dtype="datetime64[s]")
