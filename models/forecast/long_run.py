"""How uncertain a mean over days is whose days hang together.

Rows overlap: the label of row t shares all bars but one with that of row t + 1. So whatever is
tested is first summed up by day; labels never cross a session's end, so that a day holds all of its
own. What hangs together from day to day, above all how wild the market is, is left to the lags
here.
"""

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import Floats, Integers

Days = NDArray[np.datetime64] | NDArray[np.int64]
"""Trade date, or number of the session, of each row; never falling."""

LEAST_DAYS = 12
"""Days below which nothing is said about how uncertain their mean is."""


def newey_west_lags(n_days: int) -> int:
    """Return Newey and West's (1994) rule of thumb, 4 (n / 100)^(2 / 9), rounded down."""
    return min(int(4.0 * (n_days / 100.0) ** (2.0 / 9.0)), max(n_days - 1, 0))


def long_run_variance(values: Floats, n_lags: int) -> float:
    """Return n times the variance of the mean of `values`, >= 0.

    Newey and West (Econometrica 55, 1987): Bartlett weights, which never give less than 0.

    Args:
        values: (n,), n >= 1, oldest first; their mean is taken off.
        n_lags: Days that are added up on either side, >= 0 and < n.
    """
    departures = values - values.mean()
    variance = float(departures @ departures)
    for lag in range(1, n_lags + 1):
        weight = 1.0 - lag / (n_lags + 1.0)
        variance += 2.0 * weight * float(departures[lag:] @ departures[:-lag])
    return max(variance, 0.0) / len(values)


def day_numbers(days: Days) -> tuple[Days, Integers]:
    """Return the days that there are, rising, (n_days,), and the place of each row's among them."""
    found, places = np.unique(days, return_inverse=True)
    return cast(Days, found), np.asarray(places, dtype=np.int64)


def daily_means(values: Floats, days: Days) -> Floats:
    """Return the mean of each day that has a row, (n_days,), oldest first.

    Args:
        values: (n,) all finite.
        days: (n,) the day of each.
    """
    _, places = day_numbers(days)
    return np.asarray(np.bincount(places, weights=values) / np.bincount(places))


def clustered_error(departures: Floats, days: Days) -> float:
    """Return the standard error of the mean of rows, by days that hang together; NaN if too few.

    The mean over rows is that over days of their sums, over rows per day; so the sums of the
    departures from it are what the long-run variance is taken of.

    Args:
        departures: (n,) of each row from the mean over all.
        days: (n,) the day of each.
    """
    _, places = day_numbers(days)
    sums = np.asarray(np.bincount(places, weights=departures), dtype=np.float64)
    if len(sums) < LEAST_DAYS:
        return math.nan
    n_days = len(sums)
    variance = long_run_variance(sums, newey_west_lags(n_days)) * n_days / (n_days - 1)
    return math.sqrt(n_days * variance) / len(departures)
