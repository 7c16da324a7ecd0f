"""From a walk-forward run, or a saved forecaster, to a store of out-of-fold forecasts.

A row's forecast depends on nothing but the bars up to it, so that a run that is gone on with, or
that has more bars than before, adds to its store only what is not there.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.forecast_settings import ForecastSettings
from data.bars import bar_seconds
from data.forecast_blocks import ForecastBlock
from data.forecast_manifest import StoreTerms
from data.forecast_store import ForecastStore
from data.store import fingerprint
from models.forecast.family import Floats
from models.forecast.forecaster_identity import fallback_settings, model_name
from models.forecast.walk import Walk
from models.forecast.walk_online import ServedBlock
from utils.errors import DataError
from utils.provenance import code_provenance


def store_terms(bars: pd.DataFrame, settings: ForecastSettings) -> StoreTerms:
    """Return what is the same for all blocks of a store of these settings."""
    size = bar_seconds(pd.DatetimeIndex(bars.index))
    return StoreTerms(
        symbol=settings.symbol,
        bar_seconds=size,
        horizons=settings.horizons,
        settings=settings.model_dump(mode="json"),
        provenance=code_provenance(),
    )


def check_stored(store: ForecastStore, bars: pd.DataFrame) -> None:
    """Refuse bars that differ from those that a block of the store was forecast from.

    Raises:
        DataError: Naming the first such block.
    """
    for entry in store.blocks():
        own = bars.loc[pd.Timestamp(entry.first) : pd.Timestamp(entry.last)]
        if len(own) != entry.n_rows or fingerprint(own) != entry.bars:
            raise DataError(
                f"store `{store.path}` was made of other bars: those from {entry.first} to "
                f"{entry.last} differ; give the file that it was made of, or make another store"
            )


def add_served(store: ForecastStore, walk: Walk, family: str, served: ServedBlock) -> int:
    """Add to a store those rows of a block that it does not have; return how many.

    Args:
        store: Of `store_terms` and of the walk's bars.
        walk: The run.
        family: Whose forecasts they are.
        served: The block.

    Raises:
        DataError: If forecasts are no quantiles, or break the store's rule, or the store has others
            for rows of the block.
    """
    _check_as_stored(store, walk.bars.iloc[served.block.test], served.quantiles)
    index = pd.DatetimeIndex(walk.bars.index)
    settings = walk.settings.model_copy(update={"family": family})
    return add_rows(
        store,
        walk.bars.iloc[served.block.test],
        served.quantiles,
        served.is_fallback,
        trained=Trained(settings, index[served.block.train.stop - 1]),
    )


def _check_as_stored(store: ForecastStore, bars: pd.DataFrame, quantiles: Floats) -> None:
    """Refuse to go on with a store whose forecasts of some bars are not these, to the bit.

    They were made of other bars before its first block, or by other code.
    """
    stamps = pd.DatetimeIndex(bars.index).as_unit("ns").asi8
    for entry in store.blocks():
        if pd.Timestamp(entry.last) < bars.index[0] or pd.Timestamp(entry.first) > bars.index[-1]:
            continue
        kept = store.rows_of(entry)
        own = np.isin(kept.stamps, stamps)
        if not np.array_equal(
            kept.quantiles[own], quantiles[np.searchsorted(stamps, kept.stamps[own])]
        ):
            raise DataError(
                f"store `{store.path}` holds other forecasts of the bars from {entry.first} to "
                f"{entry.last}: it was made of other bars before them, or by other code; make "
                "another store"
            )


def check_walked(store: ForecastStore, walk: Walk) -> None:
    """Refuse a store with a block that no training of a run has forecast.

    Raises:
        DataError: Naming the first one, as a saved forecaster adds them.
    """
    index = pd.DatetimeIndex(walk.bars.index)
    ends = {index[block.train.stop - 1] for block in walk.blocks}
    for entry in store.blocks():
        if pd.Timestamp(entry.train_end) not in ends:
            raise DataError(
                f"store `{store.path}`: the forecasts from {entry.first} on are not of a "
                f"walk-forward run over these bars, but of what was trained up to "
                f"{entry.train_end}; name that forecaster with --model"
            )


def check_follows(store: ForecastStore, stamps: pd.DatetimeIndex, first: pd.Timestamp) -> None:
    """Refuse to leave bars without a forecast between a store's last row and what is to be added.

    Args:
        store: Where to.
        stamps: Of all bars.
        first: Of the first row that could be added.

    Raises:
        DataError: Saying how many bars there are.
    """
    entries = store.blocks()
    if not entries:
        return
    last = pd.Timestamp(entries[-1].last)
    n_between = int(((stamps > last) & (stamps < first)).sum())
    if n_between:
        raise DataError(
            f"store `{store.path}` ends at {entries[-1].last}, the forecaster's first row for one "
            f"is {first.isoformat()}: {n_between} bars between would have no forecast, and nobody "
            "could join the store with them; choose another --out, or train again with these bars"
        )


class Trained:
    """By whom rows were forecast: settings, and the stamp of the last bar learnt from."""

    def __init__(self, settings: ForecastSettings, until: pd.Timestamp) -> None:
        """Name the training."""
        self.until = until
        self.model_id = model_name(settings, until)
        self.fallback_id = f"fallback-{model_name(fallback_settings(settings), until)}"


def add_rows(
    store: ForecastStore,
    bars: pd.DataFrame,
    quantiles: Floats,
    is_fallback: NDArray[np.bool_],
    trained: Trained,
) -> int:
    """Add the rows that have a forecast and come after the store's last one; return how many.

    Args:
        store: Where to.
        bars: (n,) of the rows.
        quantiles: (n, n_horizons, n_heads, N_LEVELS) log returns; NaN where there is none.
        is_fallback: (n, n_horizons).
        trained: By whom.

    Raises:
        DataError: If forecasts are no quantiles, or break the store's rule.
    """
    is_new = np.isfinite(quantiles).all(axis=(1, 2, 3))
    entries = store.blocks()
    if entries:
        is_new &= np.asarray(bars.index > pd.Timestamp(entries[-1].last))
    if is_new.any():
        store.add_block(
            ForecastBlock(
                bars=bars[is_new],
                quantiles=quantiles[is_new],
                is_fallback=is_fallback[is_new],
                train_end=trained.until,
                # when it could be trained at the latest: the clock would change the file each time
                refit_time=pd.Timestamp(bars.index[0]),
                model_id=trained.model_id,
                fallback_id=trained.fallback_id,
            )
        )
    return int(is_new.sum())
