"""Out-of-fold forecasts on disk: a directory of blocks and one manifest, the env's only source.

Every block was forecast by a training that had seen nothing near it; whoever reads the store has
that checked again, row by row. The files of single blocks are left to data/forecast_blocks.py, the
manifest to data/forecast_manifest.py, the columns of a frame to data/forecast_columns.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import check_bars
from data.forecast_blocks import ForecastBlock, StoredRows, check_block, read_block, write_block
from data.forecast_columns import Floats, all_columns, column_values
from data.forecast_frame import Stamps, check_rule
from data.forecast_manifest import (
    BlockEntry,
    StoreTerms,
    check_same_terms,
    manifest_text,
    parsed_manifest,
)
from data.forecast_names import TRAINED_UNTIL
from data.store import fingerprint, locked_for_writing
from utils.errors import ConfigError, DataError
from utils.files import sha256_of_file, write_text_atomically
from utils.registry import unknown_name_message

MANIFEST = "store.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastRows:
    """All forecasts of a store, oldest row first; every row keeps the rule.

    Attributes:
        timestamps: (n,) UTC, of the bars at whose close they were made.
        horizons: Bars ahead.
        quantiles: (n, n_horizons, n_heads, N_LEVELS) log returns.
        is_fallback: (n, n_horizons) whether the fallback's forecast stands there.
        trained_until: (n,) stamp of the last bar that each row's training learnt from.
    """

    timestamps: pd.DatetimeIndex
    horizons: tuple[int, ...]
    quantiles: Floats
    is_fallback: NDArray[np.bool_]
    trained_until: pd.DatetimeIndex

    def columns(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the named columns and TRAINED_UNTIL, one row each; None names all there are.

        Raises:
            ConfigError: If there is no such column.
        """
        chosen = all_columns(self.horizons) if names is None else tuple(names)
        values = column_values(chosen, self.horizons, self.quantiles, self.is_fallback)
        frame = pd.DataFrame(values, index=self.timestamps, columns=list(chosen))
        return frame.assign(**{TRAINED_UNTIL: self.trained_until})


class ForecastStore:
    """A directory of forecasts that grows block by block; readers see whole blocks only.

    Attributes:
        path: The directory.
        terms: What is the same for all blocks.
    """

    def __init__(self, path: Path | str) -> None:
        """Open a store that is there.

        Raises:
            DataError: If there is none, or its manifest is damaged, edited or of another format.
        """
        self.path = Path(path)
        self.terms, _ = self._read_manifest()

    @classmethod
    def create(cls, path: Path | str, terms: StoreTerms) -> Self:
        """Make an empty store, or open the one of the same terms that is there to go on with it.

        Raises:
            ConfigError: If `path` holds anything else, or cannot be written.
            DataError: If it is a store of other terms, or damaged.
        """
        folder = Path(path)
        if not (folder / MANIFEST).exists():
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise ConfigError(
                    f"`{folder}` exists and is no store of forecasts; choose another directory"
                )
            write_text_atomically(folder / MANIFEST, manifest_text(terms, ()))
        store = cls(folder)
        check_same_terms(folder, store.terms, terms)
        return store

    def blocks(self) -> tuple[BlockEntry, ...]:
        """Return what the manifest says of each block, oldest first; as it is now on disk."""
        return self._read_manifest()[1]

    def add_block(self, block: ForecastBlock) -> BlockEntry:
        """Add a block after the last one, whole or not at all.

        Raises:
            DataError: If its values are no quantiles, its training is too close to it, or it does
                not begin after the last row that is there.
            ConfigError: If the directory cannot be written.
        """
        where, terms = f"store `{self.path}`", self.terms
        check_block(block, terms.horizons, where)
        train_ends = np.full(len(block.bars), block.train_end.as_unit("ns").value)
        check_rule(block.stamps, train_ends, terms.horizons, terms.bar_seconds, where)
        with locked_for_writing(self.path / MANIFEST):
            entries = self.blocks()
            _check_after(entries, block, where)
            file = f"block_{len(entries):05d}.parquet"
            write_block(self.path / file, block, terms.horizons)
            entry = _entry_of(block, file, sha256_of_file(self.path / file))
            text = manifest_text(terms, (*entries, entry))
            write_text_atomically(self.path / MANIFEST, text)
        return entry

    def read(self) -> ForecastRows:
        """Return all forecasts, each block checked against its hash and each row for look-ahead.

        Raises:
            DataError: If a block is missing, changed or malformed, there is none, or a row breaks
                `train_end + h_max bars < timestamp`: the first such row is named.
        """
        entries = self.blocks()
        if not entries:
            raise DataError(f"store `{self.path}` has no forecasts yet; make some with predict")
        parts = [self.rows_of(entry) for entry in entries]
        stamps = np.concatenate([part.stamps for part in parts])
        train_ends = np.concatenate([part.train_ends for part in parts])
        _check_rising(stamps, self.path)
        horizons, where = self.terms.horizons, f"store `{self.path}`"
        check_rule(stamps, train_ends, horizons, self.terms.bar_seconds, where)
        pairs = zip(parts, entries, strict=True)
        return ForecastRows(
            timestamps=_utc(stamps),
            horizons=horizons,
            quantiles=np.concatenate([part.quantiles for part in parts]),
            is_fallback=np.concatenate([rows.model_ids == own.fallback_id for rows, own in pairs]),
            trained_until=_utc(train_ends),
        )

    def rows_of(self, entry: BlockEntry) -> StoredRows:
        """Return the rows of a block of `blocks`.

        Raises:
            DataError: If its file is not the one that the manifest lists, or malformed.
        """
        path = self.path / entry.file
        if not path.is_file():
            raise DataError(f"block `{path}` is missing; restore it, or make the store anew")
        if sha256_of_file(path) != entry.sha256:
            raise DataError(f"block `{path}` was changed or damaged; restore it, or make it anew")
        rows = read_block(path, self.terms.horizons)
        strangers = set(rows.model_ids.ravel().tolist()) - {entry.model_id, entry.fallback_id}
        if strangers or not np.isfinite(rows.quantiles).all():
            wrong = f"forecasts of `{min(strangers)}`" if strangers else "NaN or infinite values"
            raise DataError(f"block `{path}` holds {wrong}; make the store anew")
        return rows

    def _read_manifest(self) -> tuple[StoreTerms, tuple[BlockEntry, ...]]:
        path = self.path / MANIFEST
        if not path.is_file():
            raise DataError(f"`{self.path}` is no store of forecasts: it holds no `{MANIFEST}`")
        try:
            text = path.read_bytes()
        except OSError as error:
            raise DataError(f"cannot read `{path}`: {error.strerror or error}") from error
        return parsed_manifest(text, path)


