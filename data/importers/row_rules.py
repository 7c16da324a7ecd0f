"""What makes a single row unfit, rule by rule; the first rule that it breaks is its reason.

The rules need every row's stamp in UTC at the open of its bar. What rows are to each other (order,
duplicates) is data/importers/row_order.py's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.instruments import Instrument
from data import row_masks
from data.bars import BAR_COLUMNS, PRICE_COLUMNS
from data.importers.closed_hours import ChicagoClock, in_daily_break, in_weekend
from data.importers.raw_bars import Floats
from data.importers.zones import NO_STAMP, Stamps
from data.row_checks import may_be_negative

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSet:
    """Rows of one file and how they are to be judged.

    Attributes:
        opens: (n,) UTC open of each bar in nanoseconds; NO_STAMP where there is none.
        has_date: (n,) whether the row has a date at all.
        columns: OHLCV, each (n,).
        is_grouped: As in RawBars.
        instrument: What they are bars of.
        adjustment: "none", "difference" or "ratio".
        latest: The last nanosecond, UTC, at which a bar can have opened by now.
        has_hours: Whether the stamps are known well enough, and the bars small enough, for closed
            hours to mean something.
    """

    opens: Stamps
    has_date: Mask
    columns: Mapping[str, Floats]
    is_grouped: Mask | None
    instrument: Instrument
    adjustment: str
    latest: int
    has_hours: bool


def no_date(rows: RowSet) -> Mask:
    """Return which rows have no date that can be read."""
    return np.asarray(~rows.has_date)


def no_such_hour(rows: RowSet) -> Mask:
    """Return which rows name an hour that the zone skips, or shows twice without saying which."""
    return np.asarray(rows.opens == NO_STAMP)


def in_future(rows: RowSet) -> Mask:
    """Return which rows open later than a bar can have opened by now."""
    return np.asarray(rows.opens > rows.latest)


def grouped_number(rows: RowSet) -> Mask:
    """Return which rows have a number that is written with commas or other separators."""
    none = np.zeros(len(rows.opens), dtype=np.bool_)
    return none if rows.is_grouped is None else rows.is_grouped


def no_number(rows: RowSet) -> Mask:
    """Return which rows lack a number, or have NaN or infinity."""
    return row_masks.not_finite(rows.columns[name] for name in BAR_COLUMNS)


def negative_volume(rows: RowSet) -> Mask:
    """Return which rows have a volume below zero."""
    return row_masks.negative(rows.columns["volume"])


def not_positive(rows: RowSet) -> Mask:
    """Return which rows have a price of zero or less where the product cannot."""
    if may_be_negative(rows.instrument, rows.adjustment):
        return np.zeros(len(rows.opens), dtype=np.bool_)
    return row_masks.not_positive(_prices(rows))


def off_tick(rows: RowSet) -> Mask:
    """Return which rows have a price that is no whole number of ticks; none if ratio-adjusted."""
    if rows.adjustment == "ratio":
        return np.zeros(len(rows.opens), dtype=np.bool_)
    return row_masks.off_tick(_prices(rows), rows.instrument)


def low_above(rows: RowSet) -> Mask:
    """Return which rows have a low above their open or close."""
    return row_masks.low_above(*(rows.columns[name] for name in ("open", "low", "close")))


def high_below(rows: RowSet) -> Mask:
    """Return which rows have a high below their open or close."""
    return row_masks.high_below(*(rows.columns[name] for name in ("open", "high", "close")))


def weekend(rows: RowSet) -> Mask:
    """Return which rows lie between Friday's close and Sunday's opening."""
    return _in_hours(rows, in_weekend)


def daily_break(rows: RowSet) -> Mask:
    """Return which rows lie in the closed hour."""
    return _in_hours(rows, in_daily_break)


def _prices(rows: RowSet) -> list[Floats]:
    return [rows.columns[name] for name in PRICE_COLUMNS]


def _in_hours(rows: RowSet, hours: Callable[[ChicagoClock], Mask]) -> Mask:
    found = np.zeros(len(rows.opens), dtype=np.bool_)
    if rows.has_hours:
        known = rows.opens != NO_STAMP
        found[known] = hours(ChicagoClock(rows.opens[known]))
    return found


OFF_TICK = "off the tick grid"

ROW_RULES: dict[str, Callable[[RowSet], Mask]] = {
    "no date that can be read": no_date,
    "an hour that the zone skips or shows twice": no_such_hour,
    "in the future": in_future,
    "a number with a comma or thousands separators (write 1234.5)": grouped_number,
    "a number is missing, NaN or infinite": no_number,
    "negative volume": negative_volume,
    "price of zero or less": not_positive,
    OFF_TICK: off_tick,
    "low above open or close": low_above,
    "high below open or close": high_below,
    "on the weekend": weekend,
    "in the closed hour": daily_break,
}
"""Reason: the rule that finds it."""


def first_reasons(rows: RowSet) -> NDArray[np.int8]:
    """Return for each row which rule of ROW_RULES it breaks first, by place; -1 for none."""
    reasons = np.full(len(rows.opens), -1, dtype=np.int8)
    for place, rule in enumerate(ROW_RULES.values()):
        reasons[rule(rows) & (reasons < 0)] = place
    return reasons
