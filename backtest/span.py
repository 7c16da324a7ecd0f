"""Which rows a back-test walks over: from what a user wrote, or from an earlier result."""

import pandas as pd

from backtest.result import BacktestResult
from utils.errors import ConfigError


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
