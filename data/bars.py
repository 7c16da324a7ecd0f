"""What a bar frame is, and the one check that every frame passes before anything reads it.

Nothing is repaired here: a frame that breaks an invariant is refused, with the count of the bars
that do and the first of them.
"""

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.row_masks import high_below, low_above, negative, not_finite, off_tick
from utils.errors import DataError
from utils.wording import counted

PRICE_COLUMNS = ("open", "high", "low", "close")
BAR_COLUMNS = (*PRICE_COLUMNS, "volume")

_Mask = NDArray[np.bool_]

SEVERAL_CONTRACTS = (
    "they are of several contracts: make one series of them with `scripts/data.py roll`"
)
"""What to do about bars that overlap because each contract has its own."""

SIZE_PARTS = 10
MIN_PART = 50
"""Parts of a frame whose bar sizes are compared, and the fewest bars that tell a part's size."""


def bar_seconds(stamps: pd.DatetimeIndex) -> int:
    """Return the usual time from one bar's stamp to the next, in seconds; 0 for a single bar.

    The most frequent difference, the smallest of equals: gaps between sessions are rarer.
    """
    if len(stamps) < 2:
        return 0
    steps, counts = np.unique(np.diff(stamps.as_unit("s").asi8), return_counts=True)
    return int(steps[counts.argmax()])


def check_bars(
    frame: pd.DataFrame, instrument: Instrument | None = None, where: str = "bars"
) -> pd.DataFrame:
    """Return `frame` in the project's form, or refuse it with one line.

    Args:
        frame: One row per bar, oldest first; `timestamp` (bar open, tz-aware, any zone) as index or
            column; open, high, low, close in points; volume in contracts; further columns are kept.
        instrument: If given, all prices must lie on its tick grid.
        where: What to call the frame in an error, e.g. its file.

    Returns:
        A new frame: index `timestamp` (UTC, nanoseconds, increasing), OHLCV as finite float64.

    Raises:
        DataError: For what is no frame; no bars at all; missing columns; naive, missing or
            non-date stamps; unsorted or duplicate bars; NaN, infinite or inconsistent values;
            prices off the tick grid.
    """
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{where}: must be a pandas DataFrame, was {type(frame).__name__}")
    if len(frame) == 0:
        raise DataError(f"{where}: there are no bars; give at least one row")
    _check_columns(frame, where)
    stamps = _utc_stamps(frame, where)
    bars = frame.drop(columns="timestamp", errors="ignore").set_axis(stamps, axis=0)
    for name in BAR_COLUMNS:
        bars[name] = _numbers(bars[name], where)
    _check_one_size(stamps, where)
    _check_values(bars, where)
    if instrument is not None:
        _check_grid(bars, instrument, where)
    return bars


def _check_columns(frame: pd.DataFrame, where: str) -> None:
    """Refuse a frame without all of OHLCV, with one column twice, or with levels of columns."""
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError(
            f"{where}: the columns have {frame.columns.nlevels} levels, first {frame.columns[0]}; "
            f"keep one, e.g. frame.columns = frame.columns.get_level_values(0)"
        )
    missing = [name for name in BAR_COLUMNS if name not in frame.columns]
    if missing:
        present = ", ".join(str(name) for name in frame.columns) or "none"
        raise DataError(
            f"{where}: {counted(len(missing), 'column')} missing: {', '.join(missing)} "
            f"(present: {present}); rename or add them, names are lower case"
        )
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise DataError(f"{where}: column `{repeated[0]}` appears twice; keep one")


def _utc_stamps(frame: pd.DataFrame, where: str) -> pd.DatetimeIndex:
    """Return the checked stamps as a sorted UTC index called `timestamp`."""
    column = frame["timestamp"] if "timestamp" in frame.columns else frame.index
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        raise DataError(
            f"{where}: `timestamp` must be an index or column of dates with a zone, "
            f"{_found(frame)}; make one with pandas.to_datetime(..., utc=True)"
        )
    stamps = pd.DatetimeIndex(column)
    if stamps.tz is None:
        raise DataError(
            f"{where}: {counted(len(stamps), 'timestamp')} without a time zone, first {stamps[0]}; "
            f"say which it is with tz_localize, e.g. 'UTC' or 'America/Chicago'"
        )
    missing = np.asarray(stamps.isna())
    if missing.any():
        first = int(np.argmax(missing))
        raise DataError(
            f"{where}: {counted(int(missing.sum()), 'timestamp')} missing (NaT), "
            f"first in row {first}; drop those rows"
        )
    try:
        stamps = stamps.tz_convert("UTC").as_unit("ns")
    except pd.errors.OutOfBoundsDatetime as error:
        message = f"{where}: a timestamp lies outside the years 1678 to 2261; correct or drop it"
        raise DataError(message) from error
    _check_order(stamps, frame, where)
    # From the numbers, so that no frequency is left over that only some sources give.
    return pd.DatetimeIndex(stamps.asi8.view("datetime64[ns]"), tz="UTC", name="timestamp")


