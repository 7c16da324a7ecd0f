"""Read delimited text in blocks: dates and numbers out, whatever fails to be one noted by its line.

Nothing is decided here about order, zone or rules; rows stay in the file's order.
"""

import codecs
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from data.bars import BAR_COLUMNS, PRICE_COLUMNS
from data.importers.columns import Layout
from data.importers.options import OnProgress
from data.importers.raw_bars import BrokenLine, Floats, RawBars
from data.importers.source import Sample, opened
from data.importers.stamps import StampBatch, read_stamps
from data.importers.zones import NO_STAMP
from utils.errors import DataError

BLOCK_BYTES = 1 << 24
HALF_LINE = "half a line at the end"
_GROUPED = r"^[+-]?\d+([,' ]\d+)+([.,]\d+)?$"
"""Digits with thousands separators, or a decimal comma; which of the two, nobody can say."""

SHOWN_CHARACTERS = 80
"""Characters of a broken line that an error quotes."""


class _Batches:
    """What was read so far, block by block."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._stamps: list[StampBatch] = []
        self._columns: dict[str, list[Floats]] = {name: [] for name in BAR_COLUMNS}
        self._contracts: list[pa.Array] = []
        self._is_blank: list[NDArray[np.bool_]] = []
        self._is_grouped: list[NDArray[np.bool_]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in a block of lines as strings."""
        fields = [batch.column(index) for index in range(batch.num_columns)]
        self._is_blank.append(_blank_rows(fields))
        self._stamps.append(read_stamps(self._stamp_texts(fields)))
        self._is_grouped.append(np.zeros(batch.num_rows, dtype=np.bool_))
        for name in BAR_COLUMNS:
            self._columns[name].append(self._values(fields, name))
        if "contract" in self._layout.columns:
            codes = fields[self._layout.columns["contract"]]
            self._contracts.append(pc.utf8_trim_whitespace(codes).dictionary_encode())

    def raw_bars(self, broken: tuple[BrokenLine, ...], where: str) -> RawBars:
        """Return all of it as one; the blocks are let go column by column."""
        lines = _line_numbers(
            sum(len(rows) for rows in self._is_blank), broken, self._layout.header_lines
        )
        raw = RawBars(
            lines=lines,
            stamps=_joined([batch.stamps for batch in self._stamps]),
            month_first=self._month_first(),
            is_utc=self._layout.is_utc or self._says_zone(lines, where),
            columns={name: _joined(self._columns.pop(name)) for name in BAR_COLUMNS},
            is_grouped=_joined(self._is_grouped),
            has_volume=_has_volume(self._layout),
            contracts=self._contract_column(),
            broken=broken,
            shapes=_summed([batch.shapes for batch in self._stamps]),
            notes=self._layout.notes,
        )
        is_blank = _joined(self._is_blank)
        return replace(raw.rows(~is_blank), n_blank=int(is_blank.sum()))

    def _stamp_texts(self, fields: list[pa.Array]) -> pa.Array:
        columns = self._layout.columns
        if "time" not in columns:
            return fields[columns["stamp"]]
        parts = (pc.utf8_trim_whitespace(fields[columns[name]]) for name in ("stamp", "time"))
        return pc.binary_join_element_wise(*parts, " ")

    def _values(self, fields: list[pa.Array], name: str) -> Floats:
        columns = self._layout.columns
        if name in columns:
            values = self._numbers(fields[columns[name]])
            return values * self._layout.price_scale if name in PRICE_COLUMNS else values
        if "up" in columns:
            return self._numbers(fields[columns["up"]]) + self._numbers(fields[columns["down"]])
        return np.zeros(len(fields[0]))

    def _numbers(self, texts: pa.Array) -> Floats:
        """Return texts as float64, NaN for what is none; remember digits that something parts."""
        try:
            numbers = pc.cast(texts, pa.float64())
        except pa.ArrowInvalid:
            trimmed = pc.utf8_trim_whitespace(texts)
            is_grouped = pc.match_substring_regex(trimmed, _GROUPED)
            self._is_grouped[-1] |= is_grouped.to_numpy(zero_copy_only=False)
            numbers = pd.to_numeric(trimmed.to_pandas(), errors="coerce")
            return np.asarray(numbers.to_numpy(dtype=np.float64))
        return np.array(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)

    def _month_first(self) -> NDArray[np.int64] | None:
        if all(batch.month_first is None for batch in self._stamps):
            return None
        return _joined(
            [
                batch.stamps if batch.month_first is None else batch.month_first
                for batch in self._stamps
            ]
        )

    def _says_zone(self, lines: NDArray[np.int64], where: str) -> bool:
        """Return whether the dates say their zone; refuse a file where only some do."""
        is_blank = _joined(self._is_blank)
        has_zone = _joined([batch.has_zone for batch in self._stamps])[~is_blank]
        if not has_zone.any() or has_zone.all():
            return bool(has_zone.any())
        is_date = _joined([batch.stamps for batch in self._stamps])[~is_blank] != NO_STAMP
        without = ~has_zone & is_date
        if not without.any():
            return True
        own_lines = lines[~is_blank]
        raise DataError(
            f"{where}: mixed zones: {int(has_zone.sum()):,} dates say their zone (first in line "
            f"{own_lines[int(np.argmax(has_zone))]}), {int(without.sum()):,} do not (first in line "
            f"{own_lines[int(np.argmax(without))]}); write all of them in one way"
        )

    def _contract_column(self) -> pd.Categorical | None:
        if not self._contracts:
            return None
        return pa.chunked_array(self._contracts).unify_dictionaries().to_pandas().array


