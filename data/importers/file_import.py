"""Import one file: recognise, read, decide its clock, and part good rows from bad ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.bars import BAR_COLUMNS, PRICE_COLUMNS, bar_seconds
from data.calendar import SECONDS_PER_DAY
from data.contract_bars import CONTRACT_COLUMN
from data.importers.contract_choice import chosen_rows
from data.importers.day_order import decided_stamps
from data.importers.dialects import Dialect, recognised
from data.importers.judgement import REASONS, Judged, judged_rows
from data.importers.options import DateOrder, ImportOptions, OnProgress, Stamp
from data.importers.raw_bars import Floats, RawBars
from data.importers.rejections import Rejections
from data.importers.result import Guess
from data.importers.row_rules import RowSet
from data.importers.source import Sample, is_last_line_open, line_texts, take_sample
from data.importers.zone_decision import ASSUMED, Claim, ZoneDecision, decided_zone
from data.importers.zones import NO_STAMP, NS_PER_SECOND, UTC, Stamps, parse_zone, to_utc
from data.price_ranges import out_of_range, shown_range
from data.row_checks import latest_stamp
from utils.errors import DataError

MAX_HOURLY_SECONDS = 3_600
"""Larger bars begin before a closed hour and end after it."""

ALWAYS_OPEN = "always_open"
"""Session template of markets without closed hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """What became of one file.

    Attributes:
        bars: Good rows, sorted and unique; index `timestamp` (UTC, bar open).
        guess: What the file was taken for.
        rejected: The others.
    """

    bars: pd.DataFrame
    guess: Guess
    rejected: Rejections


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadFile:
    """A file as read, with its contract and the order of its dates settled."""

    sample: Sample
    name: str
    dialect: Dialect
    adjustment: str
    origin: str
    raw: RawBars
    stamps: Stamps
    dates: DateOrder | None
    n_left_out: int


def import_file(
    path: Path,
    instrument: Instrument,
    options: ImportOptions,
    on_progress: OnProgress,
    now: pd.Timestamp,
) -> FileImport:
    """Return the bars of one file; rows of a day that has not come at `now` are not taken.

    Raises:
        DataError: If it cannot be read, is of no known dialect, is ambiguous in what an option
            could settle, or has hardly a row that is fit.
    """
    file = _read(path, instrument, options, on_progress)
    seconds = file.raw.seconds or _bar_seconds(file.stamps)
    clock = decided_zone(_claim(file, seconds, instrument), options)
    rows = RowSet(
        opens=_opens(file.stamps, clock, seconds),
        has_date=file.stamps != NO_STAMP,
        columns=file.raw.columns,
        is_grouped=file.raw.is_grouped,
        instrument=instrument,
        adjustment=options.adjustment or file.adjustment,
        latest=latest_stamp(now).as_unit("ns").value,
        has_hours=_has_hours(file, clock, seconds, instrument),
    )
    judged = judged_rows(rows, file.raw, file.sample.where, should_sort=options.sort)
    bars, n_snapped = _bars(rows, file.raw, judged.kept)
    rejected = _rejections(file, judged)
    guess = Guess(
        file=path.name,
        dialect=file.name,
        title=file.dialect.title,
        origin=file.origin,
        zone=clock.zone.name,
        zone_status=clock.zone_status,
        zone_reason=clock.zone_reason,
        stamp=clock.stamp,
        stamp_status=clock.stamp_status,
        bar_seconds=seconds,
        adjustment=rows.adjustment,
        n_read=file.raw.n_rows + file.n_left_out,
        n_bars=len(bars),
        n_rejected=len(rejected),
        n_left_out=file.n_left_out,
        first=bars.index.min(),  # bars of several contracts lie one contract after the other
        last=bars.index.max(),
        tick_size=instrument.tick_size,
        n_off_tick=None if rows.adjustment == "ratio" else judged.n_off_tick,
        n_snapped=n_snapped,
        notes=tuple(_notes(file, clock, judged.was_sorted)),
        warnings=tuple(_warnings(bars, rows, clock)),
    )
    return FileImport(bars=bars, guess=guess, rejected=rejected)


def _read(
    path: Path, instrument: Instrument, options: ImportOptions, on_progress: OnProgress
) -> _ReadFile:
    """Recognise and read a file, and settle its contract and the order of its dates."""
    sample = take_sample(path)
    name, dialect, layout = recognised(sample)
    raw = dialect.read(sample, layout, on_progress)
    raw, n_left_out = chosen_rows(raw, options.contract, instrument, sample.where)
    asked = None if options.dates is None else DateOrder(options.dates)
    stamps, dates = decided_stamps(raw, sample.where, asked, layout.dates)
    if (stamps == NO_STAMP).all():
        raise DataError(
            f"{sample.where}: no row has a date that can be read, first in line {raw.lines[0]}; "
            f"write dates such as 2024-01-31 17:00:00"
        )
    return _ReadFile(
        sample=sample,
        name=name,
        dialect=dialect,
        adjustment=layout.adjustment,
        origin=layout.origin,
        raw=raw,
        stamps=stamps,
        dates=dates,
        n_left_out=n_left_out,
    )


def _bar_seconds(stamps: Stamps) -> int:
    """Return the usual time between bars, from stamps of any order."""
    distinct = np.unique(stamps[stamps != NO_STAMP])
    return bar_seconds(pd.DatetimeIndex(distinct.view("datetime64[ns]")))


