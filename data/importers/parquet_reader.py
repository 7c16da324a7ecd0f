"""Read any parquet file that has dates and prices under names that we know."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.bars import BAR_COLUMNS, holds_numbers
from data.importers.columns import Layout, layout_of_header
from data.importers.options import OnProgress
from data.importers.raw_bars import Floats, RawBars
from data.importers.source import Sample
from data.importers.stamps import read_stamps
from data.importers.zones import NO_STAMP, Stamps
from data.store import load_metadata
from utils.errors import DataError

MAGIC = b"PAR1"


def parquet_layout(sample: Sample) -> Layout | None:
    """Return how to read a parquet file; None for any other file.

    Raises:
        DataError: If it is one, and is damaged or lacks a column.
    """
    if not sample.head.startswith(MAGIC):
        return None
    try:
        with pq.ParquetFile(sample.path) as file:
            names = [name.lower() for name in file.schema_arrow.names]
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{sample.where} is a damaged parquet file ({reason})") from error
    names = ["timestamp" if name.startswith("__index_level_0") else name for name in names]
    layout = layout_of_header(sample, header_lines=0, names=names)
    if layout is None:
        raise DataError(
            f"{sample.where}: no column of dates, or not all of open, high, low, close "
            f"(present: {', '.join(names)}); rename them"
        )
    noted = load_metadata(sample.path)  # nothing in files of others
    return replace(
        layout,
        adjustment=noted.get("adjustment", "none"),
        origin=noted.get("source", ""),
        notes=_left_out(names, layout),
    )


def _left_out(names: list[str], layout: Layout) -> tuple[str, ...]:
    """Return a note on the columns that are not taken, if there are any."""
    taken = {names[place] for place in layout.columns.values()}
    others = [name for name in names if name not in taken]
    return (f"columns that are not taken: {', '.join(others)}",) if others else ()


def read_parquet(sample: Sample, layout: Layout, on_progress: OnProgress) -> RawBars:
    """Return the rows of a parquet file.

    Raises:
        DataError: If it has no rows, is damaged, or its dates are none.
    """
    size = sample.path.stat().st_size
    try:
        with pq.ParquetFile(sample.path) as file:
            table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{sample.where} is a damaged parquet file ({reason})") from error
    if table.num_rows == 0:
        raise DataError(f"{sample.where} has no bars")
    on_progress(size, size)
    stamps, is_utc = _stamps(table.column(layout.columns["stamp"]), sample.where)
    contract = layout.columns.get("contract")
    return RawBars(
        lines=np.arange(1, table.num_rows + 1),
        stamps=stamps,
        is_utc=is_utc,
        columns={name: _values(table, layout, name) for name in BAR_COLUMNS},
        has_volume="volume" in layout.columns,
        contracts=None if contract is None else pd.Categorical(table.column(contract).to_pandas()),
        notes=layout.notes,
    )


def _stamps(column: pa.ChunkedArray, where: str) -> tuple[Stamps, bool]:
    """Return dates as nanoseconds, and whether they are UTC."""
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        has_zone = pa.types.is_timestamp(column.type) and column.type.tz is not None
        try:
            numbers = column.cast(pa.timestamp("ns")).cast(pa.int64())
        except pa.ArrowInvalid as error:
            raise DataError(f"{where}: a date lies outside the years 1678 to 2261") from error
        return np.asarray(numbers.fill_null(NO_STAMP).to_numpy()), has_zone
    batch = read_stamps(column.cast(pa.string()).combine_chunks().fill_null(""))
    is_date = batch.stamps != NO_STAMP
    if not is_date.any() or batch.month_first is not None or len(set(batch.has_zone[is_date])) > 1:
        raise DataError(
            f"{where}: the dates must be timestamps, was {column.type}; "
            f"convert them with pandas.to_datetime(..., utc=True)"
        )
    return batch.stamps, bool(batch.has_zone[is_date].all())


def _values(table: pa.Table, layout: Layout, name: str) -> Floats:
    if name not in layout.columns:
        return np.zeros(table.num_rows)
    column = table.column(layout.columns[name]).to_pandas()
    if not holds_numbers(column.dtype):
        column = pd.to_numeric(column, errors="coerce")
    return np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))
