"""Several instruments' bars, ready to be traded in one account."""

from collections.abc import Callable, Mapping

import pandas as pd

from backtest.feed import Feed
from backtest.policy_run import Progress
from backtest.repeated_orders import RepeatedOrders
from backtest.result import BacktestResult
from backtest.span import rows_between
from backtest.strategy import Strategy, TargetStrategy
from backtest.strategy_checks import is_at_desk
from backtest.together_plan import TogetherPlan, plan_of
from backtest.together_run import run_together
from config.settings import EnvSettings
from data.bars import check_bars
from env.market import build_market
from utils.errors import ConfigError

_NO_FEATURE = ("time_sin",)
"""What nobody looks at: a feature that is there from the first bar on."""


class Together:
    """Bars by symbol, and the way through them.

    Attributes:
        plan: Which instrument has a bar when.
    """

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame],
        start: str | pd.Timestamp | None,
        end: str | pd.Timestamp | None,
    ):
        """Check bars and span.

        Args:
            frames: Bars by symbol, in the order of the desks.
            start: As for `BacktestEngine`.
            end: Likewise.

        Raises:
            ConfigError: For none, an unknown symbol, bars of different sizes, or a span in which
                one of them has none.
            DataError: If bars break an invariant, or are off the grid of their symbol.
        """
        if not frames:
            raise ConfigError("`df` must have bars of one instrument or more, was empty")
        bars = {symbol: check_bars(frame) for symbol, frame in frames.items()}
        self._feeds = {
            symbol: Feed(own, build_market(own, _NO_FEATURE, symbol=symbol))
            for symbol, own in bars.items()
        }
        spans = {symbol: rows_between(own.index, start, end) for symbol, own in bars.items()}
        self.plan: TogetherPlan = plan_of(self._feeds, spans, f"`start` {start} and `end` {end}")

    def run(
        self,
        strategy: Strategy | TargetStrategy,
        settings: EnvSettings,
        on_progress: Progress | None = None,
    ) -> BacktestResult:
        """Return what a strategy comes to; every instrument has these settings but its symbol.

        Raises:
            ConfigError: If it is one of targets, which are of one instrument.
            StrategyError: If it raises.
        """
        if not is_at_desk(strategy):
            raise ConfigError(
                f"`{strategy.name}` names targets of one instrument, the account has "
                f"{', '.join(self._feeds)}; give it `on_bar`, or an engine of one instrument"
            )
        terms = self._each(settings, lambda own: own)
        return run_together(strategy, self._feeds, terms, self.plan, on_progress)

    def replayed(
        self, result: BacktestResult, change: Callable[[EnvSettings], EnvSettings]
    ) -> BacktestResult:
        """Return what the same orders come to when each instrument's settings are changed.

        Raises:
            ConfigError: If the result is over other bars.
        """
        if not self.plan.stamps.equals(result.timestamps):
            raise ConfigError(
                f"the result of `{result.name}` is over other bars, from {result.span[0]}; use the "
                "engine that made it"
            )
        again = RepeatedOrders(result.name, result.orders)
        terms = self._each(result.settings, change)
        return run_together(again, self._feeds, terms, self.plan)

    def _each(
        self, settings: EnvSettings, change: Callable[[EnvSettings], EnvSettings]
    ) -> dict[str, EnvSettings]:
        """Return the settings of each instrument."""
        return {
            symbol: change(settings.model_copy(update={"symbol": symbol})) for symbol in self._feeds
        }
