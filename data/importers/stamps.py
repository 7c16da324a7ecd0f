"""Dates and times as files write them, turned into nanoseconds: strictly, and many at once.

A date that could be read day first or month first is read both ways; which it is, only the whole
file can say (data/importers/day_order.py).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.importers.zones import NO_STAMP, NS_PER_DAY, NS_PER_SECOND, Stamps

_SEPARATOR = r"[-/.]?"
_TIME = (
    r"(?:[ T;,]+(?P<hour>\d{1,2}):?(?P<minute>\d\d)"
    r"(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?)?$"
)
_YEAR_FIRST = rf"^(?P<year>\d{{4}}){_SEPARATOR}(?P<b>\d{{1,2}}){_SEPARATOR}(?P<c>\d{{1,2}}){_TIME}"
_YEAR_LAST = rf"^(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<year>\d{{4}}|\d\d){_TIME}"
_UNIX_NS = {10: NS_PER_SECOND, 13: 1_000_000, 16: 1_000, 19: 1}
"""Digits of a unix time of our days: nanoseconds in its unit."""

_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_CENTURY_TURN = 70
"""Two-digit years below it are of this century."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class StampBatch:
    """Stamps of some rows.

    Attributes:
        stamps: (n,) day first where that is open; NO_STAMP where there is no date.
        month_first: (n,) the other reading; None where no row has two.
        has_zone: (n,) whether the stamp says its zone, and is UTC.
        shapes: Rows per way of writing.
    """

    stamps: Stamps
    month_first: Stamps | None
    has_zone: Mask
    shapes: dict[str, int]


def read_stamps(texts: pa.Array) -> StampBatch:
    """Read dates with or without times.

    Year first with any of - / . or nothing between, or day or month first with a four- or
    two-digit year; times as 17:00:00.000, 17:00, 1700, 170000 or 5:00 PM; a written offset or Z;
    unix time in seconds, milli-, micro- or nanoseconds. 31 February is no date.

    Args:
        texts: (n,) strings.
    """
    fast = _read_iso(texts)
    if fast is not None:
        return fast
    texts = pc.utf8_trim_whitespace(texts)
    n = len(texts)
    stamps = np.full(n, NO_STAMP, dtype=np.int64)
    has_zone = np.zeros(n, dtype=np.bool_)
    shapes: dict[str, int] = {}
    month_first: Stamps | None = None

    unix, is_unix = _read_unix(texts)
    stamps[is_unix], has_zone[is_unix] = unix[is_unix], True
    _count(shapes, "unix time", is_unix)

    parts = _Parts.of(texts, _YEAR_FIRST)
    rows = parts.is_match & ~is_unix
    if rows.any():
        year_first = parts.stamps(parts.numbers("b"), parts.numbers("c"))
        stamps[rows], has_zone[rows] = year_first[rows], parts.has_zone[rows]
        _count_times(shapes, "y-m-d", parts, rows)
    rest = ~rows & ~is_unix
    if rest.any():
        parts = _Parts.of(texts, _YEAR_LAST)
        rest &= parts.is_match
        if rest.any():
            first, second = parts.numbers("a"), parts.numbers("b")
            month_first = stamps.copy()
            stamps[rest] = parts.stamps(second, first)[rest]
            month_first[rest] = parts.stamps(first, second)[rest]
            has_zone[rest] = parts.has_zone[rest]
            _count_times(shapes, "d/m/y or m/d/y", parts, rest)
    return StampBatch(stamps, month_first, has_zone, shapes)


def _read_iso(texts: pa.Array) -> StampBatch | None:
    """Read a batch that is ISO 8601 throughout, all with an offset or all without; else None."""
    for zone in (None, "UTC"):
        try:
            stamps = pc.cast(texts, pa.timestamp("ns", zone))
        except pa.ArrowInvalid:
            continue
        if stamps.null_count:
            return None
        values = stamps.cast(pa.int64()).to_numpy(zero_copy_only=False)
        n = len(values)
        return StampBatch(values, None, np.full(n, zone is not None), {"y-m-d": n})
    return None


def _read_unix(texts: pa.Array) -> tuple[Stamps, Mask]:
    """Return unix times as nanoseconds, and which rows hold one."""
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    is_unix = pc.match_substring_regex(texts, r"^\d+$").to_numpy(zero_copy_only=False)
    is_unix &= np.isin(lengths, list(_UNIX_NS))
    values = np.full(len(texts), NO_STAMP, dtype=np.int64)
    if is_unix.any():
        digits = pc.cast(texts.filter(pa.array(is_unix)), pa.int64()).to_numpy()
        units = np.array([_UNIX_NS[int(length)] for length in np.unique(lengths[is_unix])])
        values[is_unix] = digits * units[np.unique(lengths[is_unix], return_inverse=True)[1]]
    return values, is_unix