def with_forecasts(
    bars: pd.DataFrame, path: Path | str, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return bars with forecasts beside them, and TRAINED_UNTIL.

    Row t holds what was forecast at its close by something learnt long before. Rows before the
    first forecast have NaN; every later one has a forecast.

    Args:
        bars: As for `check_bars`, without forecasts.
        path: Directory of a ForecastStore made of these bars, or of more.
        columns: Of `all_columns`; None joins all there are.

    Raises:
        DataError: If the store does not keep the rule, is damaged, was made of other bars, or has
            no forecast for a bar after its first one.
        ConfigError: If there is no such column.
    """
    frame = check_bars(bars)
    store = ForecastStore(path)
    if columns is not None:
        _check_known(columns, store.terms.horizons)
    rows = store.read()
    _check_same_bars(frame, store)
    places = rows.timestamps.get_indexer(frame.index)
    _check_covered(frame, places, store.path)
    joined = rows.columns(columns).reindex(frame.index)
    own = frame.drop(columns=[name for name in joined.columns if name in frame.columns])
    return pd.concat([own, joined], axis=1)


def _check_known(columns: Sequence[str], horizons: Sequence[int]) -> None:
    choices = all_columns(horizons)
    for name in columns:
        if name not in choices:
            raise ConfigError(unknown_name_message(name, "forecast column", choices))


def _check_same_bars(frame: pd.DataFrame, store: ForecastStore) -> None:
    """Refuse bars other than those that were forecast from; blocks that reach beyond are not asked.

    A block is compared if the frame begins and ends outside of it.
    """
    stamps = pd.DatetimeIndex(frame.index)
    for entry in store.blocks():
        first, last = pd.Timestamp(entry.first), pd.Timestamp(entry.last)
        if stamps[0] > first or stamps[-1] < last:
            continue
        own = frame[(stamps >= first) & (stamps <= last)]
        if len(own) != entry.n_rows or fingerprint(own) != entry.bars:
            raise DataError(
                f"store `{store.path}` was made of other bars: those from {entry.first} to "
                f"{entry.last} differ; give the file that it was made of, or forecast these bars"
            )


def _check_covered(frame: pd.DataFrame, places: NDArray[np.int64], path: Path) -> None:
    """Refuse bars of which none has a forecast, or a later one has none."""
    is_there = places >= 0
    first = int(is_there.argmax())
    if not is_there.any():
        raise DataError(
            f"store `{path}` has no forecast for any of {len(frame)} bars from {frame.index[0]} to "
            f"{frame.index[-1]}; give bars that it was made of"
        )
    if not is_there[first:].all():
        row = first + int(is_there[first:].argmin())
        raise DataError(
            f"store `{path}` has no forecast for the bar at {frame.index[row].isoformat()} "
            f"({int((~is_there[first:]).sum())} bars after its first one have none); forecast them "
            "too, or give bars without them"
        )


def _check_after(entries: Sequence[BlockEntry], block: ForecastBlock, where: str) -> None:
    if entries and block.bars.index[0] <= pd.Timestamp(entries[-1].last):
        raise DataError(
            f"{where}: a block must begin after the last one, which ends at {entries[-1].last}, "
            f"began at {block.bars.index[0].isoformat()}; add blocks in order, each row once"
        )


def _check_rising(stamps: Stamps, path: Path) -> None:
    wrong = np.flatnonzero(np.diff(stamps) <= 0)
    if len(wrong):
        stamp = pd.Timestamp(stamps[wrong[0] + 1], tz="UTC").isoformat()
        raise DataError(f"store `{path}`: blocks overlap at {stamp}; make the store anew")


def _entry_of(block: ForecastBlock, file: str, sha256: str) -> BlockEntry:
    return BlockEntry(
        file=file,
        sha256=sha256,
        first=block.bars.index[0].isoformat(),
        last=block.bars.index[-1].isoformat(),
        n_rows=len(block.bars),
        bars=fingerprint(block.bars),
        model_id=block.model_id,
        fallback_id=block.fallback_id,
        train_end=block.train_end.isoformat(),
    )


def _utc(stamps: Stamps) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(stamps.view("datetime64[ns]"), tz="UTC", name="timestamp")
