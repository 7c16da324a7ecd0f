"""When a result was made: returns by month, and USD by hour of the day and weekday.

Both are tables of coloured cells, which any screen and any reader can show; nothing is drawn.

Months are those of trade dates, and their returns compound the session-daily ones. Hours are
Chicago's, of a bar's open; a bar's PnL is the change of equity from the close before to its own,
so that all cells add up to the net profit.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.metrics import session_equity, session_returns
from backtest.result import BacktestResult

EXCHANGE_ZONE = "America/Chicago"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = tuple(calendar.month_abbr[1:])
GAIN_RGB = (21, 128, 61)
LOSS_RGB = (185, 28, 28)
LEAST_ALPHA, MOST_ALPHA = 0.10, 0.75
"""Strength of a colour next to nothing, and of the largest cell."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell: its text, empty where there is nothing, and the colour behind it."""

    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One row: its heading and a cell per column."""

    heading: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmap:
    """A table of coloured cells.

    Attributes:
        heading: What it shows.
        columns: Headings of the columns, that of the rows' own headings first.
        rows: One cell per column after the first.
        note: A sentence below it.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    note: str


def monthly_returns(result: BacktestResult) -> tuple[NDArray[np.int64], Floats]:
    """Return the years, (n_years,), and returns, (n_years, 12), NaN in months without a session."""
    dates = np.unique(result.trade_dates[1:])
    returns = session_returns(session_equity(result.equity, result.trade_dates))
    months = dates.astype("datetime64[M]").astype(np.int64)
    if len(months) == 0:
        return np.zeros(0, np.int64), np.zeros((0, 12))
    years = np.arange(months[0] // 12, months[-1] // 12 + 1)
    table = np.full(len(years) * 12, np.nan)
    for month in np.unique(months):
        table[month - 12 * years[0]] = np.prod(1.0 + returns[months == month]) - 1.0
    return years + 1970, table.reshape(-1, 12)


def monthly_heatmap(result: BacktestResult) -> Heatmap:
    """Return the returns of each month, and of each year as a whole."""
    years, table = monthly_returns(result)
    compounded = np.nanprod(1.0 + table, axis=1) - 1.0
    cells = _coloured(table, "{:+.1%}")
    rows = tuple(
        HeatRow(str(year), (*cells[i], HeatCell(f"{compounded[i]:+.1%}", "transparent")))
        for i, year in enumerate(years.tolist())
    )
    return Heatmap(
        heading="Returns by month",
        columns=("Year", *MONTHS, "Year"),
        rows=rows,
        note="Session returns compounded over the trade dates of a month; empty: no session.",
    )


def hourly_pnl(result: BacktestResult) -> Floats:
    """Return the change of equity, USD, (24, 7), by Chicago hour and weekday; NaN without a bar."""
    local = result.timestamps[1:].tz_convert(EXCHANGE_ZONE)
    cell = local.hour.to_numpy() * 7 + local.day_of_week.to_numpy()
    total = np.bincount(cell, weights=np.diff(result.equity), minlength=24 * 7)
    n_bars = np.bincount(cell, minlength=24 * 7)
    return np.where(n_bars > 0, total, np.nan).reshape(24, 7)


def hourly_heatmap(result: BacktestResult) -> Heatmap:
    """Return the USD made in each hour of each weekday; hours and days without a bar are left out.

    The last column and the last row are sums.
    """
    table = hourly_pnl(result)
    hours = np.flatnonzero(~np.isnan(table).all(axis=1))
    days = np.flatnonzero(~np.isnan(table).all(axis=0))
    shown = table[np.ix_(hours, days)]
    cells = _coloured(shown, "{:+,.0f}")
    sums = np.nansum(shown, axis=1)
    rows = [HeatRow(f"{hour:02d}:00", (*cells[i], _plain(sums[i]))) for i, hour in enumerate(hours)]
    ends = [_plain(value) for value in (*np.nansum(shown, axis=0), sums.sum())]
    return Heatmap(
        heading="Profit by hour and weekday, USD",
        columns=("Chicago", *(WEEKDAYS[day] for day in days), "All"),
        rows=(*rows, HeatRow("All", tuple(ends))),
        note="Change of equity during the bars that open in that hour, Chicago time, after costs; "
        "all cells add up to the net profit.",
    )


def _plain(value: float) -> HeatCell:
    return HeatCell(f"{value:+,.0f}", "transparent")


def _coloured(table: Floats, style: str) -> list[tuple[HeatCell, ...]]:
    """Return the cells, coloured by sign and by size beside the largest of them."""
    largest = float(np.nanmax(np.abs(table))) if np.isfinite(table).any() else 0.0
    return [tuple(_cell(value, largest, style) for value in row) for row in table.tolist()]


def _cell(value: float, largest: float, style: str) -> HeatCell:
    if np.isnan(value):
        return HeatCell("", "transparent")
    if value == 0 or largest == 0:
        return HeatCell(style.format(0.0).replace("+", ""), "transparent")
    alpha = LEAST_ALPHA + (MOST_ALPHA - LEAST_ALPHA) * abs(value) / largest
    rgb: Sequence[int] = GAIN_RGB if value > 0 else LOSS_RGB
    return HeatCell(style.format(value), f"rgba({rgb[0]},{rgb[1]},{rgb[2]},{alpha:.2f})")
