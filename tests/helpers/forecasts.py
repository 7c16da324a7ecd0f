"""Stores of made-up forecasts: quantiles that widen from bar to bar, in blocks of one session."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from data.bars import bar_seconds
from data.forecast_blocks import ForecastBlock
from data.forecast_manifest import StoreTerms
from data.forecast_names import HEADS, LEVELS, TRAINED_UNTIL
from data.forecast_store import ForecastStore
from tests.helpers.agents import told_bars

SHORT_HORIZONS = (3, 12)
REFIT_TIME = pd.Timestamp("2026-01-01T00:00:00Z")
WIDTHS = np.arange(-4.0, 5.0) * 1e-4
"""Quantiles of row 0, one for each level: q05 is -3e-4 and q95 is 3e-4."""

N_LEVELS = len(LEVELS)


def terms(horizons: Sequence[int] = SHORT_HORIZONS, seconds: int = 300) -> StoreTerms:
    """Return terms for bars of MNQ."""
    return StoreTerms(
        symbol="MNQ",
        bar_seconds=seconds,
        horizons=tuple(horizons),
        settings={"family": "made_up"},
        provenance={},
    )


def block_of(
    bars: pd.DataFrame,
    first: int,
    stop: int,
    horizons: Sequence[int] = SHORT_HORIZONS,
    train_end: pd.Timestamp | None = None,
) -> ForecastBlock:
    """Return forecasts of the rows in [first, stop).

    Row t's quantiles are (1 + t / 1000) WIDTHS in each head, shifted by 1e-5 for the second horizon
    and by 2e-5 in odd rows. Every fifth row is the fallback's at the first horizon.

    Args:
        bars: All of them.
        first: First row.
        stop: The row after the last one.
        horizons: Bars ahead.
        train_end: None: the row that lies just far enough before the first.
    """
    rows = np.arange(first, stop)
    shape = len(rows), len(horizons), len(HEADS), N_LEVELS
    quantiles = np.broadcast_to(WIDTHS, shape) * (1.0 + rows / 1_000.0)[:, None, None, None]
    quantiles = quantiles + 1e-5 * np.arange(len(horizons))[:, None, None]
    quantiles = quantiles + 2e-5 * (rows % 2)[:, None, None, None]
    is_fallback = np.zeros(shape[:2], dtype=np.bool_)
    is_fallback[:, 0] = rows % 5 == 0
    size = pd.Timedelta(seconds=bar_seconds(pd.DatetimeIndex(bars.index)))
    latest = bars.index[first] - (max(horizons) + 1) * size
    return ForecastBlock(
        bars=bars.iloc[first:stop],
        quantiles=quantiles,
        is_fallback=is_fallback,
        train_end=latest if train_end is None else train_end,
        refit_time=REFIT_TIME,
        model_id=f"made_up-{first}",
        fallback_id=f"ewma_fhs-{first}",
    )


def make_store(
    path: Path,
    bars: pd.DataFrame,
    edges: Sequence[int],
    horizons: Sequence[int] = SHORT_HORIZONS,
) -> ForecastStore:
    """Return a store of one block between each two neighbouring rows of `edges`."""
    seconds = bar_seconds(pd.DatetimeIndex(bars.index))
    store = ForecastStore.create(path, terms(horizons, seconds))
    for first, stop in itertools.pairwise(edges):
        store.add_block(block_of(bars, first, stop, horizons))
    return store


TOLD_COLUMNS = ("forecast_h3_location", "forecast_h3_spread")


def told_forecasts(n_bars: int = 400, seed: int = 0) -> pd.DataFrame:
    """Return `told_bars` in which forecasts tell beforehand; the feature `noise` does not.

    The first three rows have no forecasts; the others say that they were learnt a day before.
    """
    bars = told_bars(n_bars, seed)
    random = np.random.default_rng(seed + 1_000)
    location = np.where(np.arange(n_bars) < 3, np.nan, 0.05 * bars["hint"])
    spread = np.where(np.isnan(location), np.nan, -5.5 + 0.3 * random.standard_normal(n_bars))
    until = (bars.index - pd.Timedelta("1D")).where(~np.isnan(location))
    return bars.drop(columns="hint").assign(
        noise=random.standard_normal(n_bars),
        **dict(zip(TOLD_COLUMNS, (location, spread), strict=True)),
        **{TRAINED_UNTIL: until},
    )
