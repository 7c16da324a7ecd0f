"""Candle patterns of TA-Lib as features: `talib:<PATTERN>`, from all bars at once, never live.

TA-Lib is an extra, asked for by its own names, e.g. `talib:CDLENGULFING`. A pattern says 100 where
it bids to buy and -100 where to sell, 200 where it is confirmed, 0 where it is not there; here that
is divided by 100. Which patterns there are, the installed library says itself.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from data.bars import PRICE_COLUMNS
from data.extras import extra_module
from data.indicators.bar import Floats
from utils.registry import lookup

SIGNAL = 100.0
"""What TA-Lib calls a pattern that is there."""

_GROUP = "Pattern Recognition"


def talib_patterns() -> tuple[str, ...]:
    """Return the names of all patterns that the installed TA-Lib knows.

    Raises:
        ConfigError: If TA-Lib is not installed.
    """
    return tuple(extra_module("talib").get_function_groups()[_GROUP])


def talib_warm_up(name: str) -> int:
    """Return the bars before a pattern's first value; TA-Lib itself has 0 there.

    Raises:
        ConfigError: If TA-Lib is not installed, or does not know the pattern.
    """
    lookup(dict.fromkeys(talib_patterns(), True), name, "candle pattern of TA-Lib")
    return int(extra_module("talib.abstract").Function(name).lookback)


def talib_values(frame: pd.DataFrame, names: Sequence[str]) -> list[Floats]:
    """Return the named patterns, shape (n,) each, in [-2, 2], NaN in their warm-up.

    At bar t uses bars <= t.

    Args:
        frame: OHLCV, oldest first.
        names: Patterns, as `talib_patterns` lists them.
    """
    talib = extra_module("talib")
    prices = [np.ascontiguousarray(frame[name], dtype=np.float64) for name in PRICE_COLUMNS]
    columns = []
    for name in names:
        values = getattr(talib, name)(*prices) / SIGNAL
        values[: talib_warm_up(name)] = np.nan
        columns.append(values)
    return columns
