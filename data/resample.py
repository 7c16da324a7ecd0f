"""Make larger bars of small ones, session by session.

Buckets lie on a grid from each session's open, and none reaches across a close or a pause. A bucket
is there only when it is over: what its bar says is known at its end, and a bar that is still
forming is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import bar_seconds
from data.calendar import MINUTES_PER_DAY, Calendar, utc_index
from utils.errors import ConfigError, DataError

NS_PER_SECOND = 1_000_000_000

TELLING_STEPS = 4
"""How often bars of unknown size must lie one size apart for it to be believed. Where one bar of
ten is there, five lie as far apart, and not at their true distance, in 2 of 10,000 cases."""

_Rows = NDArray[np.int64]
_NONE: _Rows = np.empty(0, dtype=np.int64)
_Rule = Callable[[pd.DataFrame, str, "Buckets"], Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Buckets:
    """Which rows make which bar, m buckets of n rows; stamps are UTC ns.

    Attributes:
        firsts: First row of each bucket, (m,).
        lasts: Last row of each bucket, (m,).
        opens: When each bucket begins: on the grid, or where the market opens.
        ends: When it is over: on the grid, or where the market closes.
    """

    firsts: _Rows
    lasts: _Rows
    opens: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many buckets there are."""
        return len(self.firsts)

    def until(self, stamp: int) -> "Buckets":
        """Return these without the last one if it is not over at `stamp`."""
        stop = len(self) - int(self.ends[-1] > stamp)
        arrays = (self.firsts, self.lasts, self.opens, self.ends)
        firsts, lasts, opens, ends = (array[:stop] for array in arrays)
        return Buckets(firsts=firsts, lasts=lasts, opens=opens, ends=ends)


def resample_bars(
    bars: pd.DataFrame, minutes: int, calendar: Calendar, source_seconds: int | None = None
) -> pd.DataFrame:
    """Return bars of `minutes` made of smaller ones, of the same sessions.

    Look-ahead: a bar is made of bars that close within it. The last bar is left out unless the
    given bars reach its end; so the bars of any beginning of the data are the beginning of all
    bars. Bars outside the calendar's hours are kept, and never mixed with those inside.

    Args:
        bars: As `check_bars` returns them. Further columns take their value at the end of the
            bucket, but for those in COLUMN_RULES.
        minutes: Size of the new bars: a multiple of the old, less than a day.
        calendar: Of what is traded.
        source_seconds: Size of the old bars. None takes their usual distance; give it where the
            data are so few or thin that most bars are missing. Where distances do not tell the
            size, the last bar is left out even if the given bars reach its end.

    Returns:
        Checked bars stamped by the open of their bucket; none if no bucket is over, or none were
        given.

    Raises:
        ConfigError: If `minutes` is out of range, finer than the bars, or no multiple of theirs.
        DataError: If the bars' size cannot be told, or a bar reaches across two buckets.
    """
    stamps = pd.DatetimeIndex(bars.index)
    return merge_bars(bars, finished_buckets(stamps, minutes, calendar, source_seconds))


def finished_buckets(
    stamps: pd.DatetimeIndex, minutes: int, calendar: Calendar, source_seconds: int | None = None
) -> Buckets:
    """Return which bars make which larger one; arguments and errors as for `resample_bars`.

    Rows after the last bucket's last one belong to a bar that is not over.
    """
    if not 1 <= minutes < MINUTES_PER_DAY:
        raise ConfigError(f"`minutes` must be 1 to {MINUTES_PER_DAY - 1:,}, was {minutes}")
    if len(stamps) == 0:
        return Buckets(firsts=_NONE, lasts=_NONE, opens=_NONE, ends=_NONE)
    source = _source_seconds(stamps, source_seconds)
    _check_multiple(minutes, source)
    buckets = _buckets(stamps, minutes * 60, source, calendar)
    certain = source if source_seconds is not None else _certain_seconds(stamps)
    return buckets.until(int(stamps[-1:].as_unit("ns").asi8[0]) + certain * NS_PER_SECOND)


def merge_bars(bars: pd.DataFrame, buckets: Buckets) -> pd.DataFrame:
    """Return one bar per bucket, each column by its rule in COLUMN_RULES."""
    index = utc_index(buckets.opens).rename("timestamp")
    columns = {
        name: COLUMN_RULES.get(str(name), _last)(bars, name, buckets) for name in bars.columns
    }
    return pd.DataFrame(columns, index=index)


def _source_seconds(stamps: pd.DatetimeIndex, given: int | None) -> int:
    seconds = bar_seconds(stamps) if given is None else given
    if seconds < 1:
        raise DataError(
            f"cannot tell the size of {len(stamps)} bars less than a second apart, or of a single "
            f"one; say it with `source_seconds` (`--bar-seconds`)"
        )
    return seconds


