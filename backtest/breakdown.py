"""Where the money was made: a result by part of the day, hour, weekday, month, regime, side, exit.

Which part a bar belongs to is left to `bar_labels.py`. Parts of one breakdown never overlap, and
together they are the whole, to the cent: the net of the bars adds up to the net profit, that of the
trades to the net PnL of all trades.

Warning: the best of many parts is the best of many trials. What stands out here was not asked for
beforehand, and is no evidence.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backtest.bar_labels import LABELS, Ground, Labels
from backtest.metrics import Floats, expectancy_usd, profit_factor, win_rate
from backtest.result import BacktestResult
from backtest.span import rows_of
from backtest.tables import UNDEFINED, Row, Table
from data.calendar import calendar_of
from utils.errors import ConfigError

SIDES = {1: "long", -1: "short"}

NOTES = {
    "volatility": "Calm, usual or wild by the mean realised volatility of the five sessions "
    "before, against the terciles of what was known by then.",
    "month": "By trade date.",
    "weekday": "By trade date: Sunday evening is Monday's.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a result.

    Attributes:
        name: Of the part.
        bar_net_usd: Change of equity over its bars, costs included, USD; NaN where bars cannot be
            told apart so.
        exposure: Share of its bars that closed with an open position, 0..1; NaN likewise.
        n_trades: Round trips that were entered in it.
        trade_net_usd: Their net PnL, USD, wherever they ended.
        win_rate: Of them; NaN without one.
        profit_factor: Of them; infinite without a loss, NaN without either.
        expectancy_usd: Their mean net PnL, USD; NaN without one.
    """

    name: str
    bar_net_usd: float
    exposure: float
    n_trades: int
    trade_net_usd: float
    win_rate: float
    profit_factor: float
    expectancy_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """A result cut up in one way.

    Attributes:
        by: What tells the parts apart, e.g. "weekday".
        parts: Those with a bar or a trade, in their natural order.
    """

    by: str
    parts: tuple[Part, ...]


def breakdowns(result: BacktestResult, bars: pd.DataFrame) -> tuple[Breakdown, ...]:
    """Return a result cut up in every way there is.

    Args:
        result: What is cut up.
        bars: Those it was made on; earlier ones tell more about regimes.

    Raises:
        ConfigError: If these are not its bars, or it traded several instruments.
    """
    if len(result.symbols) > 1:
        raise ConfigError(
            f"a result is cut up over the bars of one instrument, was of "
            f"{', '.join(result.symbols)}; leave the breakdowns out"
        )
    _, stop = rows_of(result, bars.index)
    known = bars.iloc[:stop]
    ground = Ground(
        stamps=result.timestamps,
        trade_dates=result.trade_dates,
        symbol=result.instrument.symbol,
        closes=known["close"].to_numpy(dtype=np.float64),
        close_dates=calendar_of(result.instrument.symbol).trade_dates(
            pd.DatetimeIndex(known.index)
        ),
    )
    by_bar = tuple(_by_bars(name, result, make(ground)) for name, make in LABELS.items())
    trades = result.trades
    sides = trades["direction"].map(SIDES).to_numpy()
    return (
        *by_bar,
        _by_trades("direction", result, sides),
        _by_trades("reason of the exit", result, trades["reason"].to_numpy()),
    )


def breakdown_tables(cut: tuple[Breakdown, ...]) -> tuple[Table, ...]:
    """Return one table per breakdown."""
    return tuple(
        Table(
            heading=f"By {each.by}",
            columns=(
                "Part",
                "Net, USD",
                "Exposure",
                "Trades",
                "Their net, USD",
                "Win rate",
                "Profit factor",
                "Expectancy, USD",
            ),
            rows=tuple(Row(part.name, _cells(part)) for part in each.parts),
            note=NOTES.get(each.by, ""),
        )
        for each in cut
    )


def _by_bars(by: str, result: BacktestResult, labels: Labels) -> Breakdown:
    """Return the parts that bars tell apart; a trade belongs to the bar of its entry."""
    n_parts = len(labels.names)
    codes = labels.codes[1:]  # nothing has happened yet at row 0
    n_bars = np.bincount(codes, minlength=n_parts)
    net_usd = np.bincount(codes, weights=np.diff(result.equity), minlength=n_parts)
    n_held = np.bincount(codes, weights=result.positions[1:] != 0, minlength=n_parts)
    entries = result.timestamps.get_indexer(pd.DatetimeIndex(result.trades["entry_time"]))
    entered, trade_net_usd = labels.codes[entries], _net_usd(result)
    return Breakdown(
        by=by,
        parts=tuple(
            _part(
                name,
                trade_net_usd[entered == place],
                float(net_usd[place]),
                float(n_held[place] / n_bars[place]),
            )
            for place, name in enumerate(labels.names)
            if n_bars[place] > 0
        ),
    )


def _by_trades(by: str, result: BacktestResult, names: np.ndarray) -> Breakdown:
    net_usd = _net_usd(result)
    return Breakdown(
        by=by,
        parts=tuple(_part(name, net_usd[names == name]) for name in sorted(set(names.tolist()))),
    )


def _part(
    name: str, trade_net_usd: Floats, bar_net_usd: float = math.nan, exposure: float = math.nan
) -> Part:
    return Part(
        name=name,
        bar_net_usd=bar_net_usd,
        exposure=exposure,
        n_trades=len(trade_net_usd),
        trade_net_usd=float(trade_net_usd.sum()),
        win_rate=win_rate(trade_net_usd),
        profit_factor=profit_factor(trade_net_usd),
        expectancy_usd=expectancy_usd(trade_net_usd),
    )


def _cells(part: Part) -> tuple[str, ...]:
    return (
        _shown(part.bar_net_usd, "{:+,.2f}"),
        _shown(part.exposure, "{:.0%}"),
        f"{part.n_trades:,}",
        _shown(part.trade_net_usd, "{:+,.2f}"),
        _shown(part.win_rate, "{:.0%}"),
        _shown(part.profit_factor, "{:.2f}"),
        _shown(part.expectancy_usd, "{:+,.2f}"),
    )


def _shown(value: float, style: str) -> str:
    if math.isnan(value):
        return UNDEFINED
    return "∞" if math.isinf(value) else style.format(value)


def _net_usd(result: BacktestResult) -> Floats:
    net_usd: Floats = result.trades["net_usd"].to_numpy(dtype=np.float64)
    return net_usd
