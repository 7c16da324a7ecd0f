"""Which rows `forecast.py report` shows: those of a store, or those that a forecaster has not seen.

Beside each forecast stand its label, itself as it was before the online layer, and the references.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.forecast_names import HEADS, Head
from data.forecast_store import ForecastRows
from models.forecast.family import Floats
from models.forecast.forecaster import Forecaster
from models.forecast.forecaster_identity import FALLBACK
from models.forecast.leaderboard_line import HARX
from models.forecast.targets import forecast_targets
from models.forecast.walk import Walk
from utils.errors import DataError

RETURN = HEADS.index(Head.RETURN)


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownRows:
    """Every array has a row per bar, none left out.

    Attributes:
        bars: (n) the bars at whose close each row is forecast.
        y: (n, n_horizons) returns; NaN where there is none.
        served: (n, n_horizons, N_LEVELS) quantiles of it; NaN where there are none.
        raw: The same before the online layer.
        reference: The same of `ewma_fhs`.
        harx: The same of `harx_fhs`; None where it was not asked.
        scale: (n, n_horizons) of the seasonal volatility layer.
        is_fallback: (n, n_horizons).
    """

    bars: pd.DataFrame
    y: Floats
    served: Floats
    raw: Floats
    reference: Floats
    harx: Floats | None
    scale: Floats
    is_fallback: NDArray[np.bool_]


def rows_of_store(stored: ForecastRows, walk: Walk) -> ShownRows:
    """Return the rows of a store.

    Args:
        stored: What it holds.
        walk: The run that made it, with FALLBACK and HARX among its families, all blocks forecast.
    """
    bars, first = walk.bars, walk.rows.start
    places = pd.DatetimeIndex(bars.index).get_indexer(stored.timestamps)
    span = slice(int(places[0]), int(places[-1]) + 1)
    own = slice(span.start - first, span.stop - first)
    served = np.full((span.stop - span.start, *stored.quantiles.shape[1:]), np.nan)
    served[places - span.start] = stored.quantiles
    is_fallback = np.zeros(served.shape[:2], dtype=np.bool_)
    is_fallback[places - span.start] = stored.is_fallback
    raw, reference, harx = (
        np.concatenate([block.quantiles[:, :, RETURN] for block in walk.forecasts(family)])[own]
        for family in (walk.settings.family, FALLBACK, HARX)
    )
    return ShownRows(
        bars=bars.iloc[span],
        y=_returns(walk.bars, walk.settings.symbol, walk.settings.horizons)[span],
        served=served[:, :, RETURN],
        raw=raw,
        reference=reference,
        harx=harx,
        scale=np.concatenate([block.scale for block in walk.forecasts(FALLBACK)])[own],
        is_fallback=is_fallback,
    )


def rows_of_model(forecaster: Forecaster, bars: pd.DataFrame, where: Path) -> ShownRows:
    """Return the rows of bars that a forecaster has not seen.

    Args:
        forecaster: Of settings with an alarm, or the fallback itself, which is the reference.
        bars: Checked bars.
        where: What to call them.

    Raises:
        DataError: If there is no such row, or no fallback.
    """
    if len(forecaster.sources) == 1 and forecaster.settings.family != FALLBACK:
        raise DataError("the forecaster has no alarm, so no reference; give `--store` instead")
    forecasts = forecaster.predict(bars)
    known = np.flatnonzero(forecasts.is_complete)
    if len(known) == 0:
        raise DataError(
            f"`{where}` has no bar that can be forecast: the forecaster has learnt from bars up to "
            f"{forecaster.trained_until}, and its inputs need earlier ones to warm up; give later "
            "bars, or more of them"
        )
    start = int(known[0])
    base = forecaster.base(bars, start)
    settings = forecaster.settings
    return ShownRows(
        bars=bars.iloc[start:],
        y=_returns(bars, settings.symbol, settings.horizons)[start:],
        served=forecasts.quantiles[start:, :, RETURN],
        raw=base.sources[0][:, :, RETURN],
        reference=base.sources[-1][:, :, RETURN],
        harx=None,
        scale=base.scales,
        is_fallback=forecasts.is_fallback[start:],
    )


def _returns(bars: pd.DataFrame, symbol: str, horizons: tuple[int, ...]) -> Floats:
    """Return the labels of the return, (n, n_horizons)."""
    return np.asarray(forecast_targets(bars, symbol, horizons).y[:, :, RETURN])
