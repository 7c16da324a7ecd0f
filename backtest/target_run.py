"""A strategy whose wanted positions are known beforehand, in one compiled loop."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from backtest.desk_port import Desk
from backtest.look_ahead import Cut, checked_values
from backtest.replay import Rows, replay_decisions
from backtest.result import BacktestResult
from backtest.strategy import Strategy, TargetStrategy
from backtest.strategy_error import targets_error
from config.settings import EnvSettings
from env.market import Market
from utils.errors import DataError, FuturesGymError

CONTRACTS = "contracts"
"""The action mode whose choices are signed positions."""


def run_targets(
    strategy: TargetStrategy, bars: pd.DataFrame, market: Market, settings: EnvSettings, rows: Rows
) -> BacktestResult:
    """Return what a strategy comes to: fill for fill as if it asked its desk for every target.

    Args:
        strategy: What trades.
        bars: As `check_bars` returns them.
        market: Made of them.
        settings: The account; its action mode becomes "contracts".
        rows: Of the first decision, and after the last bar.

    Raises:
        StrategyError: If the strategy raises.
        DataError: If the targets look ahead, or are not one whole number per bar.
    """
    targets = checked_targets(strategy, bars)[rows[0] : rows[1] - 1]
    settings = settings.model_copy(update={"action_mode": CONTRACTS})
    return replay_decisions(targets, market, settings, rows, strategy.name)


def checked_targets(strategy: TargetStrategy, bars: pd.DataFrame) -> NDArray[np.int64]:
    """Return the wanted positions at each close, (n,), if they do not look ahead.

    Raises:
        StrategyError: If the strategy raises.
        DataError: As `run_targets`.
    """

    def targets(cut: Cut) -> ArrayLike:
        try:
            return strategy.targets(cut.of_frame(bars))
        except FuturesGymError:
            raise
        except Exception as error:
            raise targets_error(error, strategy.name, cut.n_rows) from error

    stamps = pd.DatetimeIndex(bars.index)
    what = f"`targets` of `{strategy.name}`"
    values = checked_values(targets, stamps, what)
    is_whole = np.isfinite(values) & (values == np.rint(values)) & (np.abs(values) < 2**31)
    if not is_whole.all():
        row = int(is_whole.argmin())
        raise DataError(f"{what} must be whole contracts, was {values[row]:g} at {stamps[row]}")
    return values.astype(np.int64)


class FollowTargets(Strategy):
    """The same targets asked for at the desk, bar by bar."""

    def __init__(self, strategy: TargetStrategy, bars: pd.DataFrame):
        """Know all targets; at each bar only its own is used."""
        self.name = strategy.name
        self._targets = checked_targets(strategy, bars).tolist()

    def on_bar(self, desk: Desk) -> None:
        """Want the target of the bar that has closed."""
        desk.target(self._targets[desk.n_bars - 1])
