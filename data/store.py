"""Bars on disk: one parquet file per series, written whole or not at all, checked when it is read.

Our own files carry a fingerprint of their bars and the caller's notes in the schema metadata; any
other parquet with the right columns is read as well. Readers need no lock: a file is replaced in
one step, and whoever has opened the old one reads that to its end. Writers wait for each other.
Adding bars to a file is left to data/store_append.py.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from config.instruments import Instrument
from data.bars import BAR_COLUMNS, bar_seconds, check_bars
from utils.errors import ConfigError, DataError
from utils.files import atomic_path, temporaries_of

NOTES_KEY = b"futuresgym"
"""Where our entry lies in the schema metadata."""

ADJUSTMENTS = ("none", "difference", "ratio")
"""What may have been done to prices at rolls."""

CHANGED = (
    "the bars do not match the fingerprint stored with them, "
    "so they were changed since; restore the file, or save the bars anew"
)
"""What is said of a file whose values somebody else edited."""

SYNTHETIC = "synthetic"
"""How the `source` of made-up bars begins; `is_made_up` asks for it."""

LOCK_SECONDS = 30.0
"""How long a writer waits for another one."""


def bar_metadata(
    bars: pd.DataFrame,
    *,
    symbol: str,
    source: str,
    adjustment: str = "none",
    zone: str = "UTC",
    quality: str = "",
) -> dict[str, str]:
    """Return what to note of bars when they are saved, all of it text.

    Args:
        bars: Checked bars, for their size.
        symbol: Key of INSTRUMENTS.
        source: Where they come from, e.g. "yahoo NQ=F".
        adjustment: One of ADJUSTMENTS.
        zone: The zone their stamps were read in, and how that is known.
        quality: One line, e.g. "0 errors, 2 warnings"; "" where nobody looked.
    """
    return {
        "symbol": symbol,
        "bar_seconds": str(bar_seconds(pd.DatetimeIndex(bars.index))),
        "adjustment": adjustment,
        "source": source,
        "zone": zone,
        "quality": quality,
    }


def size_to_note(stamps: pd.DatetimeIndex, noted: str = "") -> str:
    """Return the `bar_seconds` to note of bars that were changed.

    Args:
        stamps: Of the bars as they are now, oldest first.
        noted: What was noted of them before. It stays if it is the largest size that fits all
            distances, which in thin trading is not the usual one.
    """
    grid = int(np.gcd.reduce(np.diff(stamps.as_unit("s").asi8), initial=0))
    if noted.isdecimal() and int(noted) > 0 and grid in {0, int(noted)}:
        return noted
    return str(bar_seconds(stamps))


def is_made_up(notes: Mapping[str, str]) -> bool:
    """Return whether the notes stored with bars say that they were made up."""
    return notes.get("source", "").startswith(SYNTHETIC)


def save_bars(frame: pd.DataFrame, path: Path, metadata: Mapping[str, str]) -> None:
    """Write bars, their fingerprint and `metadata` to `path` in one step.

    Args:
        frame: Bars, as for `check_bars`.
        path: Parquet file to create or replace.
        metadata: What to note of their origin, e.g. from `bar_metadata`; further keys are kept.

    Raises:
        DataError: If the bars break an invariant, a column cannot be stored, or another process
            keeps writing the file.
        ConfigError: If the folder cannot be written, or the metadata are not text.
    """
    bars = check_bars(frame, where=f"bars for `{path}`")
    _check_metadata(metadata)
    with locked_for_writing(path):
        write_bars(bars, path, metadata)


def write_bars(bars: pd.DataFrame, path: Path, metadata: Mapping[str, str]) -> None:
    """Write checked bars; the caller holds the lock of `locked_for_writing`."""
    _write(bars, path, {"fingerprint": fingerprint(bars), "metadata": dict(metadata)})


def save_contracts(frame: pd.DataFrame, path: Path, metadata: Mapping[str, str]) -> None:
    """Write bars of several contracts, which overlap in time, and `metadata` to `path`.

    They are no one series, so they carry no fingerprint, and only `data.py roll` reads them.

    Args:
        frame: Bars by contract, as `check_contract_bars` takes them.
        path: Parquet file to create or replace.
        metadata: As for `save_bars`.

    Raises:
        DataError: If a column cannot be stored, or another process keeps writing the file.
        ConfigError: If the folder cannot be written, or the metadata are not text.
    """
    _check_metadata(metadata)
    with locked_for_writing(path):
        _write(frame, path, {"metadata": dict(metadata)})


def _write(frame: pd.DataFrame, path: Path, notes: Mapping[str, Any]) -> None:
    table = _as_table(frame, path)
    text = json.dumps(notes, sort_keys=True)
    table = table.replace_schema_metadata({**table.schema.metadata, NOTES_KEY: text.encode()})
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary)


def _check_metadata(metadata: Mapping[str, str]) -> None:
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise ConfigError(f"metadata must be text, `{key}` was {value!r}; use str(...)")
    adjustment = metadata.get("adjustment", "none")
    if adjustment not in ADJUSTMENTS:
        raise ConfigError(
            f"metadata `adjustment` must be one of {', '.join(ADJUSTMENTS)}, was `{adjustment}`"
        )


@contextmanager
def locked_for_writing(path: Path) -> Iterator[None]:
    """Keep other writers of `path` away, and remove what a killed one left beside it.

    Raises:
        DataError: If another process holds the lock for LOCK_SECONDS.
        ConfigError: If the folder cannot be made or written.
    """
    lock_path = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(lock_path, timeout=LOCK_SECONDS)
        lock.acquire()
    except Timeout as error:
        raise DataError(
            f"another process has been writing `{path}` for {LOCK_SECONDS:g} s; "
            f"wait until it is done, then try again"
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot write `{path}`: {error.strerror or error}") from error
    try:
        for leftover in temporaries_of(path):
            leftover.unlink(missing_ok=True)
        yield
    finally:
        # Unlinked while it is held: whoever waits for it sees that the file has lost its name, and
        # makes a new one. Windows refuses to, and keeps an empty file.
        with suppress(OSError):
            lock_path.unlink()
        lock.release()


def _as_table(bars: pd.DataFrame, path: Path) -> pa.Table:
    try:
        return pa.Table.from_pandas(bars.reset_index(), preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        message = f"bars for `{path}`: a column cannot be stored ({reason}); convert or drop it"
        raise DataError(message) from error


def load_bars(path: Path, instrument: Instrument | None) -> pd.DataFrame:
    """Return the bars of a parquet file, checked against the instrument's tick grid.

    Args:
        path: Parquet file, ours or anybody's, with the columns that `check_bars` asks for.
        instrument: What the bars are traded as; None for any grid, as of ratio-adjusted prices.

    Raises:
        DataError: If the file is missing, no parquet, damaged, or its bars break an invariant.
    """
    frame, notes = _read(path)
    bars = check_bars(frame, instrument, where=f"`{path}`")
    if not _matches(bars, notes):
        raise DataError(f"`{path}`: {CHANGED}")
    return bars


def _matches(bars: pd.DataFrame, notes: Mapping[str, Any]) -> bool:
    """Return whether checked bars are those of the stored fingerprint; True where there is none."""
    return notes.get("fingerprint") in {None, fingerprint(bars)}


def read_unchecked(path: Path) -> tuple[pd.DataFrame, dict[str, str], bool]:
    """Return a parquet file's frame as it lies there, its metadata, and whether it is as saved.

    For whoever reports on bars or mends them; everybody else asks `load_bars`. The last value is
    False where there is a fingerprint and the bars, which may break any invariant, do not match it.

    Raises:
        DataError: If the file is missing, no parquet, or damaged.
    """
    frame, notes = _read(path)
    try:
        is_intact = notes.get("fingerprint") is None or _matches(check_bars(frame), notes)
    except DataError:
        is_intact = False  # bars that break an invariant were never saved by us
    return frame, dict(notes.get("metadata", {})), is_intact


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