def _found(frame: pd.DataFrame) -> str:
    """Return what stands where the stamps should be."""
    if "timestamp" in frame.columns:
        return f"the column holds {frame['timestamp'].dtype}"
    columns = ", ".join(map(str, frame.columns))
    return f"there is no such column (present: {columns}) and the index holds {frame.index.dtype}"


def _check_order(stamps: pd.DatetimeIndex, frame: pd.DataFrame, where: str) -> None:
    """Refuse stamps that do not strictly increase."""
    steps = np.diff(stamps.asi8, prepend=stamps.asi8[0] - 1)
    for wrong, problem, advice in (
        (steps < 0, "earlier than the bar before", "sort the bars by timestamp"),
        (steps == 0, "at the same time as the bar before", "keep one of each"),
    ):
        if wrong.any():
            what_to_do = SEVERAL_CONTRACTS if _changes_contract(frame, wrong) else advice
            _refuse(stamps, wrong, where, problem, what_to_do)


def _changes_contract(frame: pd.DataFrame, wrong: _Mask) -> bool:
    """Return whether the first wrong row is of another `contract` than the row before it."""
    if "contract" not in frame.columns:
        return False
    first = int(np.argmax(wrong))
    before, here = frame["contract"].iloc[first - 1 : first + 1]
    return bool(pd.notna(before) and pd.notna(here) and before != here)


def _numbers(column: "pd.Series[float]", where: str) -> NDArray[np.float64]:
    """Return a column as float64; text and other objects are refused."""
    if holds_numbers(column.dtype):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    raise DataError(
        f"{where}: column `{column.name}` must hold numbers, was {column.dtype}; "
        f"convert it with pandas.to_numeric"
    )


def holds_numbers(dtype: object) -> bool:
    """Return whether a column of this pandas dtype holds real numbers; true and false are 1 and 0.

    Dates would become nanoseconds, and text that looks like a number would be read as one: neither
    counts, and neither does anything else in an object column.
    """
    types = pd.api.types
    return bool(types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype))


def _check_one_size(stamps: pd.DatetimeIndex, where: str) -> None:
    """Refuse bars of one size followed by bars of another; gaps may lie between them as they like.

    Both the usual step of a part and the grid that its steps lie on must change, twofold or more:
    thin trading makes the usual step longer, the clock's changes make the grid finer, but neither
    does both.
    """
    n_parts = min(SIZE_PARTS, len(stamps) // MIN_PART)
    if n_parts < 2:
        return
    edges = np.linspace(0, len(stamps), n_parts + 1).astype(int)
    sizes = [bar_seconds(stamps[a:b]) for a, b in itertools.pairwise(edges)]
    grids = [int(np.gcd.reduce(np.diff(stamps[a:b].asi8))) for a, b in itertools.pairwise(edges)]
    for part in range(1, n_parts):
        before, now = part - 1, part
        coarser = sizes[now] >= 2 * sizes[before] and grids[now] >= 2 * grids[before]
        finer = sizes[before] >= 2 * sizes[now] and grids[before] >= 2 * grids[now]
        if coarser or finer:
            raise DataError(
                f"{where}: bars of {sizes[part - 1]} s and of {sizes[part]} s are mixed, the "
                f"change is near {stamps[edges[part]]}; keep one size, or resample the finer ones"
            )


def _check_values(bars: pd.DataFrame, where: str) -> None:
    """Refuse bars that are not finite, not consistent, or of negative volume."""
    stamps = pd.DatetimeIndex(bars.index)
    open_, high, low, close, volume = (bars[name].to_numpy() for name in BAR_COLUMNS)
    for name in BAR_COLUMNS:
        wrong = not_finite([bars[name].to_numpy()])
        _refuse(stamps, wrong, where, f"with NaN or infinite `{name}`", "drop or correct them")
    above = low_above(open_, low, close)
    _refuse(stamps, above, where, "whose low is above open or close", "correct or drop them")
    below = high_below(open_, high, close)
    _refuse(stamps, below, where, "whose high is below open or close", "correct or drop them")
    _refuse(stamps, negative(volume), where, "with negative volume", "correct or drop them")


def _check_grid(bars: pd.DataFrame, instrument: Instrument, where: str) -> None:
    """Refuse prices that are no whole number of ticks."""
    stamps = pd.DatetimeIndex(bars.index)
    off_grid = off_tick([bars[name].to_numpy() for name in PRICE_COLUMNS], instrument)
    problem = f"off the {instrument.symbol} tick grid of {instrument.tick_size}"
    _refuse(
        stamps,
        off_grid,
        where,
        problem,
        "is the symbol right, or are the bars ratio-adjusted?",
    )


def _refuse(stamps: pd.DatetimeIndex, wrong: _Mask, where: str, problem: str, advice: str) -> None:
    """Raise a DataError with count and first offender if any bar is wrong."""
    if not wrong.any():
        return
    first = stamps[int(np.argmax(wrong))].isoformat()
    count = int(wrong.sum())
    raise DataError(f"{where}: {count} of {len(stamps)} bars {problem}, first at {first}; {advice}")
