"""Train and test fold by fold: each test block is later than all that its agent has seen.

The scaler, the features' warm-up and the agent are made anew per fold, on its training rows only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from config.settings import Settings
from data.splits import expanding_folds
from models.agent import TradingAgent

Train = Callable[[pd.DataFrame, Settings], TradingAgent]
"""Makes a trained agent of training rows and settings, e.g. `models.training.train_agent`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldOutcome:
    """One fold, trained and tested.

    Attributes:
        agent: Trained on the rows before the embargo.
        result: Its pass over the test block, named `fold_1`, `fold_2` and so on.
    """

    agent: TradingAgent
    result: BacktestResult


def walk_forward(bars: pd.DataFrame, settings: Settings, train: Train) -> Iterator[FoldOutcome]:
    """Yield one outcome per expanding fold, oldest first, as each is ready.

    Warning:
        A test block is traded from the close of its first bar on; its earlier bars only warm up
        features and windows. Each fold begins with the initial balance.

    Args:
        bars: Checked bars, oldest first.
        settings: `train.folds` and `train.embargo_bars` make the folds.
        train: Is given the training rows only.

    Raises:
        DataError: If the folds do not fit the bars; says how many are missing.
    """
    folds = expanding_folds(len(bars), settings.train.folds, settings.train.embargo_bars)
    for number, split in enumerate(folds, start=1):
        agent = train(bars.iloc[split.train], settings)
        engine = BacktestEngine(
            bars.iloc[: split.test.stop],
            initial_capital=settings.env.initial_balance,
            slippage_ticks=settings.env.slippage_ticks,
            start=bars.index[split.test.start],
        )
        result = replace(engine.run_with_model(agent), name=f"fold_{number}")
        yield FoldOutcome(agent=agent, result=result)
