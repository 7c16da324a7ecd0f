"""What the tests against the `ta` library share: the bars, the way in, and the comparison."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.features import FEATURES
from data.indicators.bar import Floats
from data.store import load_bars
from tests.helpers.bars import real_data
from tests.helpers.feature_kit import walking_frame

TOLERANCE = 1e-9


def nq_frame() -> pd.DataFrame:
    """Return the first 5,000 real bars, or skip the test."""
    return load_bars(real_data("NQ_5min.parquet"), get_instrument("NQ")).iloc[:5_000]


FRAMES: dict[str, Callable[[], pd.DataFrame]] = {
    "walk": lambda: walking_frame(3_000),
    "nq": nq_frame,
}


def range_indexed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the bars as float64 columns with a RangeIndex, which `ta` needs on pandas 3."""
    return pd.DataFrame(frame.to_numpy(dtype=np.float64), columns=frame.columns)


def owner_of(column: str) -> str:
    """Return the feature that has the column."""
    return next(spec.name for spec in FEATURES.values() if column in spec.columns)


def assert_agrees(
    name: str,
    column: str,
    frame: pd.DataFrame,
    theirs: Floats,
    unit: Floats | float = 1.0,
    share: float = 0.99,
) -> None:
    """Fail unless a column, times its unit, is what `ta` has in every row after the warm-up.

    Rows in which `ta` has no value, where a range is zero, are left out.

    Args:
        name: The feature.
        column: One of its columns.
        frame: The bars.
        theirs: Values of `ta`, shape (n,).
        unit: What ours is a multiple of, e.g. the average true range in points.
        share: Of the rows that must be compared, at least.
    """
    features = FeatureSet([name])
    ours = features.compute(frame)[:, features.columns.index(column)] * unit
    rows = features.warm_up + np.flatnonzero(np.isfinite(theirs[features.warm_up :]))
    assert len(rows) > share * (len(frame) - features.warm_up)
    np.testing.assert_allclose(ours[rows], theirs[rows], rtol=0, atol=TOLERANCE)