def read_text(sample: Sample, layout: Layout, on_progress: OnProgress) -> RawBars:
    """Return the rows of a delimited text file.

    Args:
        sample: Its beginning.
        layout: Which field is what.
        on_progress: Told the bytes read.

    Raises:
        DataError: If it has no rows, is damaged, or its dates are partly with a zone and partly
            without.
    """
    broken: list[BrokenLine] = []
    batches = _Batches(layout)
    n_rows = 0
    for batch in _batches(sample, layout, broken, on_progress):
        n_rows += batch.num_rows
        batches.add(batch)
    if n_rows == 0:
        raise DataError(_no_rows(sample, layout, broken))
    broken = _with_half_line(broken, n_rows + len(broken) + layout.header_lines)
    raw = batches.raw_bars(tuple(broken), sample.where)
    if len(raw.lines) == 0:
        raise DataError(_no_rows(sample, layout, broken))
    return raw


def _with_half_line(broken: list[BrokenLine], last_line: int) -> list[BrokenLine]:
    """Return the broken lines, and say of the file's last one what it is."""
    if not broken or broken[-1].line != last_line:
        return broken
    half = broken[-1]
    return [*broken[:-1], replace(half, reason=f"{HALF_LINE}: {half.reason}")]


def _no_rows(sample: Sample, layout: Layout, broken: list[BrokenLine]) -> str:
    if not broken:
        return f"{sample.where} has {layout.header_lines} lines of header and no bars"
    first = broken[0]
    return (
        f"{sample.where}: none of {len(broken):,} lines could be read, first line {first.line}: "
        f"{first.reason} ({first.text[:SHOWN_CHARACTERS]!r}); is the delimiter right?"
    )


def _batches(
    sample: Sample, layout: Layout, broken: list[BrokenLine], on_progress: OnProgress
) -> Iterator[pa.RecordBatch]:
    """Yield blocks of lines as columns of strings; lines of another width go to `broken`."""
    # Latin-1 reads any byte: on bytes that are no UTF-8, pyarrow would drop a broken line.
    encoding = "utf-16" if sample.encoding == "utf-16" else "latin-1"

    def keep(row: pa.csv.InvalidRow) -> str:
        reason = f"{row.actual_columns} fields where {row.expected_columns} belong"
        broken.append(BrokenLine(row.number, reason, _as_utf8(row.text, encoding)))
        return "skip"

    names = [str(index) for index in range(layout.width)]
    options = {
        "read_options": pa.csv.ReadOptions(
            column_names=names,
            skip_rows=layout.header_lines,
            block_size=BLOCK_BYTES,
            encoding=encoding,
            use_threads=False,  # line numbers are known only so
        ),
        "parse_options": pa.csv.ParseOptions(
            delimiter=sample.delimiter, invalid_row_handler=keep, ignore_empty_lines=False
        ),
        "convert_options": pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    }
    size = sample.path.stat().st_size
    with opened(sample.path) as (stream, file):
        if sample.encoding == "utf-8-sig":
            stream.read(len(codecs.BOM_UTF8))
        for batch in pa.csv.open_csv(stream, **options):
            on_progress(file.tell(), size)
            yield batch


def _as_utf8(text: str, encoding: str) -> str:
    """Return text that was read as `encoding` as what it most likely is."""
    if encoding == "utf-16":
        return text
    return text.encode(encoding).decode("utf-8", errors="replace")


def _line_numbers(
    n_rows: int, broken: tuple[BrokenLine, ...], header_lines: int
) -> NDArray[np.int64]:
    """Return the line of each row: all lines after the header but the broken ones."""
    lines = np.arange(header_lines + 1, header_lines + 1 + n_rows + len(broken))
    if not broken:
        return lines
    return np.delete(lines, [entry.line - header_lines - 1 for entry in broken])


def _blank_rows(fields: list[pa.Array]) -> NDArray[np.bool_]:
    """Return which rows have nothing in any field."""
    is_blank = pc.equal(pc.utf8_length(fields[0]), 0).to_numpy(zero_copy_only=False)
    if not is_blank.any():
        return np.asarray(is_blank)
    for field in fields[1:]:
        is_blank = is_blank & pc.equal(pc.utf8_length(field), 0).to_numpy(zero_copy_only=False)
    return np.asarray(is_blank)


def _has_volume(layout: Layout) -> bool:
    return "volume" in layout.columns or "up" in layout.columns


def _joined(parts: list[NDArray]) -> NDArray:  # type: ignore[type-arg]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _summed(counts: list[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in counts:
        for shape, n_rows in part.items():
            total[shape] = total.get(shape, 0) + n_rows
    return total
