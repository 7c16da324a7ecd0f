"""The bars of one instrument as a strategy reads them, as of a clock."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from backtest.look_ahead import checked_values
from backtest.series import BarSeries, Clock
from data.feature_set import FeatureSet
from data.features import FEATURES
from env.market import Market
from utils.errors import ConfigError, DataError
from utils.registry import lookup

Floats = NDArray[np.float64]


class Feed:
    """Bars, features and indicators of one instrument.

    Attributes:
        market: The same bars in ticks.
        clock: The row that has closed last.
    """

    def __init__(self, bars: pd.DataFrame, market: Market):
        """Take bars.

        Args:
            bars: As `check_bars` returns them; further columns are the user's own.
            market: Made of the same rows.
        """
        self._bars = bars
        self._features: dict[str, Floats] = {}
        self.market = market
        self.clock: Clock = [0]

    def column(self, name: str) -> BarSeries:
        """Return a column of the bars.

        Raises:
            ConfigError: If there is none of that name.
            DataError: If it holds no numbers.
        """
        return BarSeries(self._values(name), self.clock)

    def feature(self, name: str, column: str | None = None) -> BarSeries:
        """Return a feature, unscaled; NaN while it is warming up.

        Raises:
            ConfigError: For an unknown feature or column, or none where it has several.
        """
        spec = lookup(FEATURES, name, "feature")
        if column is None and len(spec.columns) > 1:
            raise ConfigError(
                f"feature `{name}` has the columns {', '.join(spec.columns)}; name one of them"
            )
        chosen = spec.columns[0] if column is None else column
        lookup(dict.fromkeys(spec.columns), chosen, f"column of `{name}`")
        if name not in self._features:
            computed = FeatureSet([name], tuple(self._bars.columns)).compute(self._bars)
            self._features[name] = computed
        values = self._features[name][:, spec.columns.index(chosen)]
        return BarSeries(values, self.clock)

    def indicator(self, function: Callable[..., ArrayLike], *columns: str) -> BarSeries:
        """Return what a function makes of columns.

        Raises:
            ConfigError: For an unknown column.
            DataError: If the function looks ahead, or does not return one number per bar.
        """
        given = [self._values(name) for name in columns]
        values = checked_values(
            lambda cut: function(*(cut.of(column) for column in given)),
            self.market.timestamps,
            f"the indicator `{getattr(function, '__name__', 'function')}`",
        )
        return BarSeries(values, self.clock)

    def _values(self, name: str) -> Floats:
        """Return a column as read-only numbers."""
        lookup({str(column): None for column in self._bars.columns}, name, "column of the bars")
        try:
            values: Floats = self._bars[name].to_numpy(dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"column `{name}` must hold numbers: {error}") from error
        own = values.view()
        own.flags.writeable = False
        return own