class _Parts:
    """The groups of a pattern, found in each of many texts."""

    def __init__(self, found: pa.StructArray) -> None:
        self._found = found
        self.is_match: Mask = found.is_valid().to_numpy(zero_copy_only=False)
        zones = self._text("zone")
        self.has_zone: Mask = pc.not_equal(zones, "").to_numpy(zero_copy_only=False)
        self.n_time_parts: Ints = sum(
            pc.not_equal(self._text(name), "").to_numpy(zero_copy_only=False).astype(np.int64)
            for name in ("hour", "second")
        )

    @classmethod
    def of(cls, texts: pa.Array, pattern: str) -> "_Parts":
        return cls(pc.extract_regex(texts, pattern))

    def _text(self, name: str) -> pa.Array:
        return pc.fill_null(pc.struct_field(self._found, name), "")

    def numbers(self, name: str) -> Ints:
        """Return a group as numbers; 0 where it is empty."""
        text = self._text(name)
        filled = pc.if_else(pc.equal(text, ""), "0", text)
        return np.asarray(pc.cast(filled, pa.int64()).to_numpy(zero_copy_only=False))

    def stamps(self, month: Ints, day: Ints) -> Stamps:
        """Return nanoseconds, of UTC where an offset is written; NO_STAMP for no such date."""
        year = self.numbers("year")
        is_short = pc.equal(pc.utf8_length(self._text("year")), 2).to_numpy(zero_copy_only=False)
        year = year + np.where(is_short, np.where(year < _CENTURY_TURN, 2_000, 1_900), 0)
        days, is_date = _days(year, month, day)
        seconds, is_time = self._seconds_of_day()
        offset = self._offset_seconds()
        ns = days * NS_PER_DAY + (seconds - offset) * NS_PER_SECOND + self._fraction_ns()
        return np.where(self.is_match & is_date & is_time, ns, NO_STAMP)

    def _seconds_of_day(self) -> tuple[Ints, Mask]:
        hour, minute, second = (self.numbers(name) for name in ("hour", "minute", "second"))
        half = pc.utf8_lower(self._text("half"))
        is_am = pc.equal(half, "a").to_numpy(zero_copy_only=False)
        is_pm = pc.equal(half, "p").to_numpy(zero_copy_only=False)
        is_time = (hour < 24) & (minute < 60) & (second < 60)
        is_time &= ~(is_am | is_pm) | ((hour >= 1) & (hour <= 12))
        hour = np.where(is_am | is_pm, hour % 12 + 12 * is_pm, hour)
        return hour * 3_600 + minute * 60 + second, is_time

    def _fraction_ns(self) -> Ints:
        padded = pc.utf8_rpad(self._text("fraction"), width=9, padding="0")
        return np.asarray(pc.cast(padded, pa.int64()).to_numpy(zero_copy_only=False))

    def _offset_seconds(self) -> Ints:
        """Return written offsets, e.g. -06:00, in seconds; 0 for Z and where none is written."""
        if not self.has_zone.any():
            return np.zeros(len(self.has_zone), dtype=np.int64)
        digits = pc.replace_substring_regex(self._text("zone"), r"[A-Z:]", "")
        distinct, places = np.unique(
            digits.to_numpy(zero_copy_only=False).astype(str), return_inverse=True
        )
        return np.array([_offset(text) for text in distinct], dtype=np.int64)[places]


def _offset(text: str) -> int:
    """Return "+0530" or "-06" in seconds."""
    if not text:
        return 0
    sign = -1 if text[0] == "-" else 1
    return sign * (int(text[1:3]) * 3_600 + int(text[3:5] or 0) * 60)


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Mask]:
    """Return days since 1970, and which rows are dates at all."""
    is_date = (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12)
    months = np.where(is_date, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    starts = months.astype("datetime64[D]").astype(np.int64)
    ends = (months + 1).astype("datetime64[D]").astype(np.int64)
    is_date &= (day >= 1) & (day <= ends - starts)
    return starts + day - 1, is_date


def _count(shapes: dict[str, int], shape: str, rows: Mask) -> None:
    if rows.any():
        shapes[shape] = shapes.get(shape, 0) + int(rows.sum())


def _count_times(shapes: dict[str, int], date: str, parts: _Parts, rows: Mask) -> None:
    """Count rows by how much of the time they have."""
    for n_parts, ending in enumerate(("", " with minutes", " with seconds")):
        _count(shapes, date + ending, rows & (parts.n_time_parts == n_parts))
