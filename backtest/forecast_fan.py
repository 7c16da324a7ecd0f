"""Forecasts on prices: candles of the last bars, and fans of where they might have gone."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from models.forecast.long_run import Days
from models.forecast.scoring import CENTRALS
from utils.visualize import GAIN_COLOUR, LOSS_COLOUR, styled

FANS = 24
FEWEST_BARS, MOST_BARS = 120, 300
"""Bars that a fan chart shows: FANS horizons, within these."""

FAN_BANDS = {
    "98 %": ("central_98", 0.14),
    "90 %": ("central_90", 0.22),
    "50 %": ("central_50", 0.34),
}
"""Name in the legend: which interval, and how strongly it is coloured."""

TICKS = 6

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def fan_figure(
    stamps: pd.DatetimeIndex, prices: Floats, quantiles: Floats, days: Days, horizon: int
) -> Any:
    """Draw the last bars as candles, and the fans of every horizon-th of them; None without a fan.

    A fan begins at the close of the bar that it was made at, and ends at the quantiles of the close
    `horizon` bars later. None crosses into another session; the last one reaches beyond the last
    bar, even where its session ends there.

    Args:
        stamps: (n) UTC opens of the bars.
        prices: (n, 4) open, high, low and close, points.
        quantiles: (n, N_LEVELS) log returns from the close of each bar.
        days: (n,) trade dates.
        horizon: Bars ahead.
    """
    n_rows = len(prices)
    first = first_shown(n_rows, horizon)
    made = fan_rows(quantiles, days, horizon, first)
    if len(made) == 0:
        return None
    figure = go.Figure()
    for label, (name, opacity) in FAN_BANDS.items():
        ends = CENTRALS[name]
        low, high = (
            prices[made, 3] * np.exp(quantiles[made, end]) for end in (ends.low, ends.high)
        )
        figure.add_trace(
            _fans(label, made, horizon, np.stack([prices[made, 3], low, high]), opacity)
        )
    figure.add_trace(_candles(stamps, prices, first))
    ticks = np.linspace(first, n_rows - 1, TICKS).astype(np.int64)
    texts = [f"{stamps[row]:%d %b}<br>{stamps[row]:%H:%M}" for row in ticks.tolist()]
    figure.update_xaxes(tickvals=ticks, ticktext=texts, rangeslider_visible=False)
    figure.update_yaxes(title_text="price, points", tickformat=",~f")
    figure.update_layout(height=460, hovermode="closest")
    return styled(figure)


def first_shown(n_rows: int, horizon: int) -> int:
    """Return the first row that a fan chart of so many bars shows."""
    return max(0, n_rows - int(np.clip(FANS * horizon, FEWEST_BARS, MOST_BARS)))


def fan_rows(quantiles: Floats, days: Days, horizon: int, first: int) -> Integers:
    """Return the rows, rising, whose fans are drawn: every horizon-th, back from the last one.

    Args:
        quantiles: (n, N_LEVELS); rows with NaN have no fan.
        days: (n,) trade dates.
        horizon: Bars ahead.
        first: Row before which none is drawn.
    """
    rows = np.arange(len(days) - 1, first - 1, -horizon)[::-1]
    end = rows + horizon
    is_within = (end >= len(days)) | (days[rows] == days[np.minimum(end, len(days) - 1)])
    return np.asarray(rows[is_within & np.isfinite(quantiles[rows]).all(axis=1)])


def _candles(stamps: pd.DatetimeIndex, prices: Floats, first: int) -> Any:
    """Return the trace of the bars from row `first` on, over their row numbers."""
    values = dict(zip(("open", "high", "low", "close"), prices[first:].T.tolist(), strict=True))
    return go.Candlestick(
        x=np.arange(first, len(prices)),
        **values,
        name="prices",
        zorder=1,
        increasing={"line": {"color": GAIN_COLOUR, "width": 1}},
        decreasing={"line": {"color": LOSS_COLOUR, "width": 1}},
        text=[f"{stamp:%Y-%m-%d %H:%M} UTC" for stamp in stamps[first:]],
    )


def _fans(label: str, rows: Integers, horizon: int, ends: Floats, opacity: float) -> Any:
    """Return one trace of as many triangles as there are rows; a gap parts one from the next."""
    close, low, high = ends
    gap = np.full(len(rows), np.nan)
    x = np.stack([rows, rows + horizon, rows + horizon, rows, gap], axis=1)
    y = np.stack([close, high, low, close, gap], axis=1)
    return go.Scatter(
        x=x.ravel()[:-1],
        y=np.round(y.ravel()[:-1], 4),
        name=label,
        mode="lines",
        fill="toself",
        line={"width": 0},
        fillcolor=f"rgba(11,87,208,{opacity})",
        hoverinfo="skip",
    )
