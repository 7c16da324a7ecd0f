"""The result of several instruments in one account: their fills and trades in one table each."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.course import Course, carried_on, stop_ticks
from backtest.frames import fills_frame, trades_frame
from backtest.purse import Purse
from backtest.remarks import remarks_after_ruin
from backtest.result import BacktestResult
from env.kernel.names import Denial, Status
from env.kernel.types import Records

SYMBOL = "symbol"


def together_result(
    name: str,
    purse: Purse,
    papers: Sequence[Records],
    stamps: pd.DatetimeIndex,
    equity: NDArray[np.float64],
    positions: NDArray[np.int64],
) -> BacktestResult:
    """Return the result of a run.

    Args:
        name: Of the strategy.
        purse: As it stands.
        papers: FILL and TRADE records, (k, room) each.
        stamps: (n,) of the closes so far.
        equity: (n,) USD.
        positions: (n, k) signed contracts.
    """
    fills, trades = [], []
    symbols = [market.instrument.symbol for market in purse.markets]
    for which, symbol in enumerate(symbols):
        course = _course(purse, papers, which)
        market, settings = purse.markets[which], purse.settings[which]
        stops = stop_ticks(course, settings, purse.log.stop_distances(which))
        fills.append(_of(symbol, fills_frame(course.fills, market)))
        trades.append(_of(symbol, trades_frame(course.trades, market, stops)))
    log, accounts = purse.log, purse.accounts
    return BacktestResult(
        name=name,
        timestamps=stamps,
        trade_dates=purse.markets[0].calendar.trade_dates(stamps),
        equity=carried_on(equity, 0),
        positions=carried_on(np.abs(positions).sum(axis=1), 0),
        fills=_in_time(fills, "time"),
        trades=_in_time(trades, "exit_time"),
        settings=purse.settings[0],
        feature_columns=(),
        was_liquidated=bool((accounts["status"] == Status.RUINED).any()),
        denials=dict(log.denials),
        orders=log.frame(stamps, symbols),
        n_ambiguous=int(accounts["n_ambiguous"].sum()),
        remarks=remarks_after_ruin(log.denials[Denial.ACCOUNT_CLOSED.label]),
        positions_by_symbol={
            symbol: carried_on(positions[:, which], 0) for which, symbol in enumerate(symbols)
        },
    )


def _course(purse: Purse, papers: Sequence[Records], which: int) -> Course:
    """Return the fills and trades of one instrument; money is one for all, and left out."""
    account = purse.accounts[which]
    fills, trades = papers
    return Course(
        equity=np.empty(0),
        positions=np.empty(0, np.int64),
        fills=fills[which][: account["n_fills"]],
        trades=trades[which][: account["n_trades"]],
        denials={},
        n_ambiguous=0,
        is_ruined=False,
    )


def _of(symbol: str, frame: pd.DataFrame) -> pd.DataFrame:
    frame.insert(0, SYMBOL, symbol)
    return frame


def _in_time(frames: list[pd.DataFrame], column: str) -> pd.DataFrame:
    """Return all rows by time; those of one bar in the order of the instruments."""
    whole = pd.concat(frames, ignore_index=True)
    return whole.sort_values(column, kind="stable", ignore_index=True)
