"""Whether any of several variants truly beats a benchmark: Hansen's test of superior ability.

Whether choosing among them carries over is left to `overfitting.py`, the figures of one record to
`sharpe_inference.py` and `resampling.py`.

Null hypothesis: no variant earns more than the benchmark on average (Hansen, "A test for superior
predictive ability", Journal of Business and Economic Statistics 23, 2005). With d the session
returns of a variant less the benchmark's, and w its long-run deviation, the statistic is
max(0, max over variants of sqrt(n) mean(d) / w); its distribution is that of stationary resamples
(`arch.bootstrap.SPA`). Three p-values differ in what they take a poor variant's true mean to be:

- lower (liberal): a loser is as poor as it looks, so it hardly counts;
- consistent: so is a clear loser, one sqrt(2 ln ln n) standard errors below, and no other;
- upper (conservative, White's reality check): every variant is as good as the benchmark.

Both sides must be net of the same costs. A variant that is the benchmark, session for session, is
left out. Where no variant did better on average the statistic is 0, and every p-value 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.metrics import ZERO_DEVIATION
from backtest.resampling import LEAST_LENGTH, best_block_length
from utils.errors import ConfigError, DataError

N_RESAMPLES = 1_000
LEAST_RESAMPLES = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Superiority:
    """What the test says; the smaller a p-value, the stronger the evidence that one is better.

    Attributes:
        p_lower: Liberal p-value, 0..1.
        p_consistent: The one to quote, 0..1.
        p_upper: Conservative p-value, 0..1; lower <= consistent <= upper.
        best: Column of the variant whose statistic is the largest.
        n_variants: Columns given.
        block_length: Mean length of the resampled blocks, sessions.
    """

    p_lower: float
    p_consistent: float
    p_upper: float
    best: int
    n_variants: int
    block_length: int


def superior_ability(
    variant_returns: Floats,
    benchmark_returns: Floats,
    generator: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
) -> Superiority:
    """Return the p-values of "no variant is better than the benchmark".

    Args:
        variant_returns: (n_sessions, n_variants) session returns, or (n_sessions,) of a single one;
            oldest first, all that were tried.
        benchmark_returns: (n_sessions,) of the benchmark, on the same sessions at the same costs.
        generator: Source of the resamples; the same state gives the same bits.
        n_resamples: How many, >= 100.

    Raises:
        ConfigError: If there are too few resamples.
        DataError: If the shapes do not fit, sessions are too few or returns not finite, or if a
            variant differs from the benchmark by the same amount in every session.
    """
    if n_resamples < LEAST_RESAMPLES:
        raise ConfigError(f"`n_resamples` must be >= {LEAST_RESAMPLES}, was {n_resamples}")
    differences = _differences(variant_returns, benchmark_returns)
    n_variants = differences.shape[1]
    means, differing = differences.mean(axis=0), differences.std(axis=0) > ZERO_DEVIATION
    if not differing.any():
        return _not_better(best=0, n_variants=n_variants, block_length=1)
    columns = np.flatnonzero(differing)
    block_length = _block_length(differences[:, columns])
    scaled = differences[:, columns] / long_run_deviation(differences[:, columns], block_length)
    best = int(columns[scaled.mean(axis=0).argmax()])
    if means[best] <= 0.0:
        return _not_better(best=best, n_variants=n_variants, block_length=block_length)
    p_lower, p_consistent, p_upper = _p_values(scaled, block_length, n_resamples, generator)
    return Superiority(
        p_lower=p_lower,
        p_consistent=p_consistent,
        p_upper=p_upper,
        best=best,
        n_variants=n_variants,
        block_length=block_length,
    )


def _differences(variant_returns: Floats, benchmark_returns: Floats) -> Floats:
    """Return variants less benchmark, (n_sessions, n_variants), checked."""
    variants = variant_returns[:, None] if variant_returns.ndim == 1 else variant_returns
    if variants.ndim != 2 or benchmark_returns.shape != variants.shape[:1] or not variants.shape[1]:
        raise DataError(
            "variants must be (n_sessions, n_variants) and the benchmark (n_sessions,), were "
            f"{variant_returns.shape} and {benchmark_returns.shape}; take both over the same span"
        )
    if len(variants) < LEAST_LENGTH:
        raise DataError(
            f"the test of superior ability needs >= {LEAST_LENGTH} sessions, were {len(variants)}"
        )
    differences = variants - benchmark_returns[:, None]
    n_gaps = int((~np.isfinite(differences)).sum())
    if n_gaps:
        raise DataError(
            "returns of variants and benchmark must be finite, "
            f"{n_gaps} of {differences.size} differences were not"
        )
    is_offset = (differences.std(axis=0) <= ZERO_DEVIATION) & (
        np.abs(differences.mean(axis=0)) > ZERO_DEVIATION
    )
    if is_offset.any():
        raise DataError(
            f"variant {int(is_offset.argmax())} differs from the benchmark by the same amount in "
            "every session, which no trading does; check how its returns were made"
        )
    return differences


def _not_better(best: int, n_variants: int, block_length: int) -> Superiority:
    return Superiority(
        p_lower=1.0,
        p_consistent=1.0,
        p_upper=1.0,
        best=best,
        n_variants=n_variants,
        block_length=block_length,
    )


def _block_length(differences: Floats) -> int:
    """Return the mean over variants of the best block length, whole sessions."""
    return round(np.mean([best_block_length(column) for column in differences.T]))


def long_run_deviation(differences: Floats, block_length: int) -> Floats:
    """Return the deviation of sqrt(n) mean(d) under the stationary bootstrap, (n_variants,).

    The autocovariance at lag i has the weight (n - i) / n (1 - q)^i + i / n (1 - q)^(n - i), with
    q = 1 / block length (Hansen 2005, after Politis and Romano 1994).

    Args:
        differences: (n_sessions, n_variants) returns less the benchmark's.
        block_length: Mean length of a block, sessions.
    """
    n_rows = len(differences)
    centred = differences - differences.mean(axis=0)
    lags = np.arange(n_rows)
    stay = 1.0 - 1.0 / block_length
    weights = (n_rows - lags) / n_rows * stay**lags + lags / n_rows * stay ** (n_rows - lags)
    covariances = np.array(
        [np.einsum("ij,ij->j", centred[: n_rows - lag], centred[lag:]) for lag in lags]
    )
    deviation: Floats = np.sqrt((2.0 * weights @ covariances - covariances[0]) / n_rows)
    return deviation


def _p_values(
    scaled: Floats, block_length: int, n_resamples: int, generator: np.random.Generator
) -> tuple[float, float, float]:
    """Return the lower, consistent and upper p-value.

    `arch` compares losses, so the benchmark's are 0 and a variant's minus its difference. It does
    not studentise, whatever its option says; hence the differences come scaled.

    Args:
        scaled: (n_sessions, n_variants) differences over their long-run deviations, gains positive.
        block_length: Mean length of a block.
        n_resamples: How many.
        generator: Source of the resamples.
    """
    from arch.bootstrap import SPA  # noqa: PLC0415 - takes a second or two

    losses = -scaled
    test = SPA(
        np.zeros(len(losses)), losses, block_size=block_length, reps=n_resamples, seed=generator
    )
    test.compute()
    p_values = test.pvalues
    return float(p_values["lower"]), float(p_values["consistent"]), float(p_values["upper"])
