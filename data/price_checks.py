"""Bars that break no invariant and are odd all the same: jumps, lone spikes, flat bars.

All of these occur in true markets too, so they are pointed at, never refused.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.bars import PRICE_COLUMNS
from data.price_ranges import out_of_range
from data.row_checks import may_be_negative

ATR_BARS = 14

JUMP_ATRS = 5.0
"""A bar that opens further from the last close than this many average ranges has jumped."""

SPIKE_ATRS = 10.0
"""A wick longer than this is a spike: a price that no open or close near it confirms."""

WILD_FACTOR = 1.5
"""Half as much again as the close before, or two thirds of it: exchanges halt long before."""

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


def wild_moves(bars: pd.DataFrame) -> _Mask:
    """Return which bars have a price WILD_FACTOR times the close before, or as much below it.

    Rolls as for `jumps`. Where the close before is zero or less, nothing can be said.
    """
    before = bars["close"].shift().to_numpy()
    before = np.where((before > 0) & ~_is_roll(bars), before, np.nan)
    high, low = bars["high"].to_numpy(), bars["low"].to_numpy()
    return np.asarray((high > WILD_FACTOR * before) | (low * WILD_FACTOR < before))


def implausible(bars: pd.DataFrame, instrument: Instrument, adjustment: str) -> dict[str, _Mask]:
    """Return which checked bars cannot be right, each (n,), by what is wrong, as words.

    A quick look before bars are used, not the whole report of data/quality.py: prices of zero or
    less, prices that the product has never been near, and wild moves, the last not where prices
    are adjusted by differences, which moves them towards zero.
    """
    prices = bars[list(PRICE_COLUMNS)].to_numpy()
    masks = {"priced where it has never been": out_of_range(bars, instrument, adjustment)}
    if not may_be_negative(instrument, adjustment):
        masks["priced at zero or less"] = np.asarray((prices <= 0).any(axis=1))
    if adjustment != "difference":
        masks[f"moving by a factor of {WILD_FACTOR:g} or more"] = wild_moves(bars)
    return masks


def doubt_about(bars: pd.DataFrame, instrument: Instrument, adjustment: str = "none") -> str | None:
    """Return one sentence on bars that cannot be right, to be shown before they are used.

    Args:
        bars: As `check_bars` returns them; `is_roll` and `contract` are used where they are there.
        instrument: What they are traded as.
        adjustment: What was done to prices at rolls, one of `data.store.ADJUSTMENTS`.

    Returns:
        E.g. "3 of 92,010 bars look wrong (2 priced at zero or less, 3 moving by a factor of 1.5 or
        more), first 2024-01-02 15:05:00+00:00"; None where nothing does.
    """
    masks = implausible(bars, instrument, adjustment)
    wrong = np.logical_or.reduce(list(masks.values()))
    if not wrong.any():
        return None
    listed = ", ".join(f"{int(mask.sum()):,} {what}" for what, mask in masks.items() if mask.any())
    first = bars.index[int(np.argmax(wrong))]
    return f"{int(wrong.sum()):,} of {len(bars):,} bars look wrong ({listed}), first {first}"


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
