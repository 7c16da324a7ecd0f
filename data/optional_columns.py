"""Columns of bars that some frames have and some have not: rolls, and a second market.

They are checked wherever bars become features: from all rows of a frame, and of each live bar.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import holds_numbers
from utils.errors import DataError

OPTIONAL_COLUMNS = {
    "roll_gap": 0.0,
    "other_close": np.nan,
    "other_volume": np.nan,
    "other_roll_gap": 0.0,
}
"""Column: what stands for an absent one.

Where that is NaN, single rows may be NaN too: the second market is not always there. A gap must be
known in every row, since features add it to the prices that they remember.
"""

ADVICE = {
    "roll_gap": "finite, 0 where there is no roll (fill what a join left empty with 0)",
    "other_close": "finite, or NaN where the second market is absent",
    "other_volume": "finite and >= 0, or NaN where the second market is absent",
    "other_roll_gap": "finite, 0 where there is no roll (fill what a join left empty with 0)",
}
"""Column: what its values must be."""


def is_possible(name: str, value: float) -> bool:
    """Return whether a column of OPTIONAL_COLUMNS may hold a value."""
    if math.isnan(value):
        return math.isnan(OPTIONAL_COLUMNS[name])
    return not math.isinf(value) and (name != "other_volume" or value >= 0.0)


def optional_values(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column of OPTIONAL_COLUMNS, shape (n,); what stands for it where there is none.

    Raises:
        DataError: If it is not numeric, or a row holds what it may not.
    """
    if name not in frame.columns:
        return np.full(len(frame), OPTIONAL_COLUMNS[name])
    column = frame[name]
    if not holds_numbers(column.dtype):
        raise DataError(
            f"column `{name}` of the bars must hold numbers, was {column.dtype}; convert it with "
            "pandas.to_numeric, or drop it"
        )
    values: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = _impossible(name, values)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"column `{name}` of the bars must be {ADVICE[name]}: {int(wrong.sum())} of "
            f"{len(values)} rows are not, first {frame.index[row]} ({values[row]})"
        )
    return values


def _impossible(name: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where `is_possible` is not so, shape (n,)."""
    wrong = np.isinf(values)
    if math.isfinite(OPTIONAL_COLUMNS[name]):
        wrong |= np.isnan(values)
    return wrong | (values < 0.0) if name == "other_volume" else wrong
