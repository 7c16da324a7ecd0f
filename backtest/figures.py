"""The report's figures: which lines, bars and trades of a result are drawn, and their caption."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.result import BacktestResult
from data.bars import PRICE_COLUMNS
from utils.visualize import GAIN_COLOUR, LOSS_COLOUR, Segments, candles_figure, equity_figure

MAX_CANDLES = 1_500


def equity_of(results: Sequence[BacktestResult]) -> Any:
    """Return the figure of equity and drawdown of all results, the first one in front."""
    return equity_figure(
        {result.name: (_stamps(result.timestamps), result.equity) for result in results}
    )


def candles_of(
    result: BacktestResult, bars: pd.DataFrame, max_candles: int = MAX_CANDLES
) -> tuple[Any, str]:
    """Return the figure of the last round trips on candles, and its caption.

    Args:
        result: Whose trades are drawn.
        bars: Checked bars that hold all of the result's.
        max_candles: Longest window; it ends with the last exit, or without trades the last bar.
    """
    entries = result.timestamps.get_indexer(pd.DatetimeIndex(result.trades["entry_time"]))
    exits = result.timestamps.get_indexer(pd.DatetimeIndex(result.trades["exit_time"]))
    stop = int(exits[-1]) + 1 if len(exits) else len(result.timestamps)
    start = max(0, stop - max_candles)
    shown = entries >= start
    window = result.timestamps[start:stop]
    prices = bars.loc[window, list(PRICE_COLUMNS)].to_numpy(dtype=np.float64)
    trips = _segments(result.trades[shown], entries[shown] - start, exits[shown] - start)
    caption = (
        f"{len(window):,} of {len(result.timestamps):,} bars, {window[0]:%Y-%m-%d %H:%M} to "
        f"{window[-1]:%Y-%m-%d %H:%M} UTC, with the {int(shown.sum()):,} of {len(shown):,} trades "
        f"that lie wholly inside. Triangles are entries (up: long), crosses exits. "
        f"Closed hours take no room."
    )
    return candles_figure(_stamps(window), prices, trips), caption


def _segments(
    trades: pd.DataFrame, entry_rows: NDArray[np.int64], exit_rows: NDArray[np.int64]
) -> list[Segments]:
    is_gain = trades["net_usd"].to_numpy() > 0
    groups = (("winning trades", GAIN_COLOUR, is_gain), ("losing trades", LOSS_COLOUR, ~is_gain))
    return [
        _group(name, colour, trades[chosen], entry_rows[chosen], exit_rows[chosen])
        for name, colour, chosen in groups
        if chosen.any()
    ]


def _group(
    name: str,
    colour: str,
    trades: pd.DataFrame,
    entry_rows: NDArray[np.int64],
    exit_rows: NDArray[np.int64],
) -> Segments:
    return Segments(
        name=name,
        colour=colour,
        entry_rows=entry_rows,
        exit_rows=exit_rows,
        entry_prices=trades["entry_price"].to_numpy(),
        exit_prices=trades["exit_price"].to_numpy(),
        is_long=trades["direction"].to_numpy() > 0,
        notes=[_note(trade) for trade in trades.to_dict("records")],
    )


def _note(trade: dict[Any, Any]) -> str:
    side = "long" if trade["direction"] > 0 else "short"
    return (
        f"{side} {trade['quantity']}: {trade['net_usd']:+,.2f} USD net, closed by {trade['reason']}"
    )


def _stamps(index: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    """Return UTC stamps in seconds and without a zone, as a chart's axis takes them."""
    return np.asarray(index.tz_convert("UTC").tz_localize(None), dtype="datetime64[s]")
