"""Whether 03/04/2024 is in March or in April: the file's own rows decide, or nobody does."""

import numpy as np
from numpy.typing import NDArray

from data.importers.options import DateOrder
from data.importers.raw_bars import RawBars
from data.importers.zones import NO_STAMP, Stamps
from utils.errors import DataError

_NAMES = {DateOrder.DAY_FIRST: "day first", DateOrder.MONTH_FIRST: "month first"}


def decided_stamps(
    raw: RawBars, where: str, asked: DateOrder | None, usual: DateOrder | None
) -> tuple[Stamps, DateOrder | None]:
    """Return the stamps in the order that fits, and which order that is; None for no such dates.

    A day above 12 decides; if there is none, the order in which the rows are sorted; if both are,
    what is usual in the dialect.

    Args:
        raw: Rows of one file.
        where: What to call the file.
        asked: What the user says; rows that cannot be read so become NO_STAMP.
        usual: The dialect's habit.

    Raises:
        DataError: If some rows are day first only and others month first only, or nothing decides.
    """
    if raw.month_first is None:
        return raw.stamps, None
    readings = {DateOrder.DAY_FIRST: raw.stamps, DateOrder.MONTH_FIRST: raw.month_first}
    if asked is not None:
        return readings[asked], asked
    order = _by_days(raw, where) or _by_sorting(readings) or usual
    if order is None:
        raise DataError(
            f"{where}: dates such as {_shown(raw.stamps)} could as well be "
            f"{_shown(raw.month_first)}; say which with --dates dmy or --dates mdy"
        )
    return readings[order], order


def _by_days(raw: RawBars, where: str) -> DateOrder | None:
    """Return the only order in which every date exists; None if both are possible."""
    assert raw.month_first is not None
    is_day_first, is_month_first = raw.stamps != NO_STAMP, raw.month_first != NO_STAMP
    only_day_first = is_day_first & ~is_month_first
    only_month_first = is_month_first & ~is_day_first
    if only_day_first.any() and only_month_first.any():
        raise DataError(
            f"{where}: mixed date formats: {_counted(raw, only_day_first)} can only be day first, "
            f"{_counted(raw, only_month_first)} only month first; correct the file, or give "
            f"--dates dmy or --dates mdy to reject the others"
        )
    if only_day_first.any():
        return DateOrder.DAY_FIRST
    return DateOrder.MONTH_FIRST if only_month_first.any() else None


def _by_sorting(readings: dict[DateOrder, Stamps]) -> DateOrder | None:
    """Return the only order in which the rows do not go back in time; None if both or neither."""
    is_sorted = {
        order: not np.any(np.diff(stamps[stamps != NO_STAMP]) < 0)
        for order, stamps in readings.items()
    }
    fitting = [order for order, is_fit in is_sorted.items() if is_fit]
    return fitting[0] if len(fitting) == 1 else None


def _counted(raw: RawBars, rows: NDArray[np.bool_]) -> str:
    return f"{int(rows.sum()):,} rows (first in line {raw.lines[int(np.argmax(rows))]})"


def _shown(stamps: Stamps) -> str:
    """Return the first date, e.g. 2024-04-03."""
    return str(np.datetime64(int(stamps[stamps != NO_STAMP][0]), "ns").astype("datetime64[D]"))
