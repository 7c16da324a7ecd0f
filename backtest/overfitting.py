"""Whether choosing the best of several variants carries over: probability of backtest overfitting.

How sure one can be of a single record is left to `sharpe_inference.py`, whether any variant beats a
benchmark to `superiority.py`.

Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu, "The
probability of backtest overfitting", Journal of Computational Finance 20, 2017), as done here:

1. (n_sessions, n_variants) returns are cut into S blocks of equal length, S even, in order of time.
   Sessions left over, n_sessions mod S, are the oldest; they are dropped.
2. Each of the C(S, S/2) ways to choose half of the blocks is a split: the chosen blocks are in
   sample, the others out of sample. The order within a half does not matter to what follows.
3. A variant's score in a half is its Sharpe ratio, per session, ddof 1. Without a deviation, as of
   a variant that stood aside, the score is 0.
4. The variant of the best score in sample is chosen; of several, the one of the lowest column.
5. Its rank among the N scores out of sample, 1 the worst, ties sharing their mean rank, gives
   w = rank / (N + 1) and the logit ln(w / (1 - w)), which is 0 at the median.
6. The probability of overfitting is the share of splits whose logit is <= 0: the chosen variant did
   no better than the median of all.
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from utils.errors import ConfigError, DataError

N_BLOCKS = 16
"""As many as the authors use: 12,870 splits."""

MOST_BLOCKS = 20
"""184,756 splits; two blocks more are nearly four times as many."""

LEAST_ROWS_PER_BLOCK = 2

LEAST_RELATIVE_VARIANCE = 1e-12
"""Share of the mean square below which a variance is float noise of a constant series."""

SPLITS_AT_ONCE = 1_024
"""Bounds the memory: (this, n_blocks / 2, n_variants) floats at a time."""

Floats = NDArray[np.float64]
Blocks = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overfitting:
    """What the splits show of the variants chosen in sample; one entry per split.

    Attributes:
        logits: (n_splits,) of the chosen variant's relative rank out of sample; above 0 is better
            than the median.
        in_sample: (n_splits,) the chosen variant's Sharpe ratio in sample, per session.
        out_of_sample: (n_splits,) the same out of sample.
        n_dropped: The oldest sessions, which filled no block.
    """

    logits: Floats
    in_sample: Floats
    out_of_sample: Floats
    n_dropped: int

    @property
    def pbo(self) -> float:
        """Probability of backtest overfitting: the share of logits <= 0, 0..1."""
        return float(np.mean(self.logits <= 0.0))

    @property
    def probability_of_loss(self) -> float:
        """Share of the splits whose chosen variant lost out of sample, 0..1."""
        return float(np.mean(self.out_of_sample < 0.0))

    @property
    def degradation_slope(self) -> float:
        """Least-squares slope of the ratio out of sample on the one in sample.

        Below 0 the better a variant looked, the worse it did; NaN where all looked the same.
        """
        excess = self.in_sample - self.in_sample.mean()
        spread = float(excess @ excess)
        return float(excess @ self.out_of_sample) / spread if spread > 0.0 else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class _BlockMoments:
    """All that a half needs to know of its blocks.

    Attributes:
        sums: (n_blocks, n_variants) sum of the returns in each block.
        squares: The same of their squares.
        n_rows_per_half: Sessions in half of the blocks.
    """

    sums: Floats
    squares: Floats
    n_rows_per_half: int


def probability_of_overfitting(returns: Floats, n_blocks: int = N_BLOCKS) -> Overfitting:
    """Return how choosing the best variant in sample fares out of sample, over all splits.

    Args:
        returns: (n_sessions, n_variants) session returns of all variants that were tried, fractions
            on the same sessions, oldest first.
        n_blocks: S, even.

    Raises:
        ConfigError: If the number of blocks is odd or out of its bounds.
        DataError: If there are fewer than two variants, too few sessions, or gaps.
    """
    _check(returns, n_blocks)
    n_sessions, n_variants = returns.shape
    n_dropped = n_sessions % n_blocks
    blocks = returns[n_dropped:].reshape(n_blocks, -1, n_variants)
    moments = _BlockMoments(
        sums=blocks.sum(axis=1),
        squares=(blocks**2).sum(axis=1),
        n_rows_per_half=(n_sessions - n_dropped) // 2,
    )
    inside, outside = _halves(n_blocks)
    parts = [
        _fate_of_best(
            _half_sharpe(moments, inside[first : first + SPLITS_AT_ONCE]),
            _half_sharpe(moments, outside[first : first + SPLITS_AT_ONCE]),
        )
        for first in range(0, len(inside), SPLITS_AT_ONCE)
    ]
    logits, in_sample, out_of_sample = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Overfitting(
        logits=logits, in_sample=in_sample, out_of_sample=out_of_sample, n_dropped=n_dropped
    )


def _check(returns: Floats, n_blocks: int) -> None:
    if n_blocks % 2 or not 2 <= n_blocks <= MOST_BLOCKS:
        raise ConfigError(
            f"`n_blocks` must be even, from 2 to {MOST_BLOCKS}, was {n_blocks}; {N_BLOCKS} is usual"
        )
    if returns.ndim != 2 or returns.shape[1] < 2:
        raise DataError(
            "overfitting is of a choice: `returns` must be (n_sessions, n_variants) with >= 2 "
            f"variants, was {returns.shape}; pass all variants that were tried"
        )
    least = n_blocks * LEAST_ROWS_PER_BLOCK
    if len(returns) < least:
        raise DataError(
            f"{n_blocks} blocks need >= {least} sessions, were {len(returns)}; take fewer blocks, "
            "or a longer span"
        )
    if not np.isfinite(returns).all():
        raise DataError(
            "`returns` of the variants must be finite, "
            f"{int((~np.isfinite(returns)).sum())} of {returns.size} were not; fill in the "
            "sessions that a variant lacks, or drop it"
        )


def _halves(n_blocks: int) -> tuple[Blocks, Blocks]:
    """Return the blocks in sample and those out of sample, (n_splits, n_blocks / 2) each.

    In lexicographic order the last choice is what the first one leaves, and so on inwards.
    """
    inside = np.array(list(combinations(range(n_blocks), n_blocks // 2)))
    return inside, inside[::-1]


def _half_sharpe(moments: _BlockMoments, halves: Blocks) -> Floats:
    """Return the Sharpe ratio per split and variant, 0 without a deviation.

    Added block by block, not by a matrix product, so that equal variants have equal bits and tie.
    """
    n_rows = moments.n_rows_per_half
    sums, squares = moments.sums[halves].sum(axis=1), moments.squares[halves].sum(axis=1)
    mean = sums / n_rows
    spread = squares - sums * mean
    has_deviation = spread > LEAST_RELATIVE_VARIANCE * squares
    deviation = np.sqrt(np.where(has_deviation, spread, 1.0) / (n_rows - 1))
    return np.where(has_deviation, mean / deviation, 0.0)


def _fate_of_best(inside: Floats, outside: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the logit of the best in sample, and its score in sample and out of sample.

    Args:
        inside: (n_splits, n_variants) scores in sample.
        outside: The same out of sample.
    """
    best = inside.argmax(axis=1)[:, None]
    chosen_inside, chosen_outside = (
        np.take_along_axis(scores, best, axis=1) for scores in (inside, outside)
    )
    n_below = (outside < chosen_outside).sum(axis=1)
    n_equal = (outside == chosen_outside).sum(axis=1)
    rank = n_below + (n_equal + 1) / 2.0
    logits = np.log(rank / (outside.shape[1] + 1.0 - rank))
    return logits, chosen_inside[:, 0], chosen_outside[:, 0]
