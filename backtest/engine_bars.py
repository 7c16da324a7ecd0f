"""The bars that an engine was given, of one instrument or several, and what of them is traded."""

from collections.abc import Mapping

import pandas as pd

from backtest.result import BacktestResult
from backtest.span import rows_between, rows_of
from backtest.together import Together
from data.bars import check_bars
from env.market import Market, build_market
from utils.errors import ConfigError

NO_FEATURE = ("time_sin",)
"""What nobody looks at: a feature that is there from the first bar on."""


class EngineBars:
    """Bars and span, checked once.

    Attributes:
        together: Several instruments' bars; None for those of one.
        asked: What the user said of the span.
    """

    def __init__(
        self,
        df: pd.DataFrame | Mapping[str, pd.DataFrame],
        start: str | pd.Timestamp | None,
        end: str | pd.Timestamp | None,
    ):
        """Check bars and span; arguments and errors as for `BacktestEngine`."""
        self.asked = f"`start` {start} and `end` {end}"
        self.together = Together(df, start, end) if isinstance(df, Mapping) else None
        self._frame = None if isinstance(df, Mapping) else check_bars(df)
        self._ends = start, end
        self._markets: dict[str, Market] = {}
        if self.together is None:
            _ = self.span  # refuses a wrong time here, not later

    @property
    def frame(self) -> pd.DataFrame:
        """The bars of the one instrument.

        Raises:
            ConfigError: If there are several.
        """
        if self._frame is None:
            raise ConfigError(
                "this trades one instrument, and the engine was given several; make an engine of "
                "one, or use `run_with_strategy`"
            )
        return self._frame

    @property
    def span(self) -> range:
        """The rows of the one instrument that may be traded."""
        return rows_between(self.frame.index, *self._ends)

    def plain_market(self, symbol: str) -> Market:
        """Return the bars of the one instrument as those of `symbol`; no feature is looked at."""
        if symbol not in self._markets:
            self._markets[symbol] = build_market(self.frame, NO_FEATURE, symbol=symbol)
        return self._markets[symbol]

    def walked(self, result: BacktestResult) -> tuple[Market, tuple[int, int]]:
        """Return what a result was made on, and the rows that it walked over.

        Raises:
            ConfigError: If these are not its bars.
        """
        return self.plain_market(result.settings.symbol), rows_of(result, self.frame.index)
