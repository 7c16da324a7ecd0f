"""Which rows a back-test walks over: from what a user wrote, or from an earlier result."""

import pandas as pd

from backtest.result import BacktestResult
from env.market import Market
from utils.errors import ConfigError

NO_WINDOW = 0
"""Lookback of a strategy: it is shown no window, and may decide at the first close."""


def rows_between(
    index: pd.Index, start: str | pd.Timestamp | None, end: str | pd.Timestamp | None
) -> range:
    """Return the rows stamped from `start` to `end`, both included, as pandas slices them.

    Args:
        index: UTC stamps, oldest first.
        start: UTC text or a Timestamp with a zone; a date begins with its first bar.
        end: The same; a date ends with its last bar.

    Raises:
        ConfigError: If one of them is no such time.
    """
    try:
        # one at a time: pandas refuses a pair of which only one names its zone
        first = index.slice_indexer(start, None).indices(len(index))[0]
        stop = index.slice_indexer(None, end).indices(len(index))[1]
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise ConfigError(
            f"`start` and `end` must be UTC times such as `2025-06-30` or `2025-06-30 13:30` "
            f"(a Timestamp needs its zone), were {start!r} and {end!r}"
        ) from error
    return range(first, max(first, stop))


def decision_rows(market: Market, lookback: int, rows: range, asked: str) -> tuple[int, int]:
    """Return the row of the first decision, and the row after the last bar.

    Args:
        market: What is walked over.
        lookback: Bars of a window that must be complete; NO_WINDOW where none is shown.
        rows: Of the span.
        asked: What the user said of the span.

    Raises:
        ConfigError: If there is no bar to trade on.
    """
    earliest = 0 if lookback == NO_WINDOW else market.first_decision(lookback)
    first, stop = max(earliest, rows.start), rows.stop
    if stop - first >= 2:
        return first, stop
    stamps = market.timestamps
    if earliest > market.n_bars - 2:
        raise ConfigError(
            f"too few bars: a back-test needs {earliest + 2} for its first full window "
            f"(`lookback_window` {lookback}) and a bar to trade on, had "
            f"{market.n_bars}; give more bars"
        )
    raise ConfigError(
        f"{asked} leave no bar to trade on: the bars run from {stamps[0]} to "
        f"{stamps[-1]}, and the first decision can be made at {stamps[earliest]}; "
        f"choose a span inside, of two bars or more"
    )


def rows_of(result: BacktestResult, index: pd.Index) -> tuple[int, int]:
    """Return the row of a result's first decision, and the row after its last bar.

    Raises:
        ConfigError: If these are not the bars that it was made on.
    """
    start = int(index.get_indexer(result.timestamps[:1])[0])
    stop = start + len(result.timestamps)
    if start < 0 or not index[start:stop].equals(result.timestamps):
        raise ConfigError(
            f"the result of `{result.name}` is over other bars, from {result.span[0]}; run the "
            "baselines with the engine that made it"
        )
    return start, stop
