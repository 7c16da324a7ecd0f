"""Bars on disk: one parquet file per series, written whole or not at all, checked when it is read.

Our own files carry a fingerprint of their bars and the caller's notes in the schema metadata; any
other parquet with the right columns is read as well.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from config.instruments import Instrument
from data.bars import BAR_COLUMNS, check_bars
from utils.errors import DataError
from utils.files import atomic_path

NOTES_KEY = b"futuresgym"
"""Where our entry lies in the schema metadata."""


def save_bars(frame: pd.DataFrame, path: Path, metadata: dict[str, str]) -> None:
    """Write bars, their fingerprint and `metadata` to `path` in one step.

    Args:
        frame: Bars, as for `check_bars`.
        path: Parquet file to create or replace.
        metadata: What to note of their origin, e.g. {"source": "synthetic", "seed": "0"}.

    Raises:
        DataError: If the bars break an invariant, or a column cannot be stored.
        ConfigError: If the folder cannot be written.
    """
    bars = check_bars(frame, where=f"bars for `{path}`")
    notes = json.dumps({"fingerprint": fingerprint(bars), "metadata": metadata}, sort_keys=True)
    table = _as_table(bars, path)
    table = table.replace_schema_metadata({**table.schema.metadata, NOTES_KEY: notes.encode()})
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary)


def _as_table(bars: pd.DataFrame, path: Path) -> pa.Table:
    try:
        return pa.Table.from_pandas(bars.reset_index(), preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        message = f"bars for `{path}`: a column cannot be stored ({reason}); convert or drop it"
        raise DataError(message) from error


def load_bars(path: Path, instrument: Instrument) -> pd.DataFrame:
    """Return the bars of a parquet file, checked against the instrument's tick grid.

    Args:
        path: Parquet file, ours or anybody's, with the columns that `check_bars` asks for.
        instrument: What the bars are traded as.

    Raises:
        DataError: If the file is missing, no parquet, damaged, or its bars break an invariant.
    """
    frame, notes = _read(path)
    bars = check_bars(frame, instrument, where=f"`{path}`")
    stored = notes.get("fingerprint")
    if stored is not None and stored != fingerprint(bars):
        raise DataError(
            f"`{path}`: the bars do not match the fingerprint stored with them, "
            f"so they were changed since; restore the file, or save the bars anew"
        )
    return bars


def load_metadata(path: Path) -> dict[str, str]:
    """Return what was noted when the file was saved; empty for a file that is not ours.

    Raises:
        DataError: If the file is missing, no parquet, or damaged.
    """
    with _refused_if_damaged(path), pq.ParquetFile(path) as file:
        return dict(_notes(file.schema_arrow).get("metadata", {}))


def fingerprint(frame: pd.DataFrame) -> str:
    """Return the SHA-256 (hex) of a checked frame's stamps and OHLCV, not of further columns."""
    stamps = pd.DatetimeIndex(frame.index).as_unit("ns").asi8
    digest = hashlib.sha256(stamps.astype("<i8").tobytes())
    for name in BAR_COLUMNS:
        # Adding zero turns -0.0 into 0.0: equal bars have equal fingerprints.
        digest.update((frame[name].to_numpy(dtype=np.float64) + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()


def _read(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a parquet file's frame as it lies there, and our notes (empty in a foreign file)."""
    # ParquetFile rather than read_table, which adds columns for folders named like `year=2024`.
    with _refused_if_damaged(path), pq.ParquetFile(path) as file:
        return file.read().to_pandas(), _notes(file.schema_arrow)


@contextmanager
def _refused_if_damaged(path: Path) -> Iterator[None]:
    """Turn every failure to read `path` as parquet into one line."""
    if path.is_dir():
        raise DataError(f"`{path}` is a folder; name one parquet file in it")
    if not path.exists():
        raise DataError(f"no bar file `{path}`; check the path")
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"`{path}` is no parquet file, or is damaged ({reason}); restore it, or convert it, "
            f"e.g. a CSV file with pandas.read_csv(...).to_parquet(...)"
        ) from error


def _notes(schema: pa.Schema) -> dict[str, Any]:
    """Return what `save_bars` noted; a ValueError if that is not what lies there."""
    notes = json.loads((schema.metadata or {}).get(NOTES_KEY, b"{}"))
    if not isinstance(notes, dict) or not isinstance(notes.get("metadata", {}), dict):
        raise ValueError("its notes are not ours")
    return notes
