"""A result beside others over the same sessions: its baselines, its variants, its other seeds.

The tests themselves are those of `superiority.py` and `overfitting.py`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.metrics import session_equity, session_returns, sharpe
from backtest.overfitting import (
    LEAST_ROWS_PER_BLOCK,
    N_BLOCKS,
    Overfitting,
    probability_of_overfitting,
)
from backtest.result import BacktestResult
from backtest.superiority import Superiority, superior_ability
from utils.errors import DataError

LEAST_BLOCKS = 6
"""20 splits: the least that a share can be told from."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedDispersion:
    """What the same training came to from other seeds.

    Attributes:
        total_returns: (n_seeds,) fractions, in the order of `names`.
        sharpes: (n_seeds,) annual; NaN where undefined.
        names: Of the seeds.
    """

    total_returns: Floats
    sharpes: Floats
    names: tuple[str, ...]

    @property
    def median_return(self) -> float:
        """Median of the total returns."""
        return float(np.median(self.total_returns))

    @property
    def deviation(self) -> float:
        """Standard deviation (ddof 1) of the total returns; NaN for one seed."""
        return float(self.total_returns.std(ddof=1)) if len(self.names) > 1 else math.nan

    @property
    def losing_share(self) -> float:
        """Share of the seeds that lost, 0..1."""
        return float(np.mean(self.total_returns < 0.0))


def returns_of(result: BacktestResult) -> Floats:
    """Return the session returns of a result, (n_sessions,)."""
    return session_returns(session_equity(result.equity, result.trade_dates))


def against_baselines(
    returns: Floats, baselines: Sequence[BacktestResult], generator: np.random.Generator
) -> dict[str, Superiority]:
    """Return, by the baseline's name, the test of "the result is no better than it".

    Args:
        returns: (n_sessions,) session returns of the result.
        baselines: Over the same bars.
        generator: Source of the resamples; the same state gives the same bits.

    Raises:
        DataError: If there are no baselines, or too few sessions.
    """
    if not baselines:
        raise DataError("no baseline was run beside it")
    return {
        baseline.name: superior_ability(returns, returns_of(baseline), generator)
        for baseline in baselines
    }


def best_of_all(
    returns: Floats, variants: Mapping[str, Floats], generator: np.random.Generator
) -> Superiority:
    """Return the test of "none of all that were tried is better than standing aside".

    Raises:
        DataError: If nothing else was tried on these sessions, or they are too few.
    """
    table = variant_table(returns, variants)
    return superior_ability(table, np.zeros(len(returns)), generator)


def overfitting_of(returns: Floats, variants: Mapping[str, Floats]) -> Overfitting:
    """Return how the choice among all that were tried carries over, in as many blocks as fit.

    Raises:
        DataError: If nothing else was tried on these sessions, or they are too few.
    """
    table = variant_table(returns, variants)
    fitting = len(table) // LEAST_ROWS_PER_BLOCK // 2 * 2
    return probability_of_overfitting(table, min(N_BLOCKS, max(fitting, LEAST_BLOCKS)))


def variant_table(returns: Floats, variants: Mapping[str, Floats]) -> Floats:
    """Return the result's returns and those of its variants, (n_sessions, 1 + n_variants).

    Raises:
        DataError: If there is no variant, or one has another number of sessions.
    """
    if not variants:
        raise DataError("no other variant with returns of the same sessions is known")
    for name, others in variants.items():
        if others.shape != returns.shape:
            raise DataError(
                f"variant `{name}` has {len(others)} sessions, the result {len(returns)}; "
                "back-test both over the same span"
            )
    return np.column_stack([returns, *variants.values()])


def dispersion_of(seeds: Mapping[str, Floats]) -> SeedDispersion:
    """Return how the seeds scatter.

    Args:
        seeds: (n_sessions,) session returns by the seed's name.

    Raises:
        DataError: If there are fewer than two.
    """
    if len(seeds) < 2:
        raise DataError("a single seed was trained; several show what luck it had")
    return SeedDispersion(
        total_returns=np.array([np.prod(1.0 + each) - 1.0 for each in seeds.values()]),
        sharpes=np.array([sharpe(each) for each in seeds.values()]),
        names=tuple(seeds),
    )
