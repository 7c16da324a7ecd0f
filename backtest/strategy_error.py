"""A strategy that raised: one line that says where and what, and the result up to there."""

import traceback
from pathlib import Path

from backtest.desk import BacktestDesk
from backtest.result import BacktestResult
from utils.errors import ConfigError

TRACE_LINES = 3
"""Innermost calls that the line names."""


class StrategyError(ConfigError):
    """Correct the strategy.

    Attributes:
        result: What it came to until the close at which it raised; an open position is marked to
            that close. None if that was before the first bar was over.
        trace: The whole trace of what it raised.
    """

    def __init__(self, message: str, result: BacktestResult | None, trace: str):
        super().__init__(message)
        self.result = result
        self.trace = trace


def strategy_error(
    error: Exception, name: str, method: str, desk: BacktestDesk, result: BacktestResult | None
) -> StrategyError:
    """Return the error to raise from `error`.

    Args:
        error: What the strategy raised.
        name: Of the strategy.
        method: Of it, in which that was.
        desk: As it stood.
        result: So far.
    """
    working = [
        f"{order} {book.symbol}" for book in map(desk.book, desk.symbols) for order in book.orders
    ]
    kept = "nothing was traded yet" if result is None else "the result so far is kept"
    message = (
        f"strategy `{name}` raised {type(error).__name__} in {method} at the close of the bar of "
        f"{desk.bar_opened}: {_one_line(error)} ({_calls(error)}); working: "
        f"{', '.join(working) or 'no orders'}; {kept}; correct the strategy"
    )
    return StrategyError(message, result, "".join(traceback.format_exception(error)))


def targets_error(error: Exception, name: str, n_bars: int) -> StrategyError:
    """Return the error to raise from `error`, of targets that are known beforehand.

    Args:
        error: What the strategy raised.
        name: Of the strategy.
        n_bars: That it was given.
    """
    message = (
        f"strategy `{name}` raised {type(error).__name__} in targets of {n_bars:,} bars: "
        f"{_one_line(error)} ({_calls(error)}); nothing was traded yet; correct the strategy; it "
        "is given fewer bars too, to see that it does not look ahead"
    )
    return StrategyError(message, None, "".join(traceback.format_exception(error)))


def _calls(error: Exception) -> str:
    """Return the innermost calls of its trace."""
    calls = traceback.extract_tb(error.__traceback__)[-TRACE_LINES:]
    return " > ".join(f"{Path(call.filename).name}:{call.lineno} {call.name}" for call in calls)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or "without a word"
