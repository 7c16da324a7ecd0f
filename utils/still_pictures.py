"""Matplotlib pictures of lines from plain arrays, for where nothing can be hovered over.

That is TensorBoard, and files beside a report; other pictures are in `still_spreads.py`.

Drawn without pyplot, so that no state is shared and no display is needed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utils.visualize import (
    GAIN_COLOUR,
    GRID_COLOUR,
    LOSS_COLOUR,
    MAIN_COLOUR,
    OTHER_COLOURS,
    thinned_rows,
)

SIZE_INCHES = (9.0, 4.5)
MAX_POINTS = 2_000
"""Points of a line: about as many as the picture has columns."""

Floats = NDArray[np.float64]


def equity_picture(equity: Floats, title: str) -> Any:
    """Draw equity (n,), USD at each close, above its drawdown; return a matplotlib Figure."""
    figure = blank_picture()
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    drawdown = equity - np.maximum.accumulate(equity)
    for axes, values, colour in ((upper, equity, MAIN_COLOUR), (lower, drawdown, LOSS_COLOUR)):
        rows = thinned_rows(values, MAX_POINTS)
        axes.plot(rows, values[rows], color=colour, linewidth=1.2)
        axes.grid(color=GRID_COLOUR)
    upper.set_title(as_text(title), fontsize=10)
    upper.set_ylabel("equity, USD")
    lower.set_ylabel("drawdown, USD")
    lower.set_xlabel("decisions")
    return figure


def lines_picture(lines: Mapping[str, Floats], title: str, axis: str, n_main: int = 1) -> Any:
    """Draw lines (n,) of one value per bar; return a matplotlib Figure.

    Args:
        lines: By name; the first ones are drawn boldly.
        title: Above them.
        axis: Of the values.
        n_main: How many of the lines the picture is about.
    """
    figure = blank_picture()
    axes = figure.subplots()
    for number, (name, values) in enumerate(lines.items()):
        rows = thinned_rows(values, MAX_POINTS)
        colour = OTHER_COLOURS[(number - 1) % len(OTHER_COLOURS)] if number else MAIN_COLOUR
        width = 1.6 if number < n_main else 0.9
        axes.plot(rows, values[rows], color=colour, linewidth=width, label=as_text(name))
    axes.set_title(as_text(title), fontsize=10)
    axes.set_ylabel(axis)
    axes.set_xlabel("bars")
    axes.grid(color=GRID_COLOUR)
    axes.legend(fontsize=8, frameon=False)
    return figure


def trades_picture(closes: Floats, trips: NDArray[Any], title: str) -> Any:
    """Draw closes (n,), points, with round trips over them; return a matplotlib Figure.

    Args:
        closes: One per bar.
        trips: (m,) records of entry and exit rows among the closes, entry and exit prices in
            points, and net USD: fields `entry_row`, `exit_row`, `entry`, `exit`, `net_usd`.
        title: Above it.
    """
    figure = blank_picture()
    axes = figure.subplots()
    rows = thinned_rows(closes, MAX_POINTS)
    axes.plot(rows, closes[rows], color=OTHER_COLOURS[0], linewidth=0.8)
    for has_won, colour in ((True, GAIN_COLOUR), (False, LOSS_COLOUR)):
        chosen = trips[(trips["net_usd"] > 0) == has_won]
        ends = np.full((len(chosen), 3), np.nan)
        prices = ends.copy()
        ends[:, 0], ends[:, 1] = chosen["entry_row"], chosen["exit_row"]
        prices[:, 0], prices[:, 1] = chosen["entry"], chosen["exit"]
        axes.plot(ends.ravel(), prices.ravel(), color=colour, linewidth=1.4)
    axes.set_title(as_text(title), fontsize=10)
    axes.set_ylabel("price, points")
    axes.set_xlabel("bars")
    axes.grid(color=GRID_COLOUR)
    return figure


def as_text(words: str) -> str:
    """Return words that matplotlib shows as they are: no formula at `$`, no hiding at `_`."""
    plain = words.replace("$", r"\$")
    return f" {plain}" if plain.startswith("_") else plain


def blank_picture() -> Any:
    """Return an empty matplotlib Figure of the usual size."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, and seldom needed

    return Figure(figsize=SIZE_INCHES, layout="constrained")
