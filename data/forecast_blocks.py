"""One block of stored forecasts: what it holds, and its parquet file, one row for each value.

Forecasts of one training make a block. Which blocks make a store is left to
data/forecast_store.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.forecast_columns import HIGH, LOW, Floats
from data.forecast_frame import Stamps
from data.forecast_names import HEADS, LEVELS, N_LEVELS, Head
from utils.errors import DataError
from utils.files import atomic_path

STAMP = pa.timestamp("ns", tz="UTC")
WORD = pa.dictionary(pa.int32(), pa.string())

SCHEMA = pa.schema(
    {
        "timestamp": STAMP,
        "horizon": pa.int32(),
        "head": WORD,
        "level": pa.float64(),
        "value": pa.float64(),
        "model_id": WORD,
        "train_end": STAMP,
        "refit_time": STAMP,
    }
)
REPEATED = [name for name in SCHEMA.names if name != "value"]
WORDS = ["head", "model_id"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastBlock:
    """The forecasts of one training, oldest row first.

    Attributes:
        bars: (n,) the bars at whose close each row is forecast, as `check_bars` returns them.
        quantiles: (n, n_horizons, n_heads, N_LEVELS) log returns, finite, never falling along the
            levels; heads in the order of HEADS.
        is_fallback: (n, n_horizons) whether the fallback's forecast stands there.
        train_end: Stamp of the last bar that the training learnt from, labels included.
        refit_time: When it was trained, by the clock on the wall.
        model_id: Of what was trained: family, hash of the settings, train_end.
        fallback_id: Of what stands in for it.
    """

    bars: pd.DataFrame
    quantiles: Floats
    is_fallback: NDArray[np.bool_]
    train_end: pd.Timestamp
    refit_time: pd.Timestamp
    model_id: str
    fallback_id: str

    @property
    def stamps(self) -> Stamps:
        """Of its rows, (n,) UTC ns."""
        stamps: Stamps = pd.DatetimeIndex(self.bars.index).as_unit("ns").asi8
        return stamps


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredRows:
    """What a file of forecasts says, oldest row first.

    Attributes:
        stamps: (n,) UTC ns.
        quantiles: (n, n_horizons, n_heads, N_LEVELS) log returns.
        model_ids: (n, n_horizons) whose forecast it is.
        train_ends: (n,) UTC ns.
    """

    stamps: Stamps
    quantiles: Floats
    model_ids: NDArray[np.str_]
    train_ends: Stamps


def check_block(block: ForecastBlock, horizons: Sequence[int], where: str) -> None:
    """Refuse a block of other shapes, or of values that are no quantiles.

    Raises:
        DataError: Naming the first row and horizon that is wrong.
    """
    n_rows, n_horizons = len(block.bars), len(horizons)
    shape = n_rows, n_horizons, len(HEADS), N_LEVELS
    if block.quantiles.shape != shape or block.is_fallback.shape != shape[:2] or n_rows == 0:
        raise DataError(
            f"{where}: quantiles and is_fallback of a block must have the shapes {shape} and "
            f"{shape[:2]}, n >= 1, had {block.quantiles.shape} and {block.is_fallback.shape}"
        )
    if block.model_id == block.fallback_id and block.is_fallback.any():
        raise DataError(f"{where}: model and fallback share the id `{block.model_id}`; name both")
    values = block.quantiles
    returns = values[:, :, HEADS.index(Head.RETURN)]
    not_finite = np.asarray(~np.isfinite(values).all(axis=(2, 3)))
    falling = np.asarray((np.diff(values) < 0.0).any(axis=(2, 3)))
    no_width = np.asarray(returns[:, :, HIGH] <= returns[:, :, LOW])
    _refuse(block, horizons, not_finite, f"{where}: NaN or infinite")
    _refuse(block, horizons, falling, f"{where}: crossing")
    _refuse(block, horizons, no_width, f"{where}: equal .05 and .95")


def _refuse(
    block: ForecastBlock, horizons: Sequence[int], wrong: NDArray[np.bool_], problem: str
) -> None:
    """Raise a DataError naming the first of (n, n_horizons) that is wrong."""
    if wrong.any():
        row, i = np.argwhere(wrong)[0]
        raise DataError(
            f"{problem} quantiles at {block.bars.index[row].isoformat()}, horizon {horizons[i]} "
            f"({int(wrong.sum())} of {wrong.size}); leave out rows without a forecast, or mend "
            "what made them"
        )


def write_block(path: Path, block: ForecastBlock, horizons: Sequence[int]) -> None:
    """Write a checked block in one step: rows by stamp, then horizon, head and level."""
    n_rows, per_horizon = len(block.bars), len(HEADS) * N_LEVELS
    per_row = len(horizons) * per_horizon
    heads = np.repeat(np.arange(len(HEADS)), N_LEVELS)
    ids = pa.array([block.model_id, block.fallback_id], pa.string())
    columns = [
        pa.array(np.repeat(block.stamps, per_row), STAMP),
        pa.array(np.tile(np.repeat(horizons, per_horizon), n_rows), pa.int32()),
        _words(np.tile(heads, n_rows * len(horizons)), pa.array(list(HEADS), pa.string())),
        pa.array(np.tile(LEVELS, n_rows * len(horizons) * len(HEADS))),
        pa.array(np.ascontiguousarray(block.quantiles, dtype=np.float64).ravel()),
        _words(np.repeat(block.is_fallback.ravel().astype(np.int32), per_horizon), ids),
        pa.array(_repeated(block.train_end, n_rows * per_row), STAMP),
        pa.array(_repeated(block.refit_time, n_rows * per_row), STAMP),
    ]
    table = pa.Table.from_arrays(columns, schema=SCHEMA)
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, use_dictionary=REPEATED)


def _words(places: NDArray[np.int64], words: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), words)


def _repeated(stamp: pd.Timestamp, count: int) -> Stamps:
    return np.full(count, stamp.as_unit("ns").value)


def read_block(path: Path, horizons: Sequence[int]) -> StoredRows:
    """Return the forecasts of one file.

    Raises:
        DataError: If it is no parquet, or its rows are not those that `write_block` writes for
            these horizons.
    """
    try:
        with pq.ParquetFile(path, read_dictionary=WORDS) as file:
            columns = {name: file.read([name]).column(0) for name in SCHEMA.names}
        return _shaped(columns, horizons)
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"`{path}` is no block of forecasts for horizons {list(horizons)} ({reason}); make the "
            "store anew"
        ) from error


def _shaped(columns: dict[str, pa.ChunkedArray], horizons: Sequence[int]) -> StoredRows:
    """Return the rows as arrays; a ValueError where they are not in order or not complete."""
    shape = -1, len(horizons), len(HEADS), N_LEVELS
    stamps = _numbers(columns["timestamp"]).reshape(-1, len(horizons) * len(HEADS) * N_LEVELS)
    train_ends = _numbers(columns["train_end"]).reshape(stamps.shape)
    ids, id_words = _coded(columns["model_id"])
    ids = ids.reshape(shape)
    heads, head_words = _coded(columns["head"])
    head_of_code = np.array([HEADS.index(Head(word)) for word in head_words])
    kept = {
        "timestamp": (stamps == stamps[:, :1]).all() and (np.diff(stamps[:, 0]) > 0).all(),
        "train_end": (train_ends == train_ends[:, :1]).all(),
        "horizon": _is_tiled(_numbers(columns["horizon"]).reshape(shape), np.array(horizons), 1),
        "head": _is_tiled(head_of_code[heads].reshape(shape), np.arange(len(HEADS)), 2),
        "level": _is_tiled(_numbers(columns["level"]).reshape(shape), np.array(LEVELS), 3),
        "model_id": (ids == ids[:, :, :1, :1]).all(),
    }
    for name, is_kept in kept.items():
        if not is_kept:
            raise ValueError(f"column `{name}` is not as it is written")
    return StoredRows(
        stamps=stamps[:, 0],
        quantiles=_numbers(columns["value"]).reshape(shape),
        model_ids=np.array(id_words)[ids[:, :, 0, 0]],
        train_ends=train_ends[:, 0],
    )


def _is_tiled(values: NDArray[np.generic], expected: NDArray[np.generic], axis: int) -> bool:
    """Return whether a column holds `expected` along one axis of (n, horizons, heads, levels)."""
    form = [1, 1, 1, 1]
    form[axis] = -1
    return values.shape[axis] == len(expected) and bool((values == expected.reshape(form)).all())


def _numbers(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column without missing values; stamps as nanoseconds."""
    if column.null_count:
        raise ValueError("a value is missing")
    if pa.types.is_timestamp(column.type):
        column = column.cast(STAMP).cast(pa.int64())
    return np.asarray(column.to_numpy())


def _coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], list[str]]:
    """Return a column of words as numbers, and the words that they stand for."""
    encoded = column.unify_dictionaries().combine_chunks()
    return np.asarray(encoded.indices.to_numpy()), encoded.dictionary.to_pylist()
