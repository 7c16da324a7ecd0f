"""The figures of a forecaster's page: which lines, bands and bars are drawn.

Made of plain arrays, in the look of `utils/visualize.py`. Fans on prices are left to
`forecast_fan.py`. A figure that there is not enough for is None.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from data.calendar import EXCHANGE_ZONE, SESSION_OPEN_MINUTE
from models.forecast.calibration import BIN_NAMES, PitHistogram
from models.forecast.coverage import Share
from models.forecast.long_run import Days
from utils.visualize import (
    MAIN_COLOUR,
    OTHER_COLOURS,
    TEXT_COLOUR,
    rolling_figure,
    styled,
)

BASIS_POINTS = 1e4
HOURS = 24
FIRST_HOUR = SESSION_OPEN_MINUTE // 60

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def pit_figure(pit: PitHistogram) -> Any:
    """Draw how often labels fell between neighbouring quantiles, beside the band of all bins."""
    figure = go.Figure()
    for name, values, fill in (
        ("low", pit.low, None),
        ("95 % band of all bins", pit.high, "tonexty"),
    ):
        figure.add_trace(
            go.Scatter(
                x=BIN_NAMES,
                y=np.round(values, 4),
                name=name,
                mode="lines",
                line={"shape": "hvh", "width": 1, "color": OTHER_COLOURS[0]},
                fill=fill,
                fillcolor="rgba(107,114,128,0.18)",
                showlegend=fill is not None,
                hoverinfo="skip",
            )
        )
    figure.add_trace(
        go.Bar(
            x=BIN_NAMES,
            y=np.round(pit.density, 4),
            name="labels, over what was promised",
            marker={"color": MAIN_COLOUR},
            opacity=0.6,
            customdata=list(pit.counts),
            hovertemplate="%{x} %: %{y:.3f} of what was promised, %{customdata}<extra></extra>",
        )
    )
    figure.add_hline(y=1.0, line_color=TEXT_COLOUR, line_width=1)
    figure.update_xaxes(title_text="between which levels, %", type="category")
    figure.update_yaxes(title_text="share / promised", rangemode="tozero")
    figure.update_layout(height=360)
    return styled(figure)


def reliability_figure(levels: Sequence[Share]) -> Any:
    """Draw how often labels were at or below each level, and below it the difference, in points."""
    nominal = np.array([share.nominal for share in levels])
    observed = np.array([share.observed for share in levels])
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.06)
    diagonal = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="as promised",
        line={"color": OTHER_COLOURS[0], "dash": "dash", "width": 1.5}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_trace(diagonal, row=1, col=1)
    style = {"color": MAIN_COLOUR, "width": 2}
    figure.add_trace(
        go.Scatter(
            x=nominal, y=np.round(observed, 5), mode="lines+markers", name="observed", line=style
        ),
        row=1,
        col=1,
    )
    low, high = (np.array([getattr(share, end) for share in levels]) for end in ("low", "high"))
    figure.add_trace(
        go.Scatter(
            x=nominal,
            y=np.round(100 * (observed - nominal), 3),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": 100 * (high - observed),
                "arrayminus": 100 * (observed - low),
            },
            mode="markers",
            name="difference with its 95 % interval",
            marker={"color": MAIN_COLOUR},
        ),
        row=2,
        col=1,
    )
    figure.add_hline(y=0.0, line_color=TEXT_COLOUR, line_width=1, row=2, col=1)
    figure.update_yaxes(title_text="observed", row=1, col=1)
    figure.update_yaxes(title_text="difference, points", row=2, col=1)
    figure.update_xaxes(title_text="level", row=2, col=1)
    figure.update_layout(height=560)
    return styled(figure)


def coverage_figure(lines: Mapping[str, tuple[Days, Floats]], nominal: Sequence[float]) -> Any:
    """Draw coverage over time; None where no line has a value.

    Args:
        lines: Name to the last session and the share of each window.
        nominal: What was promised, each drawn as a dotted line.
    """
    known = {
        name: (np.asarray(days, dtype="datetime64[D]"), 100 * shares)
        for name, (days, shares) in lines.items()
        if len(days)
    }
    if not known:
        return None
    figure = rolling_figure(known, "inside the interval, %", n_main=2)
    figure.layout.shapes = ()  # nothing here is about 0
    for share in nominal:
        figure.add_hline(y=100 * share, line_color=TEXT_COLOUR, line_width=1, line_dash="dot")
    return figure


def by_hour_figure(losses: Mapping[str, Floats], hours: Integers) -> Any:
    """Draw the mean pinball loss by hour of the day, from the one at which sessions open.

    Args:
        losses: Name to (n,) loss of each row, log returns.
        hours: (n,) hour in Chicago of each bar's open.
    """
    places = (hours - FIRST_HOUR) % HOURS
    counts = np.bincount(places, minlength=HOURS)
    found = np.flatnonzero(counts)
    names = [f"{(FIRST_HOUR + place) % HOURS:02d}" for place in found.tolist()]
    figure = go.Figure()
    for number, (name, loss) in enumerate(losses.items()):
        sums = np.bincount(places, weights=loss, minlength=HOURS)
        colour = MAIN_COLOUR if number == 0 else OTHER_COLOURS[number - 1]
        figure.add_trace(
            go.Bar(
                x=names,
                y=np.round(BASIS_POINTS * sums[found] / counts[found], 4),
                name=html.escape(name, quote=False),
                marker={"color": colour},
            )
        )
    zone = EXCHANGE_ZONE.split("/")[-1]
    figure.update_xaxes(title_text=f"hour in {zone} in which the bar opens", type="category")
    figure.update_yaxes(title_text="pinball loss, basis points")
    figure.update_layout(height=340, barmode="group")
    return styled(figure)
