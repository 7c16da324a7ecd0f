"""Tables that the commands on forecasts print for people."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from data.forecast_names import LEVELS
from models.forecast.family import Floats
from models.forecast.leaderboard_line import LeaderboardLine

PER_MILLION = 1e6

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


def leaderboard_table(lines: Sequence[LeaderboardLine]) -> Table:
    """Return the lines of one horizon as a table."""
    first = lines[0].as_dict()
    table = Table(
        title=f"{first['horizon']} bars ahead: pinball skill in % against three references on "
        f"{first['n_rows']:,} rows of {first['n_days']} days; CRPS and WIS in millionths",
        title_justify="left",
        box=box.SIMPLE,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("family", no_wrap=True)
    for heading, _ in COLUMNS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("gate", no_wrap=True)
    for line in lines:
        figures = line.as_dict()
        cells = [_cell(name, figures[name], style) for name, (_, style) in COLUMNS.items()]
        table.add_row(line.family, *cells, "yes" if line.passes else "-")
    return table


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
