"""How far the figures of one record could have fallen otherwise: stationary-bootstrap intervals.

The figures themselves are left to `metrics.py`, other orders of the same trades to
`trade_order.py`.

The stationary bootstrap (Politis and Romano, Journal of the American Statistical Association 89,
1994) puts a record together anew from blocks of random length, so that what hangs together in time
stays together. The mean length of a block is the one of Politis and White (Econometric Reviews 23,
2004; corrected by Patton, Politis and White, 2009). Both come from the library `arch`, which is
imported when it is first needed, because that takes a second or two.

Intervals are of percentiles. Warning: they tell how a record scatters, not which way it is biased;
that of the maximum drawdown, above all, is of paths with the same sessions in another order. NaN
means "undefined": a record shorter than `LEAST_LENGTH`, or a figure that is undefined for too many
resamples.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.metrics import SESSIONS_PER_YEAR, ZERO_DEVIATION
from utils.errors import ConfigError

LEAST_LENGTH = 12
"""Sessions or trades below which the rule for the block length has nothing to go by."""

LEAST_RESAMPLES = 100

MOST_UNDEFINED = 0.05
"""Share of resamples that may lack a figure; they are left out of its interval."""

ELEMENTS_AT_ONCE = 1_000_000
"""Bounds the memory: resamples x length that are worked on at a time."""

NOISE_DECIMALS = 9
"""Of a rank: (1 - 0.9) / 2 is a hair below 0.05."""

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Makes (n_resamples,) figures of (n_resamples, length) resampled records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a figure may lie.

    Attributes:
        low: Lower end; NaN where it cannot be told.
        high: Upper end; NaN where it cannot be told.
        point: The figure of the record itself; NaN where undefined.
    """

    low: float
    high: float
    point: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapSettings:
    """How a record is resampled.

    Attributes:
        n_resamples: How often, >= 100.
        confidence: Share of the resamples inside an interval, above 0 and below 1.
        block_length: Mean length of a block, >= 1; None: `best_block_length`.

    Raises:
        ConfigError: If one is out of its bounds.
    """

    n_resamples: int = 1_000
    confidence: float = 0.95
    block_length: int | None = None

    def __post_init__(self) -> None:
        length = 1 if self.block_length is None else self.block_length
        if self.n_resamples < LEAST_RESAMPLES or not 0.0 < self.confidence < 1.0 or length < 1:
            raise ConfigError(
                f"a bootstrap needs `n_resamples` >= {LEAST_RESAMPLES}, `confidence` above 0 and "
                f"below 1 and `block_length` >= 1 or None, were {self.n_resamples}, "
                f"{self.confidence} and {self.block_length}"
            )


DEFAULT_BOOTSTRAP = BootstrapSettings()


def return_intervals(
    returns: Floats,
    generator: np.random.Generator,
    settings: BootstrapSettings = DEFAULT_BOOTSTRAP,
) -> dict[str, Interval]:
    """Return intervals of `sharpe` (annual), `total_return` and `max_drawdown`.

    Args:
        returns: (n,) session returns, fractions, oldest first.
        generator: Source of the resamples; the same state gives the same bits.
        settings: How to resample.
    """
    return bootstrap_intervals(returns, RETURN_STATISTICS, generator, settings)


def trade_intervals(
    trade_net_usd: Floats,
    generator: np.random.Generator,
    settings: BootstrapSettings = DEFAULT_BOOTSTRAP,
) -> dict[str, Interval]:
    """Return intervals of `profit_factor` and `expectancy_usd`.

    The upper end of a profit factor is infinite where enough resamples hold no loss.

    Args:
        trade_net_usd: (m,) net PnL of the round trips, USD, oldest first.
        generator: Source of the resamples; the same state gives the same bits.
        settings: How to resample.
    """
    return bootstrap_intervals(trade_net_usd, TRADE_STATISTICS, generator, settings)


def bootstrap_intervals(
    record: Floats,
    statistics: Mapping[str, Statistic],
    generator: np.random.Generator,
    settings: BootstrapSettings = DEFAULT_BOOTSTRAP,
) -> dict[str, Interval]:
    """Return the percentile interval of each statistic, all of the same resamples.

    Args:
        record: (n,) sessions or trades, oldest first.
        statistics: By the name of the figure.
        generator: Source of the resamples; the same state gives the same bits.
        settings: How to resample.
    """
    points = {
        name: float(statistic(record[None, :])[0]) if len(record) else math.nan
        for name, statistic in statistics.items()
    }
    if len(record) < LEAST_LENGTH:
        return {name: Interval(low=math.nan, high=math.nan, point=points[name]) for name in points}
    length = settings.block_length
    block_length = best_block_length(record) if length is None else length
    parts: dict[str, list[Floats]] = {name: [] for name in statistics}
    for rows in resampled_rows(len(record), block_length, settings.n_resamples, generator):
        for name, statistic in statistics.items():
            parts[name].append(statistic(record[rows]))
    return {
        name: _percentiles(np.concatenate(part), points[name], settings.confidence)
        for name, part in parts.items()
    }


