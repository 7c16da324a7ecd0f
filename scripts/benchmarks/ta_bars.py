"""Bars as the `ta` library takes them, its indicators made once each, and how long it took.

Which indicators are compared with ours is left to scripts/benchmarks/ta_common.py.
"""

import importlib
import inspect
import time
import warnings
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from data.bars import BAR_COLUMNS
from data.indicators.bar import feature_bars


class TaBars:
    """Bars as float64 series with a RangeIndex, and the columns that `ta` makes of them.

    With stamps as index some of its indicators are wrong on pandas 3 (see data/ta_adapter.py).

    Attributes:
        frame: The bars, as `check_bars` returns them.
        seconds: How long `ta` has taken so far; what is done with its columns does not count.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.seconds = 0.0
        self._series = {
            name: pd.Series(frame[name].to_numpy(dtype=np.float64)) for name in BAR_COLUMNS
        }
        self._indicators: dict[tuple[str, bool, str], Any] = {}
        self._columns: dict[tuple[str, bool, str], pd.Series] = {}

    @property
    def close(self) -> pd.Series:
        """Closes in points."""
        return self._series["close"]

    @property
    def volume(self) -> pd.Series:
        """Contracts."""
        return self._series["volume"]

    @cached_property
    def session(self) -> pd.Series:
        """Number of each bar's session, from 1."""
        return pd.Series(feature_bars(self.frame).is_session_start.astype(np.int64)).cumsum()

    def column(self, path: str, *, is_from_zero: bool = False, **parameters: Any) -> pd.Series:
        """Return one column of `ta`, shape (n,); it, and its indicator, are made and timed once.

        Args:
            path: `module.Class.method`, e.g. "momentum.RSIIndicator.rsi".
            is_from_zero: Give it prices less the first close. For places between bands, which stay
                the same: `ta` takes its bands from running sums of squares, which lose digits at
                20,000 points.
            parameters: Of the class, where its defaults are not meant.
        """
        asked = (path, is_from_zero, repr(sorted(parameters.items())))
        if asked not in self._columns:
            started = time.perf_counter()
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                self._columns[asked] = self._new_column(path, is_from_zero, parameters)
            self.seconds += time.perf_counter() - started
        return self._columns[asked]

    def true_range(self, window: int = 14) -> pd.Series:
        """Return the average true range in points, shape (n,)."""
        path = "volatility.AverageTrueRange.average_true_range"
        return self.column(path, window=window)

    def _new_column(self, path: str, is_from_zero: bool, parameters: dict[str, Any]) -> pd.Series:
        owner, method = path.rsplit(".", 1)
        key = (owner, is_from_zero, repr(sorted(parameters.items())))
        if key not in self._indicators:
            self._indicators[key] = self._new_indicator(owner, is_from_zero, parameters)
        column: pd.Series = getattr(self._indicators[key], method)()
        return column

    def _new_indicator(self, owner: str, is_from_zero: bool, parameters: dict[str, Any]) -> object:
        """Return an indicator, given those of our series that its class takes."""
        module, name = owner.split(".")
        indicator = getattr(importlib.import_module(f"ta.{module}"), name)
        wanted = inspect.signature(indicator).parameters
        inputs = {name: series for name, series in self._series.items() if name in wanted}
        if is_from_zero:
            first = self.close.iloc[0]
            inputs = {name: series - first for name, series in inputs.items() if name != "volume"}
        return indicator(**inputs, **parameters)
