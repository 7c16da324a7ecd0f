"""Read Databento's binary files (DBN) of bars with Databento's own decoder."""

from collections.abc import Iterator
from typing import Any

import databento_dbn
import numpy as np
import pandas as pd

from data.importers.columns import Layout
from data.importers.options import OnProgress
from data.importers.raw_bars import BrokenLine, RawBars
from data.importers.source import Sample, opened
from data.importers.zones import NO_STAMP
from utils.errors import DataError

MAGIC = b"DBN"
BLOCK_BYTES = 1 << 22
SECONDS = {"ohlcv-1s": 1, "ohlcv-1m": 60, "ohlcv-1h": 3_600, "ohlcv-1d": 86_400}
"""Size of a bar by the schema of the file."""

_FIELDS = ("open", "high", "low", "close", "volume", "instrument_id")
_PRICE_SCALE = 1e-9
_UNDEFINED = int(np.iinfo(np.int64).max)
"""How DBN writes that there is no price, and what an undefined time is cut to."""


def dbn_layout(sample: Sample) -> Layout | None:
    """Return how to read a DBN file; None for any other file."""
    return Layout(columns={}, width=0, header_lines=0) if sample.head.startswith(MAGIC) else None


def read_dbn(sample: Sample, _layout: Layout, on_progress: OnProgress) -> RawBars:
    """Return the bars of a DBN file, compressed or not.

    Contracts are named as in the file's symbology, e.g. MGCG1; spreads between them included.

    Raises:
        DataError: If it holds something other than bars, none at all, or is damaged.
    """
    blocks: list[np.ndarray[Any, Any]] = []
    broken: list[BrokenLine] = []
    records = _records(sample, on_progress, broken)
    metadata = next(records, None)
    seconds = SECONDS.get(str(getattr(metadata, "schema", "")))
    if seconds is None:
        schema = getattr(metadata, "schema", "unknown")
        raise DataError(f"{sample.where} holds `{schema}`, not bars; order ohlcv-1m or ohlcv-1s")
    while block := [_row(record) for record in _some(records)]:
        blocks.append(np.array(block, dtype=np.int64))
    if not blocks:
        raise DataError(f"{sample.where} has no bars")
    table = np.concatenate(blocks)
    return RawBars(
        lines=np.arange(1, len(table) + 1),
        stamps=np.where(table[:, 0] == _UNDEFINED, NO_STAMP, table[:, 0]),
        is_utc=True,
        columns={
            **{name: _prices(table[:, 1 + i]) for i, name in enumerate(_FIELDS[:4])},
            "volume": table[:, 5].astype(np.float64),
        },
        contracts=_contracts(metadata, table[:, 6]),
        broken=tuple(broken),
        seconds=seconds,
    )


def _row(record: Any) -> list[int]:
    # An undefined time is the largest unsigned number, which is too large for int64.
    stamp = min(record.ts_event, _UNDEFINED)
    return [stamp, *(getattr(record, name) for name in _FIELDS)]


def _some(records: Iterator[Any], n_records: int = 100_000) -> Iterator[Any]:
    """Yield up to `n_records` more."""
    for _, record in zip(range(n_records), records, strict=False):
        yield record


def _records(sample: Sample, on_progress: OnProgress, broken: list[BrokenLine]) -> Iterator[Any]:
    """Yield the file's metadata, then its records; half of one at the end goes to `broken`."""
    decoder = databento_dbn.DBNDecoder()
    size = sample.path.stat().st_size
    n_records = 0
    try:
        with opened(sample.path) as (stream, file):
            while block := stream.read(BLOCK_BYTES):
                decoder.write(block)
                for record in decoder.decode():
                    n_records += 1
                    yield record
                on_progress(file.tell(), size)
    except databento_dbn.DBNError as error:
        raise DataError(f"{sample.where} is a damaged DBN file ({error})") from error
    rest = len(decoder.buffer())
    if rest:
        text = f"{rest} bytes"
        broken.append(BrokenLine(n_records, "half a record at the end", text))


def _prices(fixed: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, Any]":
    """Return fixed-point prices as points; rounded, since 1e-9 is no binary number."""
    return np.where(fixed == _UNDEFINED, np.nan, np.round(fixed * _PRICE_SCALE, 9))


def _contracts(metadata: Any, ids: "np.ndarray[Any, np.dtype[np.int64]]") -> pd.Categorical:
    """Return the name of each record's instrument; its number where the file has no name."""
    names: dict[int, str] = {}
    for name, intervals in metadata.mappings.items():
        for interval in intervals:
            names[int(interval["symbol"])] = name
    distinct, codes = np.unique(ids, return_inverse=True)
    return pd.Categorical.from_codes(codes, [names.get(int(i), str(i)) for i in distinct])
