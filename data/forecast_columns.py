"""The columns that forecasts have in a frame of bars: which there are, and their values.

Many rows at once and one live row go through the same function and give the same bits. Which rows
of a frame may be read at all is left to data/forecast_frame.py.
"""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from data.forecast_names import (
    HEADS,
    LEVELS,
    PREFIX,
    Head,
    fallback_column,
    horizon_prefix,
    quantile_column,
)
from utils.registry import lookup

Floats = NDArray[np.float64]

SPREAD, LOCATION, SKEW = "spread", "location", "skew"
DERIVED = (SPREAD, LOCATION, SKEW)
"""What is made of a row's return quantiles, by the end of its column's name.

The spread is log(q95 - q05), the location q50 / (q95 - q05), the skew
(q95 + q05 - 2 q50) / (q95 - q05): two pure numbers and a log of log returns.
"""

_OF_HORIZON = re.compile(rf"{PREFIX}h([1-9]\d{{0,5}})_")

LOW, MIDDLE, HIGH = LEVELS.index(0.05), LEVELS.index(0.5), LEVELS.index(0.95)


def derived_column(horizon: int, name: str) -> str:
    """Return the name of a column of DERIVED, e.g. `forecast_h12_spread`."""
    return f"{horizon_prefix(horizon)}{name}"


def usual_columns(horizons: Sequence[int]) -> tuple[str, ...]:
    """Return what an agent sees of forecasts unless told otherwise: DERIVED of each horizon."""
    return tuple(derived_column(horizon, name) for horizon in horizons for name in DERIVED)


def all_columns(horizons: Sequence[int], heads: Sequence[Head] = HEADS) -> tuple[str, ...]:
    """Return every column there is, by horizon: quantiles by head, DERIVED, the fallback's flag."""
    return tuple(name for horizon in horizons for name in _names(horizon, heads))


def _names(horizon: int, heads: Sequence[Head]) -> tuple[str, ...]:
    quantiles = (quantile_column(horizon, level, head) for head in heads for level in LEVELS)
    derived = (derived_column(horizon, name) for name in DERIVED)
    return (*quantiles, *derived, fallback_column(horizon))


def column_values(
    columns: Sequence[str],
    horizons: Sequence[int],
    quantiles: Floats,
    is_fallback: NDArray[np.bool_],
    heads: Sequence[Head] = HEADS,
) -> Floats:
    """Return the named columns of forecasts, shape (n, len(columns)).

    Row t is made of row t alone, so that it has the same bits by itself.

    Args:
        columns: Of `all_columns`, in any order.
        horizons: Bars ahead.
        quantiles: (n, n_horizons, n_heads, N_LEVELS) log returns, q05 < q95.
        is_fallback: (n, n_horizons).
        heads: What is forecast, the return among them.

    Raises:
        ConfigError: If there is no such column.
    """
    table: dict[str, Floats] = {}
    for i, horizon in enumerate(horizons):
        table |= _of_horizon(horizon, quantiles[:, i], is_fallback[:, i], heads)
    values = np.empty((len(quantiles), len(columns)))
    for i, name in enumerate(columns):
        values[:, i] = lookup(table, name, "forecast column")
    return values


def _of_horizon(
    horizon: int, quantiles: Floats, is_fallback: NDArray[np.bool_], heads: Sequence[Head]
) -> dict[str, Floats]:
    """Return all columns of one horizon from (n, n_heads, N_LEVELS)."""
    n_rows = len(quantiles)
    every = [
        *quantiles.reshape(n_rows, -1).T,
        *_derived(quantiles[:, heads.index(Head.RETURN)]),
        is_fallback.astype(np.float64),
    ]
    return dict(zip(_names(horizon, heads), every, strict=True))


def _derived(quantiles: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the columns of DERIVED from return quantiles (n, N_LEVELS)."""
    low, middle, high = (quantiles[:, level] for level in (LOW, MIDDLE, HIGH))
    width = high - low
    # One at a time: a vectorised logarithm need not give a single row the bits it has among others.
    logs = np.fromiter(map(math.log, width.tolist()), np.float64, count=len(width))
    return logs, middle / width, (high + low - 2.0 * middle) / width


def horizons_of(columns: Sequence[str]) -> tuple[int, ...]:
    """Return the horizons that columns of forecasts are of, rising; other names count for none."""
    found = (_OF_HORIZON.match(name) for name in columns)
    return tuple(sorted({int(match.group(1)) for match in found if match is not None}))


NOMINAL_SIGMA = 0.0009
"""Standard deviation of a 5-minute log return of an index future, .23 a year."""

NOMINAL_WIDTH = 3.3
"""Distance of q05 and q95 in standard deviations of a normal variable."""

_NOMINAL_SHAPES: Mapping[str, tuple[float, float]] = {
    LOCATION: (0.0, 0.05),
    SKEW: (0.0, 0.1),
    "fallback": (0.0, 1.0),
}


def nominal_constants(column: str) -> tuple[float, float]:
    """Return the typical value of a column and its typical departure from that, never 0.

    Fixed numbers for 5-minute bars of index futures; nothing is fitted. A column of no horizon has
    0 and 1.
    """
    horizons = horizons_of([column])
    if not horizons:
        return 0.0, 1.0
    sigma = NOMINAL_SIGMA * math.sqrt(max(horizons[0], 1))
    kind = column.rpartition("_")[2]
    if kind == SPREAD:
        return math.log(NOMINAL_WIDTH * sigma), 0.7
    return _NOMINAL_SHAPES.get(kind, (0.0, 2.0 * sigma))
