"""Bars that break no invariant and are odd all the same: jumps, lone spikes, flat bars.

All of these occur in true markets too, so they are pointed at, never refused.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import PRICE_COLUMNS

ATR_BARS = 14

JUMP_ATRS = 5.0
"""A bar that opens further from the last close than this many average ranges has jumped."""

SPIKE_ATRS = 10.0
"""A wick longer than this is a spike: a price that no open or close near it confirms."""

_Floats = NDArray[np.float64]
_Mask = NDArray[np.bool_]


def jumps(bars: pd.DataFrame) -> _Mask:
    """Return which bars open more than JUMP_ATRS average true ranges from the close before.

    Not counted are the first bar, one whose `is_roll` is true, and one of another `contract`.

    Args:
        bars: OHLCV, finite, oldest first within each contract; contracts one after another.
    """
    moves = np.zeros(len(bars))
    moves[1:] = np.abs(bars["open"].to_numpy()[1:] - bars["close"].to_numpy()[:-1])
    return np.asarray((moves > JUMP_ATRS * _usual_range(bars)) & ~_is_roll(bars))


def spikes(bars: pd.DataFrame) -> _Mask:
    """Return which bars have a wick longer than SPIKE_ATRS average true ranges; as for `jumps`."""
    open_, high, low, close = (bars[name].to_numpy() for name in PRICE_COLUMNS)
    wicks = np.maximum(high - np.maximum(open_, close), np.minimum(open_, close) - low)
    return np.asarray(wicks > SPIKE_ATRS * _usual_range(bars))


def flat_without_volume(bars: pd.DataFrame) -> _Mask:
    """Return which bars have one price and no volume: a vendor's filling, when nothing traded."""
    prices = bars[list(PRICE_COLUMNS)].to_numpy()
    return np.asarray((np.ptp(prices, axis=1) == 0) & (bars["volume"].to_numpy() == 0))


def moved_without_volume(bars: pd.DataFrame) -> _Mask:
    """Return which bars have more than one price, and no volume."""
    return np.asarray((bars["volume"].to_numpy() == 0) & ~flat_without_volume(bars))


def longest_run(mask: _Mask) -> int:
    """Return the length of the longest unbroken run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _usual_range(bars: pd.DataFrame) -> _Floats:
    """Return the mean true range of the ATR_BARS bars before each; the median range if larger.

    The median keeps quiet hours, in which the mean is a tick or two, from making jumps of nothing.
    """
    close = bars["close"].to_numpy()
    before = np.concatenate([close[:1], close[:-1]])
    high, low = bars["high"].to_numpy(), bars["low"].to_numpy()
    ranges = np.maximum(high, before) - np.minimum(low, before)
    ranges[_is_roll(bars)] = (high - low)[_is_roll(bars)]
    mean = pd.Series(ranges).rolling(ATR_BARS).mean().shift().to_numpy()
    return np.asarray(np.fmax(mean, np.median(ranges)))


def _is_roll(bars: pd.DataFrame) -> _Mask:
    """Return which bars are the first of another contract."""
    is_roll = np.zeros(len(bars), dtype=np.bool_)
    if "is_roll" in bars.columns:
        is_roll |= bars["is_roll"].fillna(False).to_numpy(dtype=np.bool_)
    if "contract" in bars.columns:
        codes = pd.factorize(bars["contract"])[0]
        is_roll[1:] |= codes[1:] != codes[:-1]
    return is_roll
