"""Matplotlib pictures from plain arrays, for where nothing can be hovered over: TensorBoard.

Drawn without pyplot, so that no state is shared and no display is needed.
"""

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
    figure = _figure()
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    drawdown = equity - np.maximum.accumulate(equity)
    for axes, values, colour in ((upper, equity, MAIN_COLOUR), (lower, drawdown, LOSS_COLOUR)):
        rows = thinned_rows(values, MAX_POINTS)
        axes.plot(rows, values[rows], color=colour, linewidth=1.2)
        axes.grid(color=GRID_COLOUR)
    upper.set_title(title, fontsize=10)
    upper.set_ylabel("equity, USD")
    lower.set_ylabel("drawdown, USD")
    lower.set_xlabel("decisions")
    return figure


def trades_picture(closes: Floats, trips: NDArray[Any], title: str) -> Any:
    """Draw closes (n,), points, with round trips over them; return a matplotlib Figure.

    Args:
        closes: One per bar.
        trips: (m,) records of entry and exit rows among the closes, entry and exit prices in
            points, and net USD: fields `entry_row`, `exit_row`, `entry`, `exit`, `net_usd`.
        title: Above it.
    """
    figure = _figure()
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
    axes.set_title(title, fontsize=10)
    axes.set_ylabel("price, points")
    axes.set_xlabel("bars")
    axes.grid(color=GRID_COLOUR)
    return figure


def _figure() -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, and seldom needed

    return Figure(figsize=SIZE_INCHES, layout="constrained")
