"""Whether a function of whole columns looks ahead: asked again when the later rows are others.

What it said of the rows before must not change: neither where the later rows are cut off, nor where
those that follow at once are far above, or far below, what they were. The latter shows a look at
the next few bars whatever they happened to be. Cuts are few and mostly early, where they are cheap
and a look into the future shows as well as anywhere.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from utils.errors import DataError

EARLY_CUTS = (61, 149, 307, 523, 1_009, 1_511, 2_203, 3_001)
LATE_CUT = 0.9
"""Rows that are left: so many, and this share of all."""

N_OTHER = 64
OTHER_FACTORS = (0.5, 1.5)
"""How many rows after an early cut are made others, and what they are multiplied by."""

TOLERANCE = 1e-9
"""How far a sum may be off that is added up in another order, relative to the column's largest."""

Floats = NDArray[np.float64]
Numbers = NDArray[np.number[Any]]


class Cut(NamedTuple):
    """The first rows of all columns, and perhaps some more that are others.

    Attributes:
        n_known: Rows as they are.
        n_rows: Rows in all.
        factor: Of the rows after `n_known`.
    """

    n_known: int
    n_rows: int
    factor: float = 1.0

    def of(self, column: Numbers) -> Numbers:
        """Return a column of numbers so cut; read-only if nothing in it is changed."""
        cut = column[: self.n_rows]
        if self.n_known == self.n_rows:
            return cut
        later = np.multiply(cut[self.n_known :], self.factor)
        return np.concatenate([cut[: self.n_known], later.astype(column.dtype)])

    def of_frame(self, bars: pd.DataFrame) -> pd.DataFrame:
        """Return all rows of a frame so cut; columns that hold no numbers are cut only."""
        cut = bars.iloc[: self.n_rows]
        if self.n_known == self.n_rows:
            return cut
        others = {
            name: self.of(column.to_numpy())
            for name, column in cut.items()
            if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
        }
        return cut.assign(**others)


def checked_values(
    compute: Callable[[Cut], ArrayLike], stamps: pd.DatetimeIndex, what: str
) -> Floats:
    """Return what a function makes of all rows, if later ones do not change the first ones.

    Args:
        compute: From a cut to the values of its rows.
        stamps: (n,) of the rows, for people.
        what: What the function is called.

    Raises:
        DataError: If a value changes, naming row and values, or there is not one per row.
    """
    n_rows = len(stamps)
    whole = _one_per_row(compute(Cut(n_rows, n_rows)), n_rows, what)
    tolerance = TOLERANCE * float(np.nanmax(np.abs(whole), initial=0.0, where=np.isfinite(whole)))
    for cut in _cuts(n_rows):
        part = _one_per_row(compute(cut), cut.n_rows, what)[: cut.n_known]
        _compare(whole[: cut.n_known], part, tolerance, (stamps, what))
    return whole


def _cuts(n_rows: int) -> Iterator[Cut]:
    for n_known in sorted({*EARLY_CUTS, int(LATE_CUT * n_rows)}):
        if not 0 < n_known < n_rows:
            continue
        yield Cut(n_known, n_known)
        if n_known <= EARLY_CUTS[-1]:
            for factor in OTHER_FACTORS:
                yield Cut(n_known, min(n_known + N_OTHER, n_rows), factor)


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
        f"{what} looks ahead: at {stamps[row]} it is {part[row]:g} where the bars after "
        f"{stamps[len(part) - 1]} are cut off or others, and {whole[row]:g} with them; use bars up "
        "to each row only"
    )
