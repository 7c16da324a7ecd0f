"""The worst that happened to the market inside a result's own span, and what the result made of it.

Made-up markets are left to `stress.py`. Windows are rows of whole sessions; they are found in the
instrument's closes alone, never in the result. Warning: they are found afterwards; nobody knew.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.metrics import max_drawdown_usd
from backtest.result import BacktestResult
from backtest.span import rows_of
from utils.errors import DataError

WINDOWS: dict[str, int] = {"week": 5, "month": 21}
"""Sessions in each."""

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """The instrument and the result, session by session; (k,) each, oldest first.

    Attributes:
        dates: Trade dates.
        ends: Row of the result at which each session's last bar lies.
        closes: Last close of each session, points; (k + 1,) with the one before the first.
        squared: Sum of the squared log returns of its bars, close to close.
    """

    dates: NDArray[np.datetime64]
    ends: Rows
    closes: Floats
    squared: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalWindow:
    """One hard time.

    Attributes:
        name: What was hard, e.g. "deepest fall in a week".
        first: Trade date of its first session.
        last: Of its last, included.
        market_return: Of the instrument, close to close, a fraction.
        net_usd: What the result made in it, open positions marked to the market, USD.
        max_drawdown_usd: The result's deepest fall inside it, at closes of bars, USD <= 0.
        n_trades: Round trips that ended in it.
    """

    name: str
    first: str
    last: str
    market_return: float
    net_usd: float
    max_drawdown_usd: float
    n_trades: int


def _fall(sessions: Sessions, length: int) -> Floats:
    return -_market_returns(sessions, length)


def _rise(sessions: Sessions, length: int) -> Floats:
    return _market_returns(sessions, length)


def _wildness(sessions: Sessions, length: int) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(sessions.squared)])
    wildness: Floats = sums[length:] - sums[:-length]
    return wildness


HARDSHIPS: dict[str, Callable[[Sessions, int], Floats]] = {
    "deepest fall": _fall,
    "steepest rise": _rise,
    "wildest prices": _wildness,
}
"""How hard each window was, by the session that it begins with; the largest is shown."""


def historical_windows(result: BacktestResult, bars: pd.DataFrame) -> tuple[HistoricalWindow, ...]:
    """Return the hardest weeks and months of a result's span.

    Args:
        result: What is looked at.
        bars: Those it was made on.

    Raises:
        ConfigError: If these are not its bars.
        DataError: If there are fewer sessions than in a week.
    """
    sessions = _sessions(result, bars)
    n_sessions = len(sessions.dates)
    if n_sessions < min(WINDOWS.values()):
        raise DataError(
            f"hard times are looked for in {min(WINDOWS.values())} sessions or more, were "
            f"{n_sessions}; give a longer span"
        )
    return tuple(
        _window(f"{name} in a {noun}", sessions, int(of(sessions, length).argmax()), length, result)
        for noun, length in WINDOWS.items()
        if length <= n_sessions
        for name, of in HARDSHIPS.items()
    )


def _sessions(result: BacktestResult, bars: pd.DataFrame) -> Sessions:
    start, stop = rows_of(result, bars.index)
    closes = bars["close"].to_numpy(dtype=np.float64)[start:stop]
    dates, session = np.unique(result.trade_dates[1:], return_inverse=True)
    ends = np.searchsorted(result.trade_dates, dates, side="right") - 1
    squared: Floats = np.bincount(session, np.diff(np.log(closes)) ** 2).astype(np.float64)
    return Sessions(
        dates=dates,
        ends=ends,
        closes=np.concatenate([closes[:1], closes[ends]]),
        squared=squared,
    )


def _market_returns(sessions: Sessions, length: int) -> Floats:
    returns: Floats = sessions.closes[length:] / sessions.closes[:-length] - 1.0
    return returns


def _window(
    name: str, sessions: Sessions, first: int, length: int, result: BacktestResult
) -> HistoricalWindow:
    last = first + length - 1
    begin = 0 if first == 0 else int(sessions.ends[first - 1])
    end = int(sessions.ends[last])
    equity, stamps = result.equity[begin : end + 1], result.timestamps
    exits = pd.DatetimeIndex(result.trades["exit_time"])
    return HistoricalWindow(
        name=name,
        first=str(sessions.dates[first]),
        last=str(sessions.dates[last]),
        market_return=float(_market_returns(sessions, length)[first]),
        net_usd=float(equity[-1] - equity[0]),
        max_drawdown_usd=max_drawdown_usd(equity),
        n_trades=int(((exits > stamps[begin]) & (exits <= stamps[end])).sum()),
    )
