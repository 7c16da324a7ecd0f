"""What a check says of features: which of them fail, why, and in which row that begins."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.feature_set import FeatureSet
from data.indicators.bar import Floats

Problems = dict[str, str]
"""Feature name: what is wrong, in one line. Features that pass are not in it."""

MOST_DEVIATIONS = 50.0
"""Standard deviations on a walk that count of a `spread` where tolerances are shares of it."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found of one feature.

    Attributes:
        feature: Its name.
        check: Key of CHECKS.
        problem: None where it passed.
        was_run: False where the check does not apply, or an earlier one forbids to run it.
    """

    feature: str
    check: str
    problem: str | None = None
    was_run: bool = True


def differing(
    features: FeatureSet, actual: Floats, expected: Floats, problem: str, first_row: int = 0
) -> Problems:
    """Return the features whose columns do not have the same bits in both, NaN included."""
    left, right = (np.ascontiguousarray(values).view(np.int64) for values in (actual, expected))
    return by_feature(features, np.asarray(left != right), problem, first_row)


def by_feature(
    features: FeatureSet, wrong: NDArray[np.bool_], problem: str, first_row: int = 0
) -> Problems:
    """Return the problem of each feature with a wrong value, and the row where that begins.

    Args:
        features: What was computed.
        wrong: Shape (n, n_columns).
        problem: What a wrong value means.
        first_row: The row of the frame that `wrong` starts with.
    """
    owners: Iterable[str] = (spec.name for spec in features.specs for _ in spec.columns)
    problems: Problems = {}
    for owner, column, is_wrong in zip(owners, features.columns, wrong.T, strict=True):
        if is_wrong.any():
            row = first_row + int(is_wrong.argmax())
            problems.setdefault(owner, f"{problem} (`{column}`, first in row {row})")
    return problems


def typical_sizes(features: FeatureSet, values: Floats) -> Floats:
    """Return each column's `spread`, or what its values suggest if that is much less.

    Tolerances are shares of it, which a spread that is too large would switch off.

    Args:
        features: What was computed.
        values: Of a walk, shape (n, n_columns); NaN is left out.
    """
    seen = MOST_DEVIATIONS * deviations(values)
    sizes: Floats = np.minimum(np.array(features.nominal_spread), seen)
    return sizes


def deviations(values: Floats) -> Floats:
    """Return each column's standard deviation, of what is finite; 0 where nothing is."""
    finite = [column[np.isfinite(column)] for column in values.T]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array([np.std(column) if len(column) else 0.0 for column in finite])


def of_all(features: FeatureSet, problem: str) -> Problems:
    """Return one problem that could be any feature's."""
    return dict.fromkeys(features.names, problem)