def best_block_length(record: Floats) -> int:
    """Return the mean block length of Politis and White for a record, rounded up, >= 1.

    1 where the rule has nothing to go by: no deviation, or fewer rows than `LEAST_LENGTH`.

    Args:
        record: (n,) sessions or trades, oldest first.
    """
    from arch.bootstrap import optimal_block_length  # noqa: PLC0415 - takes a second or two

    if len(record) < LEAST_LENGTH or not record.std() > ZERO_DEVIATION:
        return 1
    with np.errstate(all="ignore"):  # a tail of nothing but the mean has no autocorrelation
        length = float(optimal_block_length(record)["stationary"].iloc[0])
    return max(1, math.ceil(length)) if math.isfinite(length) else 1


def resampled_rows(
    n_rows: int, block_length: int, n_resamples: int, generator: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of stationary resamples, (at most all, n_rows) at a time.

    Args:
        n_rows: Length of the record, and of each resample.
        block_length: Mean length of a block, >= 1; 1 draws every row by itself.
        n_resamples: How many in all.
        generator: Source of the resamples; the same state gives the same bits.
    """
    from arch.bootstrap import StationaryBootstrap  # noqa: PLC0415 - as above

    draws = StationaryBootstrap(block_length, np.arange(n_rows), seed=generator)
    n_at_once = max(1, ELEMENTS_AT_ONCE // n_rows)
    for first in range(0, n_resamples, n_at_once):
        n_now = min(n_at_once, n_resamples - first)
        yield np.array([data[0] for data, _ in draws.bootstrap(n_now)], dtype=np.int64)


def _percentiles(figures: Floats, point: float, confidence: float) -> Interval:
    """Return the interval between order statistics; never between them, where one is infinite."""
    ordered = np.sort(figures[~np.isnan(figures)])
    if len(ordered) < (1.0 - MOST_UNDEFINED) * len(figures):
        return Interval(low=math.nan, high=math.nan, point=point)
    last = len(ordered) - 1
    n_outside = math.floor(round((1.0 - confidence) / 2.0 * last, NOISE_DECIMALS))
    return Interval(
        low=float(ordered[n_outside]), high=float(ordered[last - n_outside]), point=point
    )


def _sharpe(returns: Floats) -> Floats:
    deviation = returns.std(axis=1, ddof=1) if returns.shape[1] > 1 else np.zeros(len(returns))
    has_deviation = deviation > ZERO_DEVIATION
    ratio: Floats = returns.mean(axis=1) / np.where(has_deviation, deviation, 1.0)
    ratio[~has_deviation] = np.nan
    return math.sqrt(SESSIONS_PER_YEAR) * ratio


def _total_return(returns: Floats) -> Floats:
    growth: Floats = np.prod(1.0 + returns, axis=1)
    return growth - 1.0


def _max_drawdown(returns: Floats) -> Floats:
    """Return the deepest fall below the running peak, the start included, a fraction <= 0."""
    growth = np.cumprod(1.0 + returns, axis=1)
    peak = np.maximum(np.maximum.accumulate(growth, axis=1), 1.0)
    deepest: Floats = np.minimum((growth / peak).min(axis=1) - 1.0, 0.0)
    return deepest


def _profit_factor(net_usd: Floats) -> Floats:
    wins = np.maximum(net_usd, 0.0).sum(axis=1)
    losses = -np.minimum(net_usd, 0.0).sum(axis=1)
    without_loss = np.where(wins > 0.0, np.inf, np.nan)
    factor: Floats = np.where(
        losses > 0.0, wins / np.where(losses > 0.0, losses, 1.0), without_loss
    )
    return factor


def _expectancy(net_usd: Floats) -> Floats:
    mean: Floats = net_usd.mean(axis=1)
    return mean


RETURN_STATISTICS: Mapping[str, Statistic] = {
    "sharpe": _sharpe,
    "total_return": _total_return,
    "max_drawdown": _max_drawdown,
}

TRADE_STATISTICS: Mapping[str, Statistic] = {
    "profit_factor": _profit_factor,
    "expectancy_usd": _expectancy,
}
