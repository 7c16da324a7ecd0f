"""Plotly figures of how values are spread: a histogram with marks, a scatter, a chain of sums.

Knows nothing of back-tests, as `visualize.py`, whose look they share.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from utils.visualize import GAIN_COLOUR, LOSS_COLOUR, MAIN_COLOUR, TEXT_COLOUR, styled

MOST_BINS = 60
FEWEST_BINS = 12
LABEL_STEP = 0.09
"""Share of the plot's height from one mark's label to the next, so that none hides another."""

ROOM_FOR_TEXT = 0.12
"""Share of a chain's height that is left above and below it for its texts."""

Floats = NDArray[np.float64]


def bin_counts(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return edges, (k + 1,), and counts, (k,), of even bins: the square root of n, within bounds.

    Args:
        values: (n,), n >= 1; no NaN. Where all are equal there is one bin about them.
    """
    n_bins = int(np.clip(np.sqrt(len(values)), FEWEST_BINS, MOST_BINS))
    is_constant = np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max()))
    counts, edges = np.histogram(values, bins=1 if is_constant else n_bins)
    return edges, counts


def histogram_figure(values: Floats, marks: Mapping[str, float], title: str) -> Any:
    """Draw how often values were; losses red, gains green, each mark a dashed line with its name.

    Args:
        values: (n,), in the unit of the title.
        marks: Name to value; a NaN is left out.
        title: Of the horizontal axis.
    """
    edges, counts = bin_counts(values)
    centres = (edges[:-1] + edges[1:]) / 2.0
    figure = go.Figure(
        go.Bar(
            x=np.round(centres, 6),
            y=counts,
            width=np.diff(edges) * 0.94,
            marker={"color": np.where(centres < 0, LOSS_COLOUR, GAIN_COLOUR).tolist()},
            opacity=0.7,
            hovertemplate="%{x:.2f}: %{y}<extra></extra>",
        )
    )
    known = {name: value for name, value in marks.items() if not np.isnan(value)}
    for place, (name, value) in enumerate(known.items()):
        _mark(figure, f"{name} {value:+.2f}", value, 1.0 - place * LABEL_STEP)
    figure.update_xaxes(title_text=title)
    figure.update_yaxes(title_text="sessions")
    figure.update_layout(height=340, showlegend=False)
    return styled(figure)


def _mark(figure: Any, label: str, value: float, height: float) -> None:
    figure.add_vline(x=value, line_dash="dash", line_color=TEXT_COLOUR, line_width=1.5)
    figure.add_annotation(
        x=value, y=height, yref="paper", text=label, showarrow=False, xanchor="left", xshift=4,
        bgcolor="rgba(255,255,255,0.8)",
    )  # fmt: skip


def excursions_figure(
    mae: Floats, mfe: Floats, net: Floats, notes: Sequence[str], unit: str
) -> Any:
    """Draw what each trade came to over how far it went against, and for, its holder.

    Args:
        mae: (m,) maximum adverse excursion, <= 0.
        mfe: (m,) maximum favourable excursion, >= 0.
        net: (m,) what was kept.
        notes: (m,) hover texts.
        unit: Of all three.
    """
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.05)
    for name, colour, chosen in (
        ("winning trades", GAIN_COLOUR, net > 0),
        ("losing trades", LOSS_COLOUR, net <= 0),
    ):
        rows = np.flatnonzero(chosen)
        for column, values in ((1, mae), (2, mfe)):
            figure.add_trace(
                go.Scatter(
                    x=np.round(values[rows], 2),
                    y=np.round(net[rows], 2),
                    name=name,
                    legendgroup=name,
                    showlegend=column == 1,
                    mode="markers",
                    marker={"color": colour, "size": 6, "opacity": 0.55},
                    text=[notes[row] for row in rows.tolist()],
                    hoverinfo="text",
                ),
                row=1,
                col=column,
            )
    figure.update_xaxes(title_text=f"worst (MAE), {unit}", row=1, col=1)
    figure.update_xaxes(title_text=f"best (MFE), {unit}", row=1, col=2)
    figure.update_yaxes(title_text=f"net, {unit}", row=1, col=1)
    figure.update_xaxes(tickformat="~s", nticks=4, tickangle=0)
    figure.update_layout(height=380)
    return styled(figure)


def chain_figure(steps: Sequence[tuple[str, float]], end: str, unit: str) -> Any:
    """Draw a first sum, what is added to it step by step, and what is left at the end.

    Args:
        steps: Name and value; the first is where the chain begins.
        end: Name of the sum of all.
        unit: Of the values.
    """
    names, values = [name for name, _ in steps], [value for _, value in steps]
    total = sum(values)
    figure = go.Figure(
        go.Waterfall(
            x=[*names, end],
            y=[*values, total],
            measure=["absolute", *["relative"] * (len(values) - 1), "total"],
            text=[f"{value:+,.0f}" for value in (*values, total)],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": GAIN_COLOUR}},
            decreasing={"marker": {"color": LOSS_COLOUR}},
            totals={"marker": {"color": MAIN_COLOUR}},
            connector={"line": {"color": TEXT_COLOUR, "width": 1}},
            hoverinfo="x+text",
        )
    )
    reached = [0.0, *itertools.accumulate(values)]
    room = ROOM_FOR_TEXT * (max(reached) - min(reached))
    figure.update_yaxes(
        title_text=unit,
        tickformat="~s",
        range=[min(reached) - room, max(reached) + room],
        zeroline=True,
        zerolinecolor=TEXT_COLOUR,
    )
    figure.update_layout(height=320, showlegend=False)
    return styled(figure)
