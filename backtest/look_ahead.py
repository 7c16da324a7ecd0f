"""Whether a function of whole columns looks ahead: asked again with the later rows cut off.

What it said of the rows before must not change. Cuts are few and mostly early, where they are cheap
and a look into the future shows as well as anywhere.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from utils.errors import DataError

EARLY_CUTS = (61, 307, 1_009, 3_001)
LATE_CUT = 0.9
"""Rows that are left: so many, and this share of all."""

TOLERANCE = 1e-9
"""How far a sum may be off that is added up in another order, relative to the column's largest."""

Floats = NDArray[np.float64]


def checked_values(
    compute: Callable[[int], ArrayLike], stamps: pd.DatetimeIndex, what: str
) -> Floats:
    """Return what a function makes of all rows, if it makes the same of the first ones alone.

    Args:
        compute: From a number of rows to the values of those rows.
        stamps: (n,) of the rows, for people.
        what: What the function is called.

    Raises:
        DataError: If a value changes, naming row and values, or there is not one per row.
    """
    n_rows = len(stamps)
    whole = _one_per_row(compute(n_rows), n_rows, what)
    tolerance = TOLERANCE * float(np.nanmax(np.abs(whole), initial=0.0, where=np.isfinite(whole)))
    for n_left in sorted({*EARLY_CUTS, int(LATE_CUT * n_rows)}):
        if 0 < n_left < n_rows:
            part = _one_per_row(compute(n_left), n_left, what)
            _compare(whole[:n_left], part, tolerance, (stamps, what))
    return whole


def _one_per_row(values: ArrayLike, n_rows: int, what: str) -> Floats:
    given = np.asarray(values)
    if given.shape != (n_rows,) or given.dtype.kind not in "biuf":
        raise DataError(
            f"{what} must return one number per bar, {n_rows}, was {given.dtype} of shape "
            f"{given.shape}; put NaN where it is still warming up"
        )
    return np.asarray(given, dtype=np.float64)


def _compare(
    whole: Floats, part: Floats, tolerance: float, names: tuple[pd.DatetimeIndex, str]
) -> None:
    with np.errstate(invalid="ignore"):  # infinity minus itself
        is_same = (whole == part) | (np.abs(whole - part) <= tolerance)
    is_same |= np.isnan(whole) & np.isnan(part)
    if is_same.all():
        return
    stamps, what = names
    row = int(is_same.argmin())
    raise DataError(
        f"{what} looks ahead: at {stamps[row]} it is {part[row]:g} as of {stamps[len(part) - 1]}, "
        f"and {whole[row]:g} once later bars are there; use bars up to each row only"
    )
