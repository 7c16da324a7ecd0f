"""A report's figures as pictures, for slides and messages: PNG files by name.

All are always made, so that an older report's never stay beside a newer one's; where a result has
not enough for one, it says so.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backtest.figures import scattered_rows
from backtest.heatmaps import MONTHS, monthly_returns
from backtest.metrics import cvar_5, drawdowns, session_equity, session_returns, var_5
from backtest.result import BacktestResult
from utils.still_pictures import lines_picture
from utils.still_spreads import (
    empty_picture,
    excursions_picture,
    heat_picture,
    histogram_picture,
)

DOTS_PER_INCH = 110
Results = Sequence[BacktestResult]


def picture_bytes(name: str, results: Results, n_tested: int = 1) -> bytes:
    """Return one picture as PNG; the same results give the same bytes.

    Args:
        name: Key of PICTURES.
        results: The tested ones, then their baselines.
        n_tested: How many are tested.
    """
    content = io.BytesIO()
    picture = PICTURES[name](results, n_tested)
    with warnings.catch_warnings():
        # a name in letters that the font lacks is drawn as boxes, and is right everywhere else
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        picture.savefig(content, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return content.getvalue()


def _equity(results: Results, n_tested: int) -> Any:
    lines = {result.name: result.equity for result in results}
    return lines_picture(lines, _title(results[0]), "equity, USD", n_tested)


def _drawdown(results: Results, n_tested: int) -> Any:
    lines = {result.name: 100.0 * drawdowns(result.equity) for result in results}
    return lines_picture(lines, _title(results[0]), "drawdown, %", n_tested)


def _months(results: Results, n_tested: int) -> Any:
    years, table = monthly_returns(results[0])
    if not len(years):
        return empty_picture("No session, so no months.")
    title = f"{_title(results[0])}: return by month, %"
    return heat_picture(100.0 * table, [str(year) for year in years], MONTHS, title, "{:+.1f}")


def _excursions(results: Results, n_tested: int) -> Any:
    trades = results[0].trades
    if trades.empty:
        return empty_picture("No trade, so no excursions.")
    shown = trades.iloc[scattered_rows(trades["net_usd"].to_numpy(dtype=np.float64))]
    mae, mfe, net = (shown[f"{name}_usd"].to_numpy(np.float64) for name in ("mae", "mfe", "net"))
    return excursions_picture(mae, mfe, net, f"{_title(results[0])}: trades", "USD")


def _distribution(results: Results, n_tested: int) -> Any:
    main = results[0]
    returns = session_returns(session_equity(main.equity, main.trade_dates))
    if len(returns) < 2 or np.ptp(returns) == 0:
        return empty_picture("Too few sessions that differ for a distribution.")
    marks = {"VaR 5 %": 100.0 * var_5(returns), "CVaR 5 %": 100.0 * cvar_5(returns)}
    title = f"{_title(main)}: sessions"
    return histogram_picture(100.0 * returns, marks, title, "return of a session, %")


def _title(result: BacktestResult) -> str:
    first, last = result.span
    return f"{result.name} on {' and '.join(result.symbols)}, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


PICTURES: dict[str, Callable[[Results, int], Any]] = {
    "equity.png": _equity,
    "drawdown.png": _drawdown,
    "months.png": _months,
    "excursions.png": _excursions,
    "distribution.png": _distribution,
}
"""What is drawn, by the name of its file."""
