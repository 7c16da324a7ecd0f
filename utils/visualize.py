"""Plotly figures from plain arrays: equity with drawdown, and trades on candles.

Knows nothing of back-tests; who draws what is left to the callers. Figures suit a light page and
resize with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

MAX_POINTS = 5_000
"""Points per line: more than a screen has columns, few enough for a light file."""

MAIN_COLOUR = "#0b57d0"
OTHER_COLOURS = ("#6b7280", "#b45309", "#7c3aed", "#0f766e", "#be185d", "#4d7c0f")
GAIN_COLOUR = "#15803d"
LOSS_COLOUR = "#b91c1c"
GRID_COLOUR = "#e5e7eb"
TEXT_COLOUR = "#1f2937"

Floats = NDArray[np.float64]
Stamps = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Round trips to draw over candles, all of one colour.

    Attributes:
        name: Legend entry.
        colour: CSS colour.
        entry_rows: (m,) row of the candle of each entry.
        exit_rows: (m,) row of the candle of each exit.
        entry_prices: (m,) points.
        exit_prices: (m,) points.
        is_long: (m,) whether the trip was long.
        notes: (m,) hover text.
    """

    name: str
    colour: str
    entry_rows: NDArray[np.int64]
    exit_rows: NDArray[np.int64]
    entry_prices: Floats
    exit_prices: Floats
    is_long: NDArray[np.bool_]
    notes: Sequence[str]


def thinned_rows(values: Floats, max_points: int = MAX_POINTS) -> NDArray[np.int64]:
    """Return at most `max_points` rows (ascending) that keep every visible peak and trough.

    Both ends stay, and of each stretch in between its lowest and highest value.

    Args:
        values: (n,) the line to draw; no NaN.
        max_points: At least 4.
    """
    if len(values) <= max_points:
        return np.arange(len(values))
    stretches = np.array_split(np.arange(len(values)), max_points // 2 - 1)
    extremes = [rows[[values[rows].argmin(), values[rows].argmax()]] for rows in stretches]
    return np.unique(np.concatenate([*extremes, [0, len(values) - 1]]))


def equity_figure(lines: Mapping[str, tuple[Stamps, Floats]]) -> Any:
    """Draw equity curves above their drawdowns; the first line is the one that the page is about.

    Args:
        lines: Name to (n,) UTC stamps and (n,) equity in USD; row 0 is the initial capital.

    Returns:
        A plotly Figure with at most MAX_POINTS points per line.
    """
    figure = make_subplots(
        rows=2, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.05
    )
    for number, (name, (stamps, equity)) in enumerate(lines.items()):
        drawdown = 100.0 * (equity / np.maximum.accumulate(equity) - 1.0)
        style = _line_style(number)
        for row, values in ((1, equity), (2, drawdown)):
            kept = thinned_rows(values)
            figure.add_trace(
                go.Scatter(
                    x=stamps[kept],
                    y=np.round(values[kept], 4),
                    name=name,
                    legendgroup=name,
                    showlegend=row == 1,
                    mode="lines",
                    line=style,
                ),
                row=row,
                col=1,
            )
    figure.update_yaxes(title_text="equity, USD", tickformat="~s", row=1, col=1)
    figure.update_yaxes(title_text="drawdown, %", row=2, col=1)
    figure.update_layout(hovermode="x", height=560)
    return _styled(figure)


def candles_figure(stamps: Stamps, prices: Floats, trips: Sequence[Segments]) -> Any:
    """Draw candles side by side (closed hours take no room) with round trips over them.

    Args:
        stamps: (n,) UTC open time of each bar, oldest first.
        prices: (n, 4) open, high, low, close in points.
        trips: Drawn over them; a triangle points the way of each entry, a cross marks its exit.
    """
    labels = np.char.replace(np.datetime_as_string(stamps, unit="m"), "T", " ")
    figure = go.Figure()
    figure.add_trace(_candles(labels, prices))
    for group in trips:
        figure.add_traces(_trip_traces(group, labels))
    figure.update_xaxes(type="category", nticks=7, rangeslider_visible=False, tickangle=0)
    figure.update_yaxes(title_text="price, points", tickformat=",")
    figure.update_layout(hovermode="closest", height=560)
    return _styled(figure)


def _candles(labels: NDArray[np.str_], prices: Floats) -> Any:
    return go.Candlestick(
        x=labels,
        open=prices[:, 0],
        high=prices[:, 1],
        low=prices[:, 2],
        close=prices[:, 3],
        name="bars",
        increasing={"line": {"color": "#64748b", "width": 1}, "fillcolor": "#ffffff"},
        decreasing={"line": {"color": "#64748b", "width": 1}, "fillcolor": "#94a3b8"},
    )


def _trip_traces(group: Segments, labels: NDArray[np.str_]) -> list[Any]:
    """Return one line per trip (gaps between them) and the marks of entries and exits."""
    n_trips = len(group.entry_rows)
    x = np.full((n_trips, 3), None, dtype=object)
    y = np.full((n_trips, 3), None, dtype=object)
    x[:, 0], x[:, 1] = labels[group.entry_rows], labels[group.exit_rows]
    y[:, 0], y[:, 1] = group.entry_prices, group.exit_prices
    entry_mark = np.where(group.is_long, "triangle-up", "triangle-down")
    symbols = np.column_stack([entry_mark, np.full(n_trips, "x"), np.full(n_trips, "circle")])
    return [
        go.Scatter(
            x=x.ravel().tolist(),
            y=y.ravel().tolist(),
            name=group.name,
            mode="lines+markers",
            line={"color": group.colour, "width": 2},
            marker={"symbol": symbols.ravel().tolist(), "size": 9, "color": group.colour},
            text=[note for note in group.notes for _ in range(3)],
            hoverinfo="text+x+y",
        )
    ]


def _line_style(number: int) -> dict[str, Any]:
    if number == 0:
        return {"color": MAIN_COLOUR, "width": 2.5}
    return {"color": OTHER_COLOURS[(number - 1) % len(OTHER_COLOURS)], "width": 1.3}


def _styled(figure: Any) -> Any:
    """Give a figure the page's look: light, legend above, thin margins that suit a phone too."""
    figure.update_layout(
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 13, "color": TEXT_COLOUR},
        margin={"l": 56, "r": 12, "t": 48, "b": 40},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        autosize=True,
    )
    figure.update_xaxes(gridcolor=GRID_COLOUR)
    figure.update_yaxes(gridcolor=GRID_COLOUR, automargin=True)
    return figure
