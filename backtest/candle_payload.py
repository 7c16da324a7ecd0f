"""All bars and trades of a result in a form that is small in a page, and quick to read there.

How they are drawn is left to `templates/candles.js`. Prices become ticks, and each number its
difference from one that is near; differences are written byte plane by byte plane and deflated.
"""

import base64
import json
import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.result import BacktestResult
from data.bars import PRICE_COLUMNS

MARGIN_BARS = 20
"""Bars that the first view shows after the last exit."""

COMPRESSION = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CandlePayload:
    """What the page's script is given.

    Attributes:
        facts: JSON text: number of bars, first stamp, tick size, decimals of a price, first view.
        bars: Base64 of deflated differences; see `packed_bars`.
        trades: Base64 of deflated JSON: columns of the round trips, rows counted from the first
            bar.
    """

    facts: str
    bars: str
    trades: str


def candle_payload(result: BacktestResult, bars: pd.DataFrame) -> CandlePayload:
    """Return the bars and trades of a result, packed.

    Args:
        result: Whose trades are drawn; of several instruments, those of the first.
        bars: Checked bars that hold all of the result's; of several instruments, the first's.
    """
    instrument, trades = result.instrument, drawn_trades(result)
    stamps = result.timestamps
    if result.positions_by_symbol:
        stamps = stamps[stamps.isin(bars.index)]
    prices = bars.loc[stamps, list(PRICE_COLUMNS)].to_numpy(dtype=np.float64)
    seconds = stamps.as_unit("s").asi8
    exits = stamps.get_indexer(pd.DatetimeIndex(trades["exit_time"]))
    last = int(exits.max()) if len(exits) else len(seconds) - 1
    facts = {
        "bars": len(seconds),
        "first": int(seconds[0]),
        "tick": instrument.tick_size,
        "decimals": _decimals(instrument.tick_size),
        "view_end": min(len(seconds), last + MARGIN_BARS),
    }
    ticks = np.rint(prices / instrument.tick_size).astype(np.int64)
    return CandlePayload(
        facts=json.dumps(facts),
        bars=_deflated(packed_bars(seconds, ticks)),
        trades=_deflated(json.dumps(_trade_columns(trades, stamps)).encode("ascii")),
    )


def drawn_trades(result: BacktestResult) -> pd.DataFrame:
    """Return the trades on the candles: of several instruments, those of the first."""
    if not result.positions_by_symbol:
        return result.trades
    return result.trades[result.trades["symbol"] == result.instrument.symbol]


def packed_bars(seconds: NDArray[np.int64], ticks: NDArray[np.int64]) -> bytes:
    """Return five columns of n differences as byte planes, the lowest bytes first.

    The columns are: step of the stamp; open less the close before (of the first: the open); close
    less open; high less the higher of the two; the lower of the two less low. Each is an int32,
    zigzag-coded, so that small negative numbers have small codes.

    Args:
        seconds: (n,) stamps.
        ticks: (n, 4) open, high, low, close.
    """
    opens, highs, lows, closes = ticks.T
    columns = (
        np.diff(seconds, prepend=seconds[:1]),
        opens - np.concatenate([[0], closes[:-1]]),
        closes - opens,
        highs - np.maximum(opens, closes),
        np.minimum(opens, closes) - lows,
    )
    zigzag = [((column << 1) ^ (column >> 63)).astype("<u4") for column in columns]
    return b"".join(column.view(np.uint8).reshape(-1, 4).T.tobytes() for column in zigzag)


def _trade_columns(
    trades: pd.DataFrame, stamps: pd.DatetimeIndex
) -> dict[str, list[float] | list[str]]:
    """Return what is drawn of each round trip, column by column."""
    labels, reasons = np.unique(trades["reason"].to_numpy(dtype=str), return_inverse=True)
    rows = {
        name: stamps.get_indexer(pd.DatetimeIndex(trades[f"{name}_time"])).tolist()
        for name in ("entry", "exit")
    }
    return {
        **rows,
        "paid": trades["entry_price"].round(6).tolist(),
        "got": trades["exit_price"].round(6).tolist(),
        "size": (trades["direction"] * trades["quantity"]).tolist(),
        "net": trades["net_usd"].round(2).tolist(),
        "reason": reasons.tolist(),
        "labels": labels.tolist(),
    }


def _decimals(tick_size: float) -> int:
    """Return the decimals that a price on the grid needs."""
    return len(f"{tick_size:.8f}".rstrip("0").partition(".")[2])


def _deflated(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, COMPRESSION)).decode("ascii")
