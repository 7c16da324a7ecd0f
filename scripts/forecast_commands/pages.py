"""The page of `forecast.py report`: from the rows that are shown to scores, verdict and figures.

Where the rows come from is left to shown_rows.py, the page itself to backtest/forecast_page.py.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.forecast_page import ForecastPage
from config.forecast_settings import ForecastSettings
from data.calendar import calendar_of
from models.forecast.diebold_mariano import DieboldMariano, diebold_mariano
from models.forecast.forecast_scores import ForecastScores, score_forecasts
from models.forecast.forecaster_identity import FALLBACK
from models.forecast.leaderboard_line import HARX
from models.forecast.scoring import pinball_losses
from models.forecast.ship_gate import ship_gate, verdict_on_all
from scripts.forecast_commands.shown_rows import ShownRows
from utils.errors import ConfigError


def forecast_page(
    rows: ShownRows,
    settings: ForecastSettings,
    horizon: int,
    provenance: Mapping[str, Any],
    is_synthetic: bool,
) -> ForecastPage:
    """Return the page of some rows.

    Args:
        rows: Forecasts, labels and references.
        settings: By which they were made.
        horizon: Bars ahead that the figures are of, one of those forecast.
        provenance: Where they come from.
        is_synthetic: Whether the bars were made up.

    Raises:
        DataError: If no row can be scored.
    """
    i = settings.horizons.index(horizon)
    scores = {
        each: _scores(rows, settings.symbol, k, each) for k, each in enumerate(settings.horizons)
    }
    return ForecastPage(
        name=settings.family,
        symbol=settings.symbol,
        horizon=horizon,
        bars=rows.bars,
        y=rows.y[:, i],
        quantiles=rows.served[:, i],
        reference=rows.reference[:, i],
        reference_name=FALLBACK,
        scores=scores,
        raw=rows.raw[:, i],
        is_fallback=rows.is_fallback[:, i],
        verdict=_verdict(rows, settings, scores),
        is_synthetic=is_synthetic,
        provenance=provenance,
    )


def shown_horizon(settings: ForecastSettings, horizon: int | None) -> int:
    """Return the horizon that figures are of, the middle one where None.

    Raises:
        ConfigError: If it is not forecast.
    """
    horizons = settings.horizons
    if horizon is None:
        return horizons[len(horizons) // 2]
    if horizon not in horizons:
        known = ", ".join(map(str, horizons))
        raise ConfigError(f"`--horizon` must be one of those forecast, {known}, was {horizon}")
    return horizon


def _scores(rows: ShownRows, symbol: str, i: int, horizon: int) -> ForecastScores:
    """Return what the served forecasts of one horizon were worth."""
    index, calendar = pd.DatetimeIndex(rows.bars.index), calendar_of(symbol)
    return score_forecasts(
        rows.y[:, i],
        rows.served[:, i],
        rows.reference[:, i],
        calendar.trade_dates(index),
        horizon,
        calendar.is_rth(index),
        rows.scale[:, i],
    )


def _verdict(
    rows: ShownRows, settings: ForecastSettings, scores: Mapping[int, ForecastScores]
) -> str:
    """Return what the gate says of the served forecasts; nothing without HARX-FHS beside them."""
    if rows.harx is None:
        return ""
    days = calendar_of(settings.symbol).trade_dates(pd.DatetimeIndex(rows.bars.index))
    return verdict_on_all(
        {
            horizon: ship_gate(scores[horizon], _against_harx(rows, settings.family, i, days))
            for i, horizon in enumerate(settings.horizons)
        }
    )


def _against_harx(
    rows: ShownRows, family: str, i: int, days: NDArray[np.datetime64]
) -> DieboldMariano | None:
    """Return the test of the served loss at a horizon; None for HARX-FHS itself."""
    if family == HARX or rows.harx is None:
        return None
    own, other = (
        np.asarray(pinball_losses(rows.y[:, i], each[:, i]).mean(axis=1))
        for each in (rows.served, rows.harx)
    )
    return diebold_mariano(own, other, days)
