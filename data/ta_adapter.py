"""Columns of the `ta` library as features: `ta:<name>`, from all bars at once, never live.

`ta` is given float64 series with a RangeIndex. On anything else its parabolic SAR writes to labels
instead of rows: with stamps as index, pandas 3 appends those rows, and the result is silently
wrong, and slow. Which columns there are, and which are refused, is data/ta_columns.py's business.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from data.extras import extra_module
from data.indicators.bar import Floats
from data.ta_columns import TA_COLUMNS, TA_REFUSED, TaColumn
from utils.errors import ConfigError
from utils.registry import lookup


def ta_warm_up(name: str) -> int:
    """Return the bars before the first whole value of a column of `ta`.

    Raises:
        ConfigError: If there is no such column, or it is refused; the line says why.
    """
    if name in TA_REFUSED:
        raise ConfigError(f"`ta:{name}` is not to be had: {TA_REFUSED[name]}")
    return lookup(TA_COLUMNS, name, "column of ta").warm_up


def ta_values(frame: pd.DataFrame, names: Sequence[str]) -> list[Floats]:
    """Return the named columns, shape (n,) each, NaN in their warm-up.

    At bar t uses bars <= t. After the warm-up a value is whatever `ta` makes of the bars: NaN or
    infinite where a range or a volume is zero and it divides by that.

    Args:
        frame: OHLCV, oldest first; its index is ignored.
        names: Keys of TA_COLUMNS.
    """
    bars = pd.DataFrame(
        {name: frame[name].to_numpy(dtype=np.float64) for name in ("high", "low", "close")}
    )
    bars["volume"] = frame["volume"].to_numpy(dtype=np.float64)
    made: dict[tuple[str, str], Any] = {}
    return [_values(bars, lookup(TA_COLUMNS, name, "column of ta"), made) for name in names]


def _values(bars: pd.DataFrame, column: TaColumn, made: dict[tuple[str, str], Any]) -> Floats:
    """Return one column; indicators already made of these bars are in `made`, by their class."""
    values = np.full(len(bars), np.nan)
    if len(bars) <= column.warm_up:
        return values  # some classes cannot be made of fewer bars
    key = (column.indicator, repr(column.parameters))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if key not in made:
            make = getattr(extra_module(f"ta.{column.module}"), column.indicator)
            series = {name: bars[name] for name in column.inputs}
            made[key] = make(**series, **column.parameters)
        found = getattr(made[key], column.method)()
    values[column.warm_up :] = found.to_numpy(dtype=np.float64)[column.warm_up :]
    return values
