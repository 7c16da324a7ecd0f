"""Walk-forward runs of forecasts as small as can be."""

from pathlib import Path

import pandas as pd

from config.forecast_settings import ForecastSettings
from data.forecast_names import Head
from data.synthetic import synthetic_bars
from models.forecast.walk import Walk, plan_walk

N_BARS = 4_140
"""Fifteen sessions and a bit: a Monday's short one is among them."""

SETTINGS = ForecastSettings(
    horizons=(3, 12), features=("log_return", "rsi"), least_sessions=6, refit_sessions=3
)

FAMILIES = ("unconditional", "ewma_fhs", "harx_fhs")


def forecast_bars(preset: str = "default", n_bars: int = N_BARS) -> pd.DataFrame:
    """Return synthetic bars."""
    return synthetic_bars(n_bars, preset, seed=7)


def small_walk(
    bars: pd.DataFrame, folder: Path, families: tuple[str, ...] = FAMILIES, **changes: object
) -> Walk:
    """Return a run of the return alone, not begun."""
    settings = SETTINGS.model_copy(update=changes)
    return plan_walk(bars, settings, families, folder, (Head.RETURN,))


def run_silently(walk: Walk) -> list[tuple[int, bool]]:
    """Do all blocks; return the number of each as it came, and whether it was kept."""
    told: list[tuple[int, bool]] = []
    walk.run(lambda block, is_kept: told.append((block.number, is_kept)))
    return told
