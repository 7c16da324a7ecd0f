"""Which part of the day, the year or the market each bar of a result belongs to.

What was made in each part is left to `breakdown.py`. Labels of a bar use its open time, its trade
date and, for the regime, sessions that ended before its own began; nothing later.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendar import EXCHANGE_ZONE, SESSION_OPEN_MINUTE, calendar_of

DAY_PARTS = ("before regular hours", "regular hours", "after regular hours")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
REGIMES = ("calm", "usual", "wild", "not known yet")
UNKNOWN_REGIME = 3

TRAILING_SESSIONS = 5
"""Sessions whose mean realised volatility says how wild the next one is expected to be."""

LEAST_HISTORY = 20
"""Such means that must be known before the next is called calm or wild."""

HOURS = 24
MINUTES_PER_HOUR = 60

Codes = NDArray[np.int64]
Dates = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """A part for each bar.

    Attributes:
        codes: (n,) index into `names`.
        names: Of the parts, in the order in which they are shown; some may have no bar.
    """

    codes: Codes
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What labels are made of.

    Attributes:
        stamps: (n,) UTC open time of each bar of the result, oldest first.
        trade_dates: (n,) datetime64[D].
        symbol: Of what was traded.
        closes: (k,) closes of all bars at hand, those before the result too, points.
        close_dates: (k,) their trade dates.
    """

    stamps: pd.DatetimeIndex
    trade_dates: Dates
    symbol: str
    closes: NDArray[np.float64]
    close_dates: Dates


def day_parts(ground: Ground) -> Labels:
    """Return whether a bar opens before, in or after its trade date's regular hours."""
    is_regular = calendar_of(ground.symbol).is_rth(ground.stamps)
    _, session = np.unique(ground.trade_dates, return_inverse=True)
    n_regular = np.bincount(session, weights=is_regular)
    seen = np.cumsum(is_regular)
    before = np.concatenate([[0], np.cumsum(n_regular)])[session]
    codes = np.where(is_regular, 1, np.where(seen > before, 2, 0))
    return Labels(codes=codes.astype(np.int64), names=DAY_PARTS)


def hours(ground: Ground) -> Labels:
    """Return the hour of each bar's open in Chicago, from the hour at which sessions open."""
    first = SESSION_OPEN_MINUTE // MINUTES_PER_HOUR
    local = np.asarray(ground.stamps.tz_convert(EXCHANGE_ZONE).hour, dtype=np.int64)
    names = tuple(f"{(first + place) % HOURS:02d}:00" for place in range(HOURS))
    return Labels(codes=(local - first) % HOURS, names=names)


def weekdays(ground: Ground) -> Labels:
    """Return the weekday of each bar's trade date: Sunday evening is Monday's."""
    days = pd.DatetimeIndex(ground.trade_dates.astype("datetime64[s]"))
    return Labels(codes=np.asarray(days.day_of_week, dtype=np.int64), names=WEEKDAYS)


def months(ground: Ground) -> Labels:
    """Return the month of each bar's trade date, e.g. "2025-01"."""
    found, codes = np.unique(ground.trade_dates.astype("datetime64[M]"), return_inverse=True)
    return Labels(codes=codes.astype(np.int64), names=tuple(str(month) for month in found))


def regimes(ground: Ground) -> Labels:
    """Return how wild each bar's session was expected to be, from what was known before it.

    The realised volatility of a session is the root of the summed squares of its log returns from
    close to close. The mean of the last TRAILING_SESSIONS before a session is compared with the
    terciles of all such means before it: the bounds move with time, and look at nothing later.
    """
    dates, session = np.unique(ground.close_dates, return_inverse=True)
    moves = np.diff(np.log(ground.closes), prepend=np.log(ground.closes[:1]))
    realised = np.sqrt(np.bincount(session, weights=moves**2))
    codes = _tercile_codes(_trailing_means(realised))
    return Labels(codes=codes[np.searchsorted(dates, ground.trade_dates)], names=REGIMES)


def _trailing_means(realised: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the TRAILING_SESSIONS before each session; NaN where there are fewer."""
    means = np.full(len(realised), np.nan)
    for place in range(TRAILING_SESSIONS, len(realised)):
        means[place] = realised[place - TRAILING_SESSIONS : place].mean()
    return means


def _tercile_codes(means: NDArray[np.float64]) -> Codes:
    """Return the index into REGIMES of each session, by the terciles of the means before it."""
    codes = np.full(len(means), UNKNOWN_REGIME, dtype=np.int64)
    for place in range(TRAILING_SESSIONS + LEAST_HISTORY, len(means)):
        bounds = np.quantile(means[TRAILING_SESSIONS:place], (1 / 3, 2 / 3))
        codes[place] = np.searchsorted(bounds, means[place])
    return codes


LABELS: dict[str, Callable[[Ground], Labels]] = {
    "part of the day": day_parts,
    "hour (Chicago)": hours,
    "weekday": weekdays,
    "month": months,
    "volatility": regimes,
}
"""By what bars are told apart."""
