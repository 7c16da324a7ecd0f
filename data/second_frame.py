"""Put a second instrument's bars beside the first one's, so that features can read both.

Every row knows only bars of the second that closed no later than its own bar: at bar t uses bars
<= t of both. What is computed of the pair is left to data/indicators/second_market.py.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import bar_seconds, check_bars
from data.indicators.spec import FeatureSpec
from utils.errors import ConfigError, DataError

NS_PER_SECOND = 1_000_000_000

OTHER_COLUMNS = ("other_close", "other_volume")
"""What features of two instruments read; `other_roll_gap` may be absent, and is 0 then."""

_Stamps = NDArray[np.int64]


def align(
    bars: pd.DataFrame,
    other: pd.DataFrame,
    *,
    max_age_seconds: float = 0.0,
    bar_size: int | None = None,
    other_size: int | None = None,
) -> pd.DataFrame:
    """Return `bars` with the columns other_close, other_volume and other_roll_gap.

    Args:
        bars: As for `check_bars`.
        other: The second instrument's, likewise; of the same size, or of one that divides it. Its
            column `roll_gap` says where its contract changes, if it has one.
        max_age_seconds: How long before a bar's close the second's last bar may have closed. With
            0 both must close at the same time.
        bar_size: Seconds of a bar. None takes the usual distance; give it where bars are few.
        other_size: Likewise, of the second's.

    Returns:
        A new frame, as `check_bars` returns it. `other_close` (points) and `other_volume`
        (contracts traded during the bar) are NaN where the second's last bar is older than allowed,
        or there is none yet; `other_roll_gap` is 0 but where a new contract's first close is seen.

    Raises:
        ConfigError: If `max_age_seconds` is negative.
        DataError: If one of the two breaks an invariant of bars, a bar's size cannot be told, the
            second's is no part of the first's, or no row has a second close.
    """
    if not max_age_seconds >= 0.0:
        raise ConfigError(f"`max_age_seconds` must be >= 0, was {max_age_seconds}")
    bars = check_bars(bars, where="the bars of the first market")
    other = check_bars(other, where="the bars of the second market")
    size = _size(bars, bar_size, "first market")
    size_of_other = _size(other, other_size, "second market")
    if size % size_of_other:
        raise DataError(
            f"the second market's bars of {size_of_other} s must divide the first's of {size} s: "
            "resample one of the two (data.resample.resample_bars)"
        )
    closes, other_closes = _closes(bars, size), _closes(other, size_of_other)
    close = _last_close(closes, other_closes, other, max_age_seconds)
    if np.isnan(close).all():
        raise DataError(
            f"no bar of the second market ({other.index[0]} to {other.index[-1]}) closes within "
            f"{max_age_seconds:g} s before one of the first ({bars.index[0]} to {bars.index[-1]}): "
            "are both of the same days, and stamped by their open in the same zone?"
        )
    volume = _volume(closes, other_closes, other, size)
    volume[np.isnan(close)] = np.nan
    gaps = _roll_gaps(closes, other_closes, other)
    return bars.assign(other_close=close, other_volume=volume, other_roll_gap=gaps)


def _size(bars: pd.DataFrame, given: int | None, what: str) -> int:
    seconds = bar_seconds(pd.DatetimeIndex(bars.index)) if given is None else given
    if seconds < 1:
        raise DataError(
            f"cannot tell the size of the {what}'s bars from {len(bars)} of them; give more, or "
            "`bar_size` and `other_size` in seconds"
        )
    return seconds


def _closes(bars: pd.DataFrame, size: int) -> _Stamps:
    """Return when each bar closes, UTC ns."""
    stamps: _Stamps = pd.DatetimeIndex(bars.index).as_unit("ns").asi8 + size * NS_PER_SECOND
    return stamps


def _last_close(
    closes: _Stamps, other_closes: _Stamps, other: pd.DataFrame, max_age_seconds: float
) -> NDArray[np.float64]:
    """Return the second's last close at each bar's close, NaN where there is none, or a stale one.

    A close that has just happened is known: the bars of both arrive at the same time.
    """
    last = np.searchsorted(other_closes, closes, side="right") - 1
    age = closes - other_closes[np.maximum(last, 0)]
    is_there = (last >= 0) & (age <= max_age_seconds * NS_PER_SECOND)
    prices = other["close"].to_numpy(dtype=np.float64)
    return np.where(is_there, prices[np.maximum(last, 0)], np.nan)


def _volume(
    closes: _Stamps, other_closes: _Stamps, other: pd.DataFrame, size: int
) -> NDArray[np.float64]:
    """Return the contracts of the second's bars that closed during each bar."""
    rows = np.searchsorted(closes, other_closes, side="left")
    lag = closes[np.minimum(rows, len(closes) - 1)] - other_closes
    is_within = (rows < len(closes)) & (lag < size * NS_PER_SECOND)
    volume = other["volume"].to_numpy(dtype=np.float64)[is_within]
    return np.bincount(rows[is_within], weights=volume, minlength=len(closes)).astype(np.float64)


def _roll_gaps(closes: _Stamps, other_closes: _Stamps, other: pd.DataFrame) -> NDArray[np.float64]:
    """Return the second's gaps in the row where each is first seen; none is lost."""
    if "roll_gap" not in other.columns:
        return np.zeros(len(closes))
    rows = np.searchsorted(closes, other_closes, side="left")
    is_seen = rows < len(closes)
    gaps = other["roll_gap"].to_numpy(dtype=np.float64)[is_seen]
    return np.bincount(rows[is_seen], weights=gaps, minlength=len(closes)).astype(np.float64)


def check_other(frame: pd.DataFrame, specs: Sequence[FeatureSpec]) -> None:
    """Refuse a frame without a second instrument if a feature reads one.

    Raises:
        DataError: Naming the features, and what gives the columns.
    """
    names = [spec.name for spec in specs if spec.needs_other]
    missing = [name for name in OTHER_COLUMNS if name not in frame.columns]
    if names and missing:
        raise DataError(
            f"{', '.join(names)} need a second instrument, and the bars have no "
            f"{' and no '.join(missing)}: give its bars with --other FILE (in Python, "
            "data.second_frame.align(bars, other)), or leave these features out"
        )
