"""Which rows train and which test: always the past first, with a gap where asked."""

from dataclasses import dataclass

from utils.errors import ConfigError, DataError

MIN_TEST_BARS = 2
"""Rows of the smallest test block: one to decide on, one to trade on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Row ranges of a bar frame, for `iloc`.

    Attributes:
        train: The rows that training may read.
        test: The later rows, which training never reads.
    """

    train: slice
    test: slice


def chronological_split(n_rows: int, test_fraction: float) -> Split:
    """Return the first rows to train on and the last share of the rows to test on.

    Args:
        n_rows: Bars in the frame.
        test_fraction: Share held back, in [0, 1); 0 holds nothing back.

    Raises:
        ConfigError: If `test_fraction` is out of bounds.
        DataError: If there are too few bars for both parts to hold at least one.
    """
    if not 0.0 <= test_fraction < 1.0:
        raise ConfigError(f"`test_fraction` must be in [0, 1), was {test_fraction}")
    n_test = round(n_rows * test_fraction)
    n_train = n_rows - n_test
    if n_train < 1 or (test_fraction > 0.0 and n_test < 1):
        raise DataError(
            f"too few bars ({n_rows}) to hold back {test_fraction:g} of them for the test; "
            f"give more bars"
        )
    return Split(train=slice(0, n_train), test=slice(n_train, n_rows))


def expanding_folds(n_rows: int, n_folds: int, embargo_bars: int) -> tuple[Split, ...]:
    """Return walk-forward folds: each trains on all that came before its test block.

    The first half of the rows is never tested; the second half is cut into `n_folds` test blocks of
    equal length, the last one taking what is left over.

    Args:
        n_rows: Bars in the frame.
        n_folds: Test blocks, >= 1.
        embargo_bars: Rows left out between the end of training and the test block, >= 0.

    Raises:
        ConfigError: If a count is out of bounds.
        DataError: If the folds do not fit the bars; says how many are missing.
    """
    if n_folds < 1 or embargo_bars < 0:
        raise ConfigError(
            f"folds must be >= 1 and the embargo >= 0 bars, were {n_folds} and {embargo_bars}"
        )
    needed = 2 * max(MIN_TEST_BARS * n_folds, embargo_bars + 1)
    if n_rows < needed:
        raise DataError(
            f"{n_folds} folds of {MIN_TEST_BARS} test bars or more, with an embargo of "
            f"{embargo_bars} bars, need at least {needed} bars, had {n_rows}: "
            f"{needed - n_rows} are missing"
        )
    first_test, length = n_rows // 2, (n_rows - n_rows // 2) // n_folds
    starts = [first_test + fold * length for fold in range(n_folds)]
    ends = [*starts[1:], n_rows]
    return tuple(
        Split(train=slice(0, start - embargo_bars), test=slice(start, end))
        for start, end in zip(starts, ends, strict=True)
    )
