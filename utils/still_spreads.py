"""Matplotlib pictures of how values are spread: a histogram, a scatter, a table of colours.

As `still_pictures.py`, drawn without pyplot; knows nothing of back-tests. What there is nothing to
draw of is a picture that says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utils.spread_figures import bin_counts
from utils.still_pictures import as_text, blank_picture
from utils.visualize import GAIN_COLOUR, GRID_COLOUR, LOSS_COLOUR, TEXT_COLOUR

Floats = NDArray[np.float64]


def histogram_picture(values: Floats, marks: Mapping[str, float], title: str, unit: str) -> Any:
    """Draw how often values (n,) were, with a dashed line per mark; return a matplotlib Figure."""
    figure = blank_picture()
    axes = figure.subplots()
    edges, counts = bin_counts(values)
    colours = np.where(edges[:-1] + edges[1:] < 0, LOSS_COLOUR, GAIN_COLOUR).tolist()
    axes.bar(edges[:-1], counts, width=np.diff(edges) * 0.94, align="edge", color=colours)
    for name, value in marks.items():
        axes.axvline(value, color=TEXT_COLOUR, linestyle="--", linewidth=1.2)
        axes.annotate(f" {name} {value:+.2f}", (value, counts.max()), fontsize=8, rotation=90,
                      va="top")  # fmt: skip
    axes.set_title(as_text(title), fontsize=10)
    axes.set_xlabel(unit)
    axes.grid(color=GRID_COLOUR, axis="y")
    axes.set_axisbelow(True)
    return figure


def excursions_picture(mae: Floats, mfe: Floats, net: Floats, title: str, unit: str) -> Any:
    """Draw net (m,) over its worst and its best excursion; return a matplotlib Figure."""
    figure = blank_picture()
    panels = figure.subplots(1, 2, sharey=True)
    colours = np.where(net > 0, GAIN_COLOUR, LOSS_COLOUR).tolist()
    for axes, values, label in zip(panels, (mae, mfe), ("worst (MAE)", "best (MFE)"), strict=True):
        axes.scatter(values, net, c=colours, s=9, alpha=0.5, linewidths=0)
        axes.set_xlabel(f"{label}, {unit}")
        axes.grid(color=GRID_COLOUR)
    panels[0].set_ylabel(f"net, {unit}")
    figure.suptitle(as_text(title), fontsize=10)
    return figure


def heat_picture(
    values: Floats, rows: Sequence[str], columns: Sequence[str], title: str, style: str
) -> Any:
    """Draw a table of colours, red to green about 0; return a matplotlib Figure.

    Args:
        values: (n_rows, n_columns); NaN stays white.
        rows: Their headings.
        columns: Their headings.
        title: Above it.
        style: Format of a cell's text.
    """
    figure = blank_picture()
    axes = figure.subplots()
    known = np.abs(values[np.isfinite(values)])
    largest = float(known.max()) if known.size and known.max() > 0 else 1.0
    axes.imshow(values, cmap="RdYlGn", vmin=-largest, vmax=largest, aspect="auto", alpha=0.75)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    for row, column in np.argwhere(np.isfinite(values)).tolist():
        text = style.format(values[row, column])
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=TEXT_COLOUR)
    axes.set_title(as_text(title), fontsize=10)
    return figure


def empty_picture(words: str) -> Any:
    """Return a matplotlib Figure that says why there is nothing to see."""
    figure = blank_picture()
    figure.text(0.5, 0.5, words, ha="center", va="center", fontsize=12, color=TEXT_COLOUR)
    return figure
