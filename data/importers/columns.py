"""Which field of a line is what: names of columns as files have them, in any case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.bars import PRICE_COLUMNS
from data.importers.options import DateOrder
from data.importers.source import Sample

COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "stamp": (
        "timestamp",
        "timestamp_utc",
        "ts_event",
        "datetime",
        "date time",
        "date/time",
        "date_time",
        "gmt time",
        "local time",
        "time",
        "date",
        "stamp",
    ),
    "open": ("open", "o", "open price"),
    "high": ("high", "h", "high price"),
    "low": ("low", "llow", "l", "low price"),
    "close": ("close", "last", "settle", "c", "close price", "close/last"),
    "volume": ("volume", "vol", "vol.", "v", "tickvol", "tick volume", "tick_volume"),
    "contract": ("contract", "symbol"),
}
"""Role: names it goes by, the most telling first."""

UTC_NAMES = ("timestamp_utc", "ts_event", "gmt time")
"""Names that say the zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How to read the lines of one file.

    Attributes:
        columns: Role to index of the field; `time` where it stands apart from the date; `up` and
            `down` where the volume is parted.
        width: Fields of a line.
        header_lines: Lines before the first bar.
        is_utc: Whether the stamps are known to be UTC although they do not say so.
        price_scale: What prices are multiplied by.
        dates: How the dialect writes a date whose order is open; None where it has no habit.
        adjustment: What the file shows to have been done to its prices.
        origin: Where the file says that its bars come from; "" where it does not.
        notes: What the user should know.
    """

    columns: Mapping[str, int]
    width: int
    header_lines: int
    is_utc: bool = False
    price_scale: float = 1.0
    dates: DateOrder | None = None
    adjustment: str = "none"
    origin: str = ""
    notes: tuple[str, ...] = ()


def layout_of_header(
    sample: Sample, header_lines: int = 1, names: Sequence[str] | None = None
) -> Layout | None:
    """Return how to read a file by the names of its columns; None if a price or a date lacks.

    Args:
        sample: Beginning of the file.
        header_lines: Lines before the first bar.
        names: What the columns are called, lower case; as in the header by default.
    """
    names = sample.header if names is None else names
    columns = {role: names.index(name) for role in COLUMN_NAMES if (name := _first(role, names))}
    if "date" in names and "time" in names:
        columns |= {"stamp": names.index("date"), "time": names.index("time")}
    if "volume" not in columns and {"up", "down"} <= set(names):
        columns |= {"up": names.index("up"), "down": names.index("down")}
    if not {"stamp", *PRICE_COLUMNS} <= columns.keys():
        return None
    width = sample.width(header_lines) or len(names)
    if max(columns.values()) >= width:
        return None
    is_utc = names[columns["stamp"]] in UTC_NAMES
    return Layout(columns=columns, width=width, header_lines=header_lines, is_utc=is_utc)


def _first(role: str, names: Sequence[str]) -> str | None:
    return next((name for name in COLUMN_NAMES[role] if name in names), None)
