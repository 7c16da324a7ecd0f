"""What is to be forecast: how far price goes over the bars ahead, as log ratios to each close.

Labels look ahead on purpose; they end with the session, so that none spans the night.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from config.instruments import get_instrument
from data.bars import bar_seconds
from data.forecast_names import HEADS, Head
from data.indicators.bar import feature_bars
from models.compiled.seasonal_volatility import bar_variances
from models.forecast.clock import SessionClock
from models.forecast.family import Floats, Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Labels of all rows.

    Attributes:
        horizons: (n_horizons,) bars ahead.
        y: (n, n_horizons, n_heads) log ratios to the row's close, heads in the order of HEADS; NaN
            where the bars ahead end after the session or the data do, or a price is not positive.
        realised: (n, n_horizons) variance that the bars of the label had by their ranges, in
            squared log returns, > 0; NaN likewise.
        sessions: (n,) trade date of each row, in days since 1970.
    """

    horizons: tuple[int, ...]
    y: Floats
    realised: Floats
    sessions: Integers

    def of(self, horizon: int, head: Head) -> Floats:
        """Return the labels of one head at one horizon, (n,)."""
        return np.asarray(self.y[:, self.horizons.index(horizon), HEADS.index(head)])


def forecast_targets(bars: pd.DataFrame, symbol: str, horizons: Sequence[int]) -> Targets:
    """Return the labels of checked bars.

    Row t is of bars t + 1 to t + horizon, which must all be of bar t's trade date. Gaps of rolls
    between them are taken out.

    Args:
        bars: Oldest first; a column `roll_gap`, in points, is used where it is there.
        symbol: Whose sessions and ticks they have.
        horizons: Bars ahead, each >= 1.
    """
    clock = SessionClock.of(symbol, max(bar_seconds(pd.DatetimeIndex(bars.index)), 1))
    sessions = clock.sessions(pd.DatetimeIndex(bars.index))
    records = feature_bars(bars)
    variances = np.empty(len(bars))
    bar_variances(records, get_instrument(symbol).tick_size, variances)
    total = np.cumsum(variances)
    y = np.full((len(bars), len(horizons), len(HEADS)), np.nan)
    realised = np.full((len(bars), len(horizons)), np.nan)
    for place, horizon in enumerate(horizons):
        rows = _settled_rows(sessions, horizon)
        if len(rows):
            y[rows, place] = _moves(records, rows, horizon)
            realised[rows, place] = total[rows + horizon] - total[rows]
    realised[np.isnan(y[:, :, 0])] = np.nan
    return Targets(horizons=tuple(horizons), y=y, realised=realised, sessions=sessions)


def windows_ahead(values: Floats, horizon: int) -> Floats:
    """Return a view of the `horizon` values after each row, (n - horizon, horizon)."""
    return np.lib.stride_tricks.sliding_window_view(values[1:], horizon)


def _settled_rows(sessions: Integers, horizon: int) -> Integers:
    """Return the rows whose label lies in their session."""
    if len(sessions) <= horizon:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(sessions[horizon:] == sessions[:-horizon])


def _moves(bars: np.recarray, rows: Integers, horizon: int) -> Floats:
    """Return last, lowest and highest log ratio of some rows, (len(rows), n_heads)."""
    # at one level: without the gaps that came up to each bar
    level = np.cumsum(bars["roll_gap"])
    base, shift = bars["close"][rows], level[rows]
    last = (bars["close"] - level)[rows + horizon] + shift
    lowest = windows_ahead(bars["low"] - level, horizon).min(axis=1)[rows] + shift
    highest = windows_ahead(bars["high"] - level, horizon).max(axis=1)[rows] + shift
    prices = {Head.RETURN: last, Head.MAE: lowest, Head.MFE: highest}
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.stack([np.log(prices[head] / base) for head in HEADS], axis=1)
    found[(base <= 0.0) | (lowest <= 0.0)] = np.nan
    found[:, HEADS.index(Head.MAE)] = np.minimum(found[:, HEADS.index(Head.MAE)], 0.0)
    found[:, HEADS.index(Head.MFE)] = np.maximum(found[:, HEADS.index(Head.MFE)], 0.0)
    return found
