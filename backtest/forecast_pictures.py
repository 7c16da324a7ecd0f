"""A forecaster's figures as pictures, for slides and messages: PNG files by name.

All are always made, so that an older page's never stay beside a newer one's; where there is not
enough for one, it says so.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.forecast_fan import FAN_BANDS, fan_rows, first_shown
from backtest.forecast_page import WATCHED, WINDOW, ForecastPage, coverage_lines
from backtest.pictures import DOTS_PER_INCH
from models.forecast.calibration import BIN_NAMES
from models.forecast.scoring import CENTRALS
from utils.files import write_bytes_atomically
from utils.still_pictures import as_text, blank_picture
from utils.still_spreads import empty_picture
from utils.visualize import GRID_COLOUR, MAIN_COLOUR, OTHER_COLOURS, TEXT_COLOUR

Floats = NDArray[np.float64]


def write_forecast_pictures(folder: Path, page: ForecastPage) -> None:
    """Write all of FORECAST_PICTURES, each in one step; the same page gives the same bytes.

    Args:
        folder: Where to.
        page: What is drawn.

    Raises:
        ConfigError: If a file cannot be written.
    """
    for name, picture_of in FORECAST_PICTURES.items():
        content = io.BytesIO()
        picture_of(page).savefig(
            content, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None}
        )
        write_bytes_atomically(folder / name, content.getvalue())


def _fan(page: ForecastPage) -> Any:
    first = first_shown(len(page.bars), page.horizon)
    rows = fan_rows(page.quantiles, page.days, page.horizon, first)
    if len(rows) == 0:
        return empty_picture("No forecast within the last bars, so no fan.")
    figure, axes = _axes(page, "price, points", "bars")
    closes = page.bars["close"].to_numpy(np.float64)
    for label, (name, opacity) in FAN_BANDS.items():
        ends = CENTRALS[name]
        for place, row in enumerate(rows.tolist()):
            low, high = closes[row] * np.exp(page.quantiles[row, [ends.low, ends.high]])
            axes.fill(
                [row, row + page.horizon, row + page.horizon],
                [closes[row], high, low],
                color=MAIN_COLOUR,
                alpha=opacity,
                linewidth=0,
                label=label if place == 0 else None,
            )
    shown = np.arange(first, len(closes))
    axes.plot(shown, closes[shown], color=TEXT_COLOUR, linewidth=0.9, label="closes")
    axes.legend(fontsize=8, frameon=False)
    return figure


def _pit(page: ForecastPage) -> Any:
    figure, axes = _axes(page, "share / promised", "between which levels, %")
    pit = page.main.pit
    places = np.arange(len(BIN_NAMES))
    axes.bar(places, pit.density, color=MAIN_COLOUR, alpha=0.6)
    ends = np.array([pit.low, pit.high])
    axes.fill_between(
        places, *ends, step="mid", color=OTHER_COLOURS[0], alpha=0.2, label="95 % band of all bins"
    )
    axes.axhline(1.0, color=TEXT_COLOUR, linewidth=1)
    axes.set_xticks(places, BIN_NAMES)
    axes.legend(fontsize=8, frameon=False)
    return figure


def _reliability(page: ForecastPage) -> Any:
    figure, axes = _axes(page, "observed less promised, points", "level, %")
    shares = page.main.levels
    nominal = 100 * np.array([share.nominal for share in shares])
    found = 100 * np.array([(share.observed, share.low, share.high) for share in shares])
    reach = np.abs(found[:, 1:] - found[:, :1]).T
    axes.errorbar(nominal, found[:, 0] - nominal, yerr=reach, fmt="o", color=MAIN_COLOUR, capsize=3)
    axes.axhline(0.0, color=TEXT_COLOUR, linewidth=1)
    return figure


def _coverage(page: ForecastPage) -> Any:
    lines = {name: line for name, line in coverage_lines(page).items() if len(line[0])}
    if not lines:
        return empty_picture(f"Fewer than {WINDOW} sessions, so no coverage over time.")
    figure, axes = _axes(page, "inside the interval, %", f"last of {WINDOW} sessions")
    for number, (name, (days, shares)) in enumerate(lines.items()):
        colour = OTHER_COLOURS[number - 1] if number else MAIN_COLOUR
        axes.plot(days, 100 * shares, color=colour, linewidth=1.3, label=name)
    axes.tick_params(axis="x", labelrotation=15, labelsize=8)
    for name in WATCHED:
        axes.axhline(100 * CENTRALS[name].share, color=TEXT_COLOUR, linewidth=1, linestyle=":")
    axes.legend(fontsize=8, frameon=False)
    return figure


def _axes(page: ForecastPage, y_title: str, x_title: str) -> tuple[Any, Any]:
    """Return a matplotlib Figure and its axes, titled."""
    figure = blank_picture()
    axes = figure.subplots()
    axes.set_title(as_text(f"{page.name} on {page.symbol}, {page.horizon} bars ahead"), fontsize=10)
    axes.set_ylabel(y_title)
    axes.set_xlabel(x_title)
    axes.grid(color=GRID_COLOUR)
    axes.set_axisbelow(True)
    return figure, axes


FORECAST_PICTURES: dict[str, Callable[[ForecastPage], Any]] = {
    "fan.png": _fan,
    "pit.png": _pit,
    "reliability.png": _reliability,
    "coverage.png": _coverage,
}
"""What is drawn, by the name of its file."""
