"""The closes that several instruments are walked over together: which of them has a bar at each."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.feed import Feed
from utils.errors import ConfigError

Rows = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TogetherPlan:
    """One way through the bars of several instruments.

    Attributes:
        stamps: (m,) open times of the bars, each once; the first decision is made at the first.
        rows: Per instrument the row that has closed last by then, and the row after its last bar.
        has_bar: (m, k) whether a bar of each instrument opens at each stamp.
    """

    stamps: pd.DatetimeIndex
    rows: tuple[Rows, ...]
    has_bar: NDArray[np.bool_]


def plan_of(feeds: Mapping[str, Feed], spans: Mapping[str, range], asked: str) -> TogetherPlan:
    """Return the way that begins when every instrument has had a bar.

    Args:
        feeds: The bars, by symbol.
        spans: The rows that may be walked over, likewise.
        asked: What the user said of the span.

    Raises:
        ConfigError: If the bars are of different sizes, or an instrument has none to trade on.
    """
    _check_sizes(feeds)
    traded = {
        symbol: feed.market.timestamps[spans[symbol].start : spans[symbol].stop]
        for symbol, feed in feeds.items()
    }
    for symbol, own in traded.items():
        if len(own) == 0:
            raise ConfigError(f"{asked} leave no bar of {symbol}; choose a span that has some")
    begin = max(own[0] for own in traded.values())
    for symbol, own in traded.items():
        if own[-1] <= begin:
            raise ConfigError(
                f"{symbol} has no bar after {begin}, where all instruments have begun; give bars "
                "of the same time"
            )
    first, *others = traded.values()
    union = first
    for own in others:
        union = union.union(own)
    stamps = union[union >= begin]
    rows = tuple(
        (int(feed.market.timestamps.searchsorted(begin, side="right")) - 1, spans[symbol].stop)
        for symbol, feed in feeds.items()
    )
    has_bar = np.stack([stamps.isin(own) for own in traded.values()], axis=1)
    return TogetherPlan(stamps=stamps, rows=rows, has_bar=has_bar)


def _check_sizes(feeds: Mapping[str, Feed]) -> None:
    sizes = {symbol: feed.market.bar_seconds for symbol, feed in feeds.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{symbol} {seconds} s" for symbol, seconds in sizes.items())
        raise ConfigError(
            f"bars of several instruments must be of one size, were {listed}; resample them with "
            "`scripts/data.py resample`"
        )
