"""How often labels fall where they were said to: overall, and in each part of day, market and year.

Intervals are of the mean over rows, whose errors hang together by day (`long_run.clustered_error`):
labels overlap, and misses cluster in wild weeks. Parts of a row use its own bar, its scale forecast
and earlier days; never its label.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.forecast_names import LEVELS
from models.forecast.family import Floats, Integers
from models.forecast.long_run import Days, clustered_error, day_numbers
from models.forecast.scoring import CENTRALS, Bools
from utils.errors import DataError

NORMAL_975 = 1.959963984540054

SESSION_PARTS = ("outside regular hours", "regular hours")
VOLATILITY = ("calm", "usual", "wild", "not known yet")
UNKNOWN_VOLATILITY = 3
LEAST_HISTORY = 20
"""Days whose scales must be known before a row is called calm or wild."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How often something happened, beside how often it was said to.

    Attributes:
        nominal: The probability that was promised.
        observed: Share of the rows; NaN without one.
        low: Lower end of its 95 % interval, >= 0; NaN where there are too few days.
        high: Upper end, <= 1; NaN likewise.
        n_rows: Rows counted.
    """

    nominal: float
    observed: float
    low: float
    high: float
    n_rows: int

    @property
    def is_rejected(self) -> bool:
        """Whether what was promised lies outside the interval; False where there is none."""
        return self.nominal < self.low or self.nominal > self.high


def share_of(happened: Bools, nominal: float, days: Days) -> Share:
    """Return how often something happened, with its interval.

    The standard error is never less than that of as many independent rows of the nominal
    probability: a stretch without a single miss is not sure of its share.

    Args:
        happened: (n,).
        nominal: The probability that was promised.
        days: (n,) the day of each row, never falling.
    """
    n_rows = len(happened)
    if n_rows == 0:
        return Share(nominal=nominal, observed=math.nan, low=math.nan, high=math.nan, n_rows=0)
    observed = float(happened.mean())
    error = clustered_error(happened.astype(np.float64) - observed, days)
    least = math.sqrt(nominal * (1.0 - nominal) / n_rows)
    reach = NORMAL_975 * (error if math.isnan(error) else max(error, least))
    low, high = observed - reach, observed + reach
    return Share(
        nominal=nominal,
        observed=observed,
        low=low if math.isnan(low) else max(low, 0.0),
        high=high if math.isnan(high) else min(high, 1.0),
        n_rows=n_rows,
    )


def is_inside(y: Floats, quantiles: Floats, central: str) -> Bools:
    """Return which labels lie within a central interval, its ends included, (n,).

    Args:
        y: (n,) finite labels.
        quantiles: (n, N_LEVELS) forecasts.
        central: Key of CENTRALS.
    """
    ends = CENTRALS[central]
    return np.asarray((y >= quantiles[:, ends.low]) & (y <= quantiles[:, ends.high]))


def level_shares(y: Floats, quantiles: Floats, days: Days) -> tuple[Share, ...]:
    """Return how often labels were at or below each of LEVELS.

    Args:
        y: (n,) finite labels.
        quantiles: (n, N_LEVELS) forecasts.
        days: (n,) the day of each row.
    """
    return tuple(
        share_of(y <= quantiles[:, place], level, days) for place, level in enumerate(LEVELS)
    )


def central_shares(y: Floats, quantiles: Floats, days: Days) -> dict[str, Share]:
    """Return how often labels were within each of CENTRALS."""
    return {
        name: share_of(is_inside(y, quantiles, name), central.share, days)
        for name, central in CENTRALS.items()
    }


def shares_by_part(
    happened: Bools, nominal: float, days: Days, codes: Integers, names: Sequence[str]
) -> dict[str, Share]:
    """Return how often something happened in each part that has a row.

    Args:
        happened: (n,).
        nominal: The probability that was promised of every part.
        days: (n,) the day of each row.
        codes: (n,) index into `names`.
        names: Of the parts.
    """
    return {
        name: share_of(happened[codes == code], nominal, days[codes == code])
        for code, name in enumerate(names)
        if (codes == code).any()
    }


def session_parts(is_rth: Bools) -> tuple[Integers, tuple[str, ...]]:
    """Return codes and names of regular hours and the rest."""
    return is_rth.astype(np.int64), SESSION_PARTS


def months(days: Days) -> tuple[Integers, tuple[str, ...]]:
    """Return codes and names, e.g. "2025-01", of the months of trade dates.

    Raises:
        DataError: If the days are numbers, which have no month.
    """
    if days.dtype.kind != "M":
        raise DataError(f"months are of trade dates, datetime64, and `days` was {days.dtype}")
    found, codes = np.unique(days.astype("datetime64[M]"), return_inverse=True)
    return np.asarray(codes, dtype=np.int64), tuple(str(month) for month in found)


def volatility_parts(scale: Floats, days: Days) -> tuple[Integers, tuple[str, ...]]:
    """Return codes and names of how wild a row was expected to be.

    A row's scale is put among the terciles of all scales of the days before its own: the bounds
    move with time, and look at nothing later.

    Args:
        scale: (n,) what was expected of the horizon, known at each row; finite.
        days: (n,) the day of each row, never falling.
    """
    codes = np.full(len(scale), UNKNOWN_VOLATILITY, dtype=np.int64)
    found, places = day_numbers(days)
    starts = np.searchsorted(places, np.arange(len(found) + 1))
    for place in range(LEAST_HISTORY, len(found)):
        rows = slice(starts[place], starts[place + 1])
        bounds = np.quantile(scale[: starts[place]], (1 / 3, 2 / 3))
        codes[rows] = np.searchsorted(bounds, scale[rows])
    return codes, VOLATILITY


def rolling_shares(happened: Bools, days: Days, window: int) -> tuple[Days, Floats]:
    """Return the last day of each `window` days in a row, and how often something happened in them.

    Args:
        happened: (n,).
        days: (n,) the day of each row.
        window: Days, >= 1.

    Returns:
        Two arrays (n_days - window + 1,); empty where there are fewer days.
    """
    found, places = day_numbers(days)
    if len(found) < window:
        return found[:0], np.empty(0)
    n_rows = np.concatenate([[0], np.cumsum(np.bincount(places))])
    n_happened = np.concatenate([[0.0], np.cumsum(np.bincount(places, weights=happened))])
    shares = (n_happened[window:] - n_happened[:-window]) / (n_rows[window:] - n_rows[:-window])
    return found[window - 1 :], shares
