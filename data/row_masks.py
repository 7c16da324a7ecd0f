"""What makes the numbers of a bar impossible: one mask per rule, the same wherever bars come from.

`data.bars` refuses such rows, `data/row_checks.py` counts them, data/importers parts them from good
ones. Each mask is (n,), True where the rule is broken; NaN breaks the first rule alone.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from config.instruments import Instrument

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def not_finite(columns: Iterable[Floats]) -> Mask:
    """Return which rows have NaN or infinity in one of the columns."""
    return np.asarray(np.logical_or.reduce([~np.isfinite(column) for column in columns]))


def low_above(open_: Floats, low: Floats, close: Floats) -> Mask:
    """Return which rows have a low above their open or close."""
    return np.asarray(low > np.minimum(open_, close))


def high_below(open_: Floats, high: Floats, close: Floats) -> Mask:
    """Return which rows have a high below their open or close."""
    return np.asarray(high < np.maximum(open_, close))


def negative(volume: Floats) -> Mask:
    """Return which rows have a volume below zero."""
    return np.asarray(volume < 0)


def not_positive(prices: Iterable[Floats]) -> Mask:
    """Return which rows have a price of zero or less."""
    return np.asarray(np.logical_or.reduce([column <= 0 for column in prices]))


def off_tick(prices: Sequence[Floats], instrument: Instrument) -> Mask:
    """Return which rows have a finite price that is no whole number of the instrument's ticks."""
    off = [instrument.off_grid(column) & np.isfinite(column) for column in prices]
    return np.asarray(np.logical_or.reduce(off))