def _claim(file: _ReadFile, seconds: int, instrument: Instrument) -> Claim:
    return Claim(
        where=file.sample.where,
        stamps=np.unique(file.stamps[file.stamps != NO_STAMP]),
        seconds=seconds,
        zone=UTC if file.raw.is_utc else parse_zone(file.dialect.zone),
        stamp=file.dialect.stamp,
        is_utc=file.raw.is_utc,
        is_exact=file.dialect.is_exact,
        is_always_open=instrument.session_template == ALWAYS_OPEN,
    )


def _has_hours(file: _ReadFile, clock: ZoneDecision, seconds: int, instrument: Instrument) -> bool:
    """Return whether closed hours mean anything for these bars."""
    is_known = clock.zone_status != ASSUMED or file.raw.is_utc
    is_small = 0 < seconds <= MAX_HOURLY_SECONDS
    return is_known and is_small and instrument.session_template != ALWAYS_OPEN


def _opens(stamps: Stamps, clock: ZoneDecision, seconds: int) -> Stamps:
    """Return the UTC open of each bar; dates alone are trade dates, whatever the stamp."""
    utc = to_utc(stamps, clock.zone)
    if clock.stamp is Stamp.OPEN or seconds >= SECONDS_PER_DAY:
        return utc
    return np.where(utc == NO_STAMP, NO_STAMP, utc - seconds * NS_PER_SECOND)


def _bars(rows: RowSet, raw: RawBars, kept: NDArray[np.int64]) -> tuple[pd.DataFrame, int]:
    """Return the kept rows as bars, and how many had float noise on their prices."""
    stamps = rows.opens[kept].view("datetime64[ns]")
    index = pd.DatetimeIndex(stamps, tz="UTC", name="timestamp")
    columns = {name: raw.columns[name][kept] for name in BAR_COLUMNS}
    was_noisy = np.zeros(len(kept), dtype=np.bool_)
    if rows.adjustment != "ratio":
        for name in PRICE_COLUMNS:
            exact = _snapped(columns[name], rows.instrument)
            was_noisy |= exact != columns[name]
            columns[name] = exact
    bars = pd.DataFrame(columns, index=index, copy=False)
    if raw.contracts is not None:
        bars[CONTRACT_COLUMN] = raw.contracts[kept].astype("str")
    return bars, int(was_noisy.sum())


def _snapped(prices: Floats, instrument: Instrument) -> Floats:
    """Return prices that lie on the tick grid but for float noise without that noise."""
    return instrument.to_prices(np.rint(prices / instrument.tick_size))


def _rejections(file: _ReadFile, judged: Judged) -> Rejections:
    """Return the rows that were not kept, by line, each with its reason and text."""
    raw = file.raw
    rows = np.flatnonzero(judged.reasons >= 0)
    lines = [int(line) for line in raw.lines[rows]]
    if file.sample.lines:
        texts = line_texts(file.sample, set(lines))
        said = [texts.get(line, "") for line in lines]
    else:
        said = [raw.row_text(int(row)) for row in rows]
    found = [
        *zip(lines, (REASONS[place] for place in judged.reasons[rows]), said, strict=True),
        *((entry.line, entry.reason, entry.text) for entry in raw.broken),
    ]
    found.sort(key=lambda entry: entry[0])
    return Rejections(
        files=[file.sample.path.name] * len(found),
        lines=[line for line, _, _ in found],
        reasons=[reason for _, reason, _ in found],
        texts=[text for _, _, text in found],
    )


def _warnings(bars: pd.DataFrame, rows: RowSet, clock: ZoneDecision) -> Iterator[str]:
    """Yield what speaks against the zone that the file says, or against the symbol."""
    if clock.warning is not None:
        yield clock.warning
    far = out_of_range(bars, rows.instrument, rows.adjustment)
    if far.any():
        yield (
            f"{int(far.sum()):,} of {len(bars):,} bars have prices outside of "
            f"{shown_range(rows.instrument)}, where {rows.instrument.symbol} has always been, "
            f"first {bars.index[int(far.argmax())]}: is the symbol right?"
        )


def _notes(file: _ReadFile, clock: ZoneDecision, was_sorted: bool) -> Iterator[str]:
    """Yield what the user should know of how a file was read."""
    raw = file.raw
    yield from raw.notes
    if not raw.has_volume:
        yield "the file has no volume: it is 0 in every bar"
    if len(raw.shapes) > 1:
        shapes = ", ".join(f"{shape} in {n:,} rows" for shape, n in raw.shapes.items())
        yield f"mixed date formats: {shapes}"
    if file.dates is not None:
        yield f"dates are {'day' if file.dates is DateOrder.DAY_FIRST else 'month'} first"
    if file.dialect.stamp not in (None, clock.stamp):
        yield f"stamps are the bars' {clock.stamp}, {file.dialect.title}'s usually the other end"
    if was_sorted:
        yield "the rows were not in order, and were sorted"
    if file.n_left_out:
        yield f"{file.n_left_out:,} rows of other contracts were left out"
    if raw.n_blank:
        yield f"{raw.n_blank:,} blank lines"
    if is_last_line_open(file.sample):
        yield "the last line has no line end: if the file was cut off, its last number may be too"
