"""Which rows of a frame as found break an invariant of bars: masks, one per kind of defect.

Nothing is refused here. `data.bars.check_bars` refuses, `data/quality.py` reports, and
`data/repair.py` mends what these masks point at.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data import row_masks
from data.bars import BAR_COLUMNS, PRICE_COLUMNS, holds_numbers
from utils.errors import DataError

MAY_BE_NEGATIVE = ("energy",)
"""Session templates of products whose price can be zero or less: crude oil was, on 2020-04-20."""

FUTURE_DAYS = 1
"""Clocks differ and zones are mistaken: up to so many days ahead, a stamp may still be right."""

_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FoundRows:
    """Rows in the order of the file.

    Attributes:
        frame: RangeIndex; `timestamp` (UTC, NaT where there is none), OHLCV as float64 (NaN where
            there is no number), further columns as found.
        is_naive: Whether the stamps had no zone, and are taken for UTC.
        text_columns: Those of OHLCV that are not stored as numbers, and were read as such here.
    """

    frame: pd.DataFrame
    is_naive: bool
    text_columns: tuple[str, ...] = ()

    @property
    def stamps(self) -> pd.DatetimeIndex:
        """The stamp of each row, UTC."""
        return pd.DatetimeIndex(self.frame["timestamp"])

    @property
    def prices(self) -> NDArray[np.float64]:
        """Open, high, low, close, shape (n, 4)."""
        return np.asarray(self.frame[list(PRICE_COLUMNS)].to_numpy(dtype=np.float64))

    @property
    def contracts(self) -> NDArray[np.int64]:
        """A number per row that tells contracts apart; 0 where there is no such column."""
        if "contract" not in self.frame.columns:
            return np.zeros(len(self.frame), dtype=np.int64)
        return np.asarray(pd.factorize(self.frame["contract"])[0], dtype=np.int64)

    @property
    def is_increasing(self) -> bool:
        """Whether each stamp is later than the one before: then nothing is there twice."""
        return bool((np.diff(self.stamps.asi8) > 0).all())

    def sound(self) -> pd.DataFrame:
        """Return the rows with stamp and finite values, each once, oldest first per contract."""
        is_finite = np.isfinite(self.frame[list(BAR_COLUMNS)].to_numpy()).all(axis=1)
        is_sound = is_finite & ~np.asarray(self.stamps.isna())
        if self.is_increasing and "contract" not in self.frame.columns:
            return self.frame[is_sound].reset_index(drop=True)
        sound = self.frame.assign(contract_number=self.contracts)[is_sound]
        key = ["contract_number", "timestamp"]
        sound = sound.drop_duplicates(key, keep="last").sort_values(key, kind="stable")
        return sound.drop(columns="contract_number").reset_index(drop=True)


def found_rows(frame: pd.DataFrame, where: str) -> FoundRows:
    """Return a frame's rows in a form that can be compared, however bad they are.

    Args:
        frame: `timestamp` as index or column of dates; open, high, low, close, volume.
        where: What to call the frame in an error, e.g. its file.

    Raises:
        DataError: If there are no rows, no dates, or not each of OHLCV exactly once: then there is
            nothing to look at.
    """
    if len(frame) == 0:
        raise DataError(f"{where}: there are no bars; give at least one row")
    names = list(frame.columns)
    missing = [name for name in BAR_COLUMNS if names.count(name) != 1]
    if missing:
        raise DataError(
            f"{where}: each of {', '.join(BAR_COLUMNS)} must be there once, lower case; "
            f"{', '.join(missing)} is not (present: {', '.join(map(str, names)) or 'none'})"
        )
    stamps, is_naive = _utc(frame, where)
    rows = frame.drop(columns="timestamp", errors="ignore").reset_index(drop=True)
    text_columns = tuple(name for name in BAR_COLUMNS if not holds_numbers(rows[name].dtype))
    for name in BAR_COLUMNS:
        rows[name] = _as_numbers(rows[name])
    rows.insert(0, "timestamp", stamps)
    return FoundRows(rows, is_naive, text_columns)


def _utc(frame: pd.DataFrame, where: str) -> tuple[pd.DatetimeIndex, bool]:
    column = frame["timestamp"] if "timestamp" in frame.columns else frame.index
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        raise DataError(
            f"{where}: `timestamp` must be an index or column of dates, was {column.dtype}; "
            f"make one with pandas.to_datetime(..., utc=True)"
        )
    stamps = pd.DatetimeIndex(column)
    is_naive = stamps.tz is None
    stamps = stamps.tz_localize("UTC") if is_naive else stamps.tz_convert("UTC")
    try:
        return stamps.as_unit("ns"), is_naive
    except pd.errors.OutOfBoundsDatetime as error:
        message = f"{where}: a timestamp lies outside the years 1678 to 2261; correct or drop it"
        raise DataError(message) from error


def _as_numbers(column: "pd.Series[float]") -> NDArray[np.float64]:
    if not holds_numbers(column.dtype):
        column = pd.to_numeric(column, errors="coerce")
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def may_be_negative(instrument: Instrument, adjustment: str) -> bool:
    """Return whether prices of zero and less are possible in bars of this adjustment."""
    return instrument.session_template in MAY_BE_NEGATIVE or adjustment != "none"


def latest_stamp(now: pd.Timestamp) -> pd.Timestamp:
    """Return the latest stamp that a bar can have at the time `now`, both UTC."""
    return now + pd.Timedelta(days=FUTURE_DAYS)


def missing_stamps(rows: FoundRows, _instrument: Instrument) -> _Mask:
    """Return which rows have no stamp."""
    return np.asarray(rows.stamps.isna())


def not_finite(rows: FoundRows, _instrument: Instrument) -> _Mask:
    """Return which rows lack a price or a volume, or hold an infinite one."""
    return row_masks.not_finite(rows.frame[name].to_numpy() for name in BAR_COLUMNS)


def ohlc_violations(rows: FoundRows, _instrument: Instrument) -> _Mask:
    """Return which rows have a low above, or a high below, another of their prices."""
    open_, high, low, close = rows.prices.T
    return row_masks.low_above(open_, low, close) | row_masks.high_below(open_, high, close)


def negative_volumes(rows: FoundRows, _instrument: Instrument) -> _Mask:
    """Return which rows have a volume below zero."""
    return row_masks.negative(rows.frame["volume"].to_numpy())


def not_positive(rows: FoundRows, _instrument: Instrument) -> _Mask:
    """Return which rows have a price of zero or less."""
    return row_masks.not_positive(rows.prices.T)


def off_tick(rows: FoundRows, instrument: Instrument) -> _Mask:
    """Return which rows have a finite price that is no whole number of ticks."""
    return row_masks.off_tick(list(rows.prices.T), instrument)


def out_of_order(rows: FoundRows, _instrument: Instrument) -> _Mask:
    """Return which rows are earlier than the row before them of the same contract."""
    codes, stamps = rows.contracts, rows.stamps.asi8
    order = np.argsort(codes, kind="stable")
    order = order[~np.asarray(rows.stamps.isna())[order]]
    wrong = np.zeros(len(codes), dtype=np.bool_)
    wrong[order[1:]] = (np.diff(stamps[order]) < 0) & (np.diff(codes[order]) == 0)
    return wrong


def duplicates(rows: FoundRows, _instrument: Instrument) -> _Mask:
    """Return which rows repeat stamp, contract and all OHLCV of another row that is kept."""
    return _repeats(rows, [*_key(rows), *BAR_COLUMNS])


def conflicting_duplicates(rows: FoundRows, instrument: Instrument) -> _Mask:
    """Return which rows share stamp and contract with a later row of other values."""
    return _repeats(rows, _key(rows)) & ~duplicates(rows, instrument)


def overlapping_contracts(rows: FoundRows, instrument: Instrument) -> _Mask:
    """Return which rows share their stamp with a later row of another contract."""
    repeats = _repeats(rows, ["timestamp"])
    same = duplicates(rows, instrument) | conflicting_duplicates(rows, instrument)
    return repeats & ~same


def _key(rows: FoundRows) -> list[str]:
    return ["timestamp", "contract"] if "contract" in rows.frame.columns else ["timestamp"]


def _repeats(rows: FoundRows, columns: list[str]) -> _Mask:
    """Return which rows equal a later one in these columns; rows without a stamp do not count."""
    repeated = np.zeros(len(rows.frame), dtype=np.bool_)
    if rows.is_increasing:
        return repeated
    has_twin = rows.frame["timestamp"].duplicated(keep=False) & rows.frame["timestamp"].notna()
    twins = rows.frame.loc[has_twin, columns]
    repeated[np.flatnonzero(has_twin)] = twins.duplicated(keep="last").to_numpy()
    return repeated


ROW_CHECKS: dict[str, Callable[[FoundRows, Instrument], _Mask]] = {
    "missing_stamps": missing_stamps,
    "not_finite": not_finite,
    "ohlc_violations": ohlc_violations,
    "negative_volumes": negative_volumes,
    "not_positive": not_positive,
    "off_tick": off_tick,
    "out_of_order": out_of_order,
    "duplicates": duplicates,
    "conflicting_duplicates": conflicting_duplicates,
    "overlapping_contracts": overlapping_contracts,
}
"""What can be wrong with a row, by the code that reports carry."""
