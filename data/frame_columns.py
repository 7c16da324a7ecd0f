"""Columns that a frame brings along: features of the user's own, and namesakes of ours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.bars import holds_numbers
from data.indicators.bar import Floats
from data.indicators.spec import FeatureSpec
from utils.errors import DataError

TOLERATED_SPREADS = 0.01
"""How far a column may lie from ours, in typical sizes: another seed, not another formula."""

EXTERNAL_PREFIX = "external:"


@dataclass(frozen=True, slots=True)
class ExternalColumn:
    """A column of the user's frame that is used as it is; batch only."""

    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its values: its own."""
        return (self.name,)

    @property
    def warm_up(self) -> int:
        """Bars before its first valid value, as far as can be known without the frame: none."""
        return 0

    @property
    def centre(self) -> float:
        """Typical value: unknown, 0 leaves it as it is."""
        return 0.0

    @property
    def spread(self) -> float:
        """Typical size: unknown, 1 leaves it as it is."""
        return 1.0

    def identity(self) -> dict[str, object]:
        """Return what can be known of it: its name."""
        return {"name": EXTERNAL_PREFIX + self.name}


def external_values(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return the named columns, shape (n, len(names)); NaN only before their first value.

    They are taken as they are: that row t was known at the close of bar t is for their maker to
    see to.

    Raises:
        DataError: If a column is missing, not numeric, empty, infinite, or NaN after a value.
    """
    values = np.empty((len(frame), len(names)))
    for i, name in enumerate(names):
        values[:, i] = _external_column(frame, name)
    return values


def _external_column(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame.columns:
        raise DataError(
            f"column `{name}` is missing from the bars: the feature set uses it as the user's own"
        )
    values = _numbers(frame, name)
    first = int(np.isfinite(values).argmax())
    wrong = ~np.isfinite(values)
    wrong[:first] = ~np.isnan(values[:first])
    if wrong.any():
        raise DataError(
            f"column `{name}` must be finite after its first value: {int(wrong.sum())} of "
            f"{len(values)} rows are not, first {frame.index[int(wrong.argmax())]}; "
            "fill or drop them before use"
        )
    return values


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    column = frame[name]
    if not holds_numbers(column.dtype):
        raise DataError(
            f"column `{name}` of the bars is not numeric ({column.dtype}): convert it with "
            "pandas.to_numeric, rename or drop it"
        )
    values: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def check_same_named(frame: pd.DataFrame, specs: Sequence[FeatureSpec], values: Floats) -> None:
    """Refuse a frame whose column has a feature's name and other numbers: one name, one meaning.

    Only the later half is compared, where the seeds of averages are forgotten. There NaN disagrees
    with a number; rows in which ours is still NaN are left out.

    Args:
        frame: The bars, with whatever else they carry.
        specs: The computed features, in order.
        values: Their values, shape (n, n_columns).

    Raises:
        DataError: Naming the first column that disagrees, and where.
    """
    column = 0
    for spec in specs:
        if spec.name in frame.columns and spec.name not in spec.columns:
            raise DataError(
                f"column `{spec.name}` of the bars has the name of a feature that computes "
                f"{', '.join(spec.columns)}: rename it to use it as your own, or drop it"
            )
        for name in spec.columns:
            if name in frame.columns:
                _check_agreement(frame, name, values[:, column], spec.spread)
            column += 1


def check_library_columns(frame: pd.DataFrame, names: Sequence[str], values: Floats) -> None:
    """Refuse a frame that carries a library's column with other numbers, as for our own.

    Args:
        frame: The bars, with whatever else they carry.
        names: The columns, prefix included.
        values: Their values, shape (n, len(names)).

    Raises:
        DataError: Naming the first column that disagrees, and where.
    """
    for i, name in enumerate(names):
        if name in frame.columns:
            finite = values[np.isfinite(values[:, i]), i]
            _check_agreement(frame, name, values[:, i], float(np.std(finite)) if len(finite) else 1)


def _check_agreement(frame: pd.DataFrame, name: str, ours: Floats, spread: float) -> None:
    theirs = _numbers(frame, name)
    agrees = np.abs(theirs - ours) <= TOLERATED_SPREADS * spread
    wrong = ~(agrees | np.isnan(ours))[len(frame) // 2 :]
    if wrong.any():
        row = len(frame) // 2 + int(wrong.argmax())
        raise DataError(
            f"column `{name}` of the bars disagrees with the feature of that name, for one at "
            f"{frame.index[row]} ({theirs[row]:.6g}, computed {ours[row]:.6g}): "
            "rename it to use it as your own, or drop it"
        )