def _certain_seconds(stamps: pd.DatetimeIndex) -> int:
    """Return the largest size that fits all distances: no bar can be said to end later than that.

    The usual distance would not do: at the beginning of thin data it can be twice the true size.
    0 where TELLING_STEPS distances of that size are not there to prove it.
    """
    steps = np.diff(stamps.as_unit("s").asi8)
    largest = int(np.gcd.reduce(steps))
    return largest if int((steps == largest).sum()) >= TELLING_STEPS else 0


def _check_multiple(minutes: int, source: int) -> None:
    if minutes * 60 < source:
        raise ConfigError(
            f"`minutes` must be at least {source / 60:g}, the size of the bars, was {minutes}; "
            f"smaller bars cannot be made of larger ones"
        )
    if (minutes * 60) % source:
        raise ConfigError(
            f"`minutes` must be a multiple of {source / 60:g}, the bars' size, was {minutes}; "
            "where many bars are missing, say their true size with `source_seconds` "
            "(`--bar-seconds`)"
        )


def _buckets(stamps: pd.DatetimeIndex, size: int, source: int, calendar: Calendar) -> Buckets:
    """Return the buckets of `size` seconds that `stamps` fall into."""
    table = calendar.table
    spans, opens = calendar.last_spans(stamps)
    is_closed = opens >= table.span_closes[spans]
    anchors = table.opens[table.span_sessions[spans]]
    steps = (opens - anchors) // (size * NS_PER_SECOND)
    begins = anchors + steps * (size * NS_PER_SECOND)
    _check_within(stamps, opens + source * NS_PER_SECOND > begins + size * NS_PER_SECOND, source)
    part = 2 * spans + is_closed  # the trading of a span, and the time after it, stay apart
    is_first = np.ones(len(opens), dtype=np.bool_)
    is_first[1:] = (part[1:] != part[:-1]) | (begins[1:] != begins[:-1])
    firsts = np.flatnonzero(is_first)
    edges = np.append(np.stack([table.span_opens, table.span_closes], axis=1).ravel(), 2**62)
    part, begins = part[firsts], begins[firsts]
    return Buckets(
        firsts=firsts,
        lasts=np.append(firsts[1:], len(opens)) - 1,
        opens=np.maximum(begins, edges[part]),
        ends=np.minimum(begins + size * NS_PER_SECOND, edges[part + 1]),
    )


def _check_within(stamps: pd.DatetimeIndex, is_across: NDArray[np.bool_], source: int) -> None:
    """Refuse bars that begin in one bucket and end in the next."""
    if is_across.any():
        first = stamps[int(np.argmax(is_across))].isoformat()
        raise DataError(
            f"{int(is_across.sum())} of {len(stamps)} bars reach across two of the larger bars, "
            f"first at {first}: bars of {source} s must begin a multiple of {source} s after the "
            f"session's open; drop or restamp them"
        )


def _first(bars: pd.DataFrame, name: str, buckets: Buckets) -> Any:
    return bars[name].array.take(buckets.firsts)


def _last(bars: pd.DataFrame, name: str, buckets: Buckets) -> Any:
    return bars[name].array.take(buckets.lasts)


def _reduced(ufunc: np.ufunc) -> _Rule:
    """Return the rule that applies `ufunc` to all values of a bucket."""

    def reduce(bars: pd.DataFrame, name: str, buckets: Buckets) -> Any:
        return _reduce(ufunc, bars[name].to_numpy(), buckets)

    return reduce


def _reduce(ufunc: np.ufunc, values: NDArray[Any], buckets: Buckets) -> NDArray[Any]:
    """Return one value per bucket; rows after the last bucket are not looked at."""
    if len(buckets) == 0:
        return values[:0]
    return np.asarray(ufunc.reduceat(values[: buckets.lasts[-1] + 1], buckets.firsts))


def _weighted(bars: pd.DataFrame, name: str, buckets: Buckets) -> Any:
    """Return the mean weighted by volume; where nothing was traded, the last value."""
    volume = bars["volume"].to_numpy()
    totals = _reduce(np.add, volume, buckets)
    sums = _reduce(np.add, bars[name].to_numpy() * volume, buckets)
    means = bars[name].to_numpy(dtype=np.float64)[buckets.lasts]
    np.divide(sums, totals, out=means, where=totals > 0)
    return means


COLUMN_RULES: dict[str, _Rule] = {
    "open": _first,
    "high": _reduced(np.maximum),
    "low": _reduced(np.minimum),
    "close": _last,
    "volume": _reduced(np.add),
    "bar_count": _reduced(np.add),
    "wap": _weighted,
    "is_rth": _first,
    "is_roll": _reduced(np.logical_or),
    "roll_gap": _reduced(np.add),
}
"""How a column is made larger; every other one keeps its last value: contract, adjustment, ..."""
