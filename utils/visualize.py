"""Plotly figures of lines over time from plain arrays: equity with drawdown, and a rolling figure.

Knows nothing of back-tests; who draws what is left to the callers, distributions and scatters to
`spread_figures.py`. Figures suit a light page and resize with it.
"""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

MAX_POINTS = 5_000
"""Points per line: more than a screen has columns, few enough for a light file."""

MAX_POINTS_BESIDE = 2_000
"""Points of a line that the page is not about."""

MAIN_COLOUR = "#0b57d0"
OTHER_COLOURS = ("#6b7280", "#b45309", "#7c3aed", "#0f766e", "#be185d", "#4d7c0f")
GAIN_COLOUR = "#15803d"
LOSS_COLOUR = "#b91c1c"
GRID_COLOUR = "#e5e7eb"
TEXT_COLOUR = "#1f2937"

Floats = NDArray[np.float64]
Stamps = NDArray[np.datetime64]


def thinned_rows(values: Floats, max_points: int = MAX_POINTS) -> NDArray[np.int64]:
    """Return at most `max_points` rows (ascending) that keep every visible peak and trough.

    Both ends stay, and of each stretch in between its lowest and highest value.

    Args:
        values: (n,) the line to draw; no NaN.
        max_points: At least 4.
    """
    n_rows = len(values)
    if n_rows <= max_points:
        return np.arange(n_rows)
    edges = np.linspace(0, n_rows, max_points // 2).astype(np.int64)
    stretches = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    extremes = [
        start + row
        for start, stop in stretches
        for row in (values[start:stop].argmin(), values[start:stop].argmax())
    ]
    return np.unique([*extremes, 0, n_rows - 1])


def equity_figure(lines: Mapping[str, tuple[Stamps, Floats]], n_main: int = 1) -> Any:
    """Draw equity curves above their drawdowns; the first ones are those that the page is about.

    Args:
        lines: Name to (n,) UTC stamps and (n,) equity in USD; row 0 is the initial capital.
        n_main: How many are drawn boldly.

    Returns:
        A plotly Figure with at most MAX_POINTS points per line; peaks and lows stay.
    """
    figure = make_subplots(
        rows=2, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.05
    )
    for number, (name, (stamps, equity)) in enumerate(lines.items()):
        drawdown = 100.0 * (equity / np.maximum.accumulate(equity) - 1.0)
        max_points = MAX_POINTS if number < n_main else MAX_POINTS_BESIDE
        for row, values in ((1, equity), (2, drawdown)):
            kept = thinned_rows(values, max_points)
            trace = _line(name, stamps[kept], np.round(values[kept], 2), _style(number, n_main))
            trace.update(legendgroup=name, showlegend=row == 1, zorder=len(lines) - number)
            figure.add_trace(trace, row=row, col=1)
    figure.update_yaxes(title_text="equity, USD", tickformat="~s", row=1, col=1)
    figure.update_yaxes(title_text="drawdown, %", row=2, col=1)
    figure.update_layout(hovermode="x", height=560)
    return styled(figure)


def rolling_figure(lines: Mapping[str, tuple[Stamps, Floats]], title: str, n_main: int = 1) -> Any:
    """Draw lines over time about a line at 0.

    Args:
        lines: Name to (n,) dates and (n,) values; NaN leaves a gap.
        title: Of the vertical axis.
        n_main: How many are drawn boldly.
    """
    figure = go.Figure()
    for number, (name, (stamps, values)) in enumerate(lines.items()):
        figure.add_trace(_line(name, stamps, np.round(values, 3), _style(number, n_main)))
    figure.add_hline(y=0, line_color=TEXT_COLOUR, line_width=1)
    figure.update_yaxes(title_text=title)
    figure.update_layout(hovermode="x", height=340, showlegend=True)
    return styled(figure)


def styled(figure: Any) -> Any:
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


def _line(name: str, stamps: Stamps, values: Floats, style: dict[str, Any]) -> Any:
    # Plotly reads tags in a name; a user's name is text
    text = html.escape(name, quote=False)
    return go.Scatter(x=stamps, y=values, name=text, mode="lines", line=style)


def _style(number: int, n_main: int) -> dict[str, Any]:
    if number == 0:
        return {"color": MAIN_COLOUR, "width": 2.5}
    colour = OTHER_COLOURS[(number - 1) % len(OTHER_COLOURS)]
    return {"color": colour, "width": 2.2 if number < n_main else 1.3}
