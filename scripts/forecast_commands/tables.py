"""Tables that the commands on forecasts print for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from data.forecast_names import LEVELS
from models.forecast.family import Floats
from models.forecast.leaderboard_line import LeaderboardLine

PER_MILLION = 1e6

BETWEEN = 2
"""Characters between two columns."""

WIDEST = 1_000
"""Characters that no table reaches: what is narrower is never cut."""

COLUMNS: dict[str, tuple[str, str]] = {
    "skill_unconditional_pct": ("uncond", "{:+.2f}"),
    "skill_ewma_pct": ("ewma", "{:+.2f}"),
    "t_ewma": ("t", "{:+.1f}"),
    "skill_harx_pct": ("harx", "{:+.2f}"),
    "t_harx": ("t", "{:+.1f}"),
    "crps": ("CRPS", "{:.4g}"),
    "wis": ("WIS", "{:.4g}"),
    "coverage_90": ("90%", "{:.1%}"),
    "coverage_90_served": ("served", "{:.1%}"),
    "kupiec_p": ("Kup", "{:.2f}"),
    "christoffersen_p": ("Chr", "{:.2f}"),
    "dynamic_quantile_p": ("DQ", "{:.2f}"),
    "fit_seconds": ("fit s", "{:.2f}"),
    "row_microseconds": ("us/row", "{:.1f}"),
}
"""Figure of a line: heading and format of its column."""

SCALED: dict[str, Callable[[float], float]] = {
    "crps": lambda value: value * PER_MILLION,
    "wis": lambda value: value * PER_MILLION,
}
"""Figures that are printed in millionths."""


DROPPED = (
    "row_microseconds",
    "fit_seconds",
    "wis",
    "dynamic_quantile_p",
    "christoffersen_p",
    "kupiec_p",
    "crps",
    "coverage_90",
    "skill_unconditional_pct",
    "t_harx",
    "skill_harx_pct",
    "coverage_90_served",
)
"""Figures that a narrow terminal goes without, the first one first; --json has them all."""


def leaderboard_table(lines: Sequence[LeaderboardLine], width: int | None = None) -> Table:
    """Return the lines of one horizon as a table in which no cell is cut.

    Args:
        lines: Of all families.
        width: Characters of the terminal; columns are left out until the table fits, and its
            caption says which. None: as wide as it is.
    """
    names, left_out = list(COLUMNS), []
    rows = [_cells(line, names) for line in lines]
    for name in DROPPED:
        if width is None or _width(names, rows) <= width:
            break
        names.remove(name)
        left_out.append(COLUMNS[name][0])
        rows = [_cells(line, names) for line in lines]
    table = _empty_table(lines[0].as_dict(), names)
    for row in rows:
        table.add_row(*row)
    if left_out:
        table.caption = f"too narrow for {', '.join(left_out)}: see --json"
        table.caption_justify = "left"
    return table


def print_whole(table: Table) -> None:
    """Print a table at its own width, whatever it is printed to."""
    Console(highlight=False, markup=False, width=WIDEST).print(table)


def _empty_table(first: Mapping[str, Any], names: Sequence[str]) -> Table:
    """Return the table's headings."""
    table = Table(
        title=f"{first['horizon']} bars ahead: pinball skill in % against three references on "
        f"{first['n_rows']:,} rows of {first['n_days']} days; CRPS and WIS in millionths",
        title_justify="left",
        box=box.SIMPLE,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    headings = _headings(names)
    for heading in headings:
        is_figure = heading not in {headings[0], headings[-1]}
        table.add_column(heading, justify="right" if is_figure else "left", no_wrap=True)
    return table


def _headings(names: Sequence[str]) -> list[str]:
    return ["family", *(COLUMNS[name][0] for name in names), "gate"]


def _cells(line: LeaderboardLine, names: Sequence[str]) -> list[str]:
    figures = line.as_dict()
    cells = [_cell(name, figures[name], COLUMNS[name][1]) for name in names]
    return [line.family, *cells, "yes" if line.passes else "-"]


def _width(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return the characters of a table's line: each column and what keeps it from the next."""
    columns = zip(_headings(names), *rows, strict=True)
    return sum(max(map(len, column)) + BETWEEN for column in columns)


def _cell(name: str, value: Any, style: str) -> str:
    """Return a formatted value; an undefined one is a dash."""
    if value is None or not np.isfinite(value):
        return "-"
    return style.format(SCALED[name](value) if name in SCALED else value)


def fan_table(horizons: Sequence[int], prices: Floats, is_fallback: Sequence[bool]) -> Table:
    """Return price levels of one row as a table.

    Args:
        horizons: Bars ahead.
        prices: (n_horizons, N_LEVELS).
        is_fallback: Per horizon, whether the fallback's forecast stands.
    """
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("bars ahead", justify="right", no_wrap=True)
    for level in LEVELS:
        table.add_column(f"{level:.0%}", justify="right", no_wrap=True)
    table.add_column("of")
    for horizon, row, stands_in in zip(horizons, prices, is_fallback, strict=True):
        cells = [f"{price:,.2f}" for price in row]
        table.add_row(str(horizon), *cells, "fallback" if stands_in else "family")
    return table
