"""Checks of what a feature knows and when: no later bars, live as in batch, no longer than it says.

The bars they run on are made by data/feature_frames.py.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.feature_frames import poisoned
from data.feature_problems import Problems, by_feature, differing, typical_sizes
from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars

LOOKBACK_TOLERANCE = 1e-9
"""Share of a typical size: a ring that begins elsewhere may be summed in another order."""


def check_truncation(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features of which an earlier value changes when later bars are cut off."""
    values = features.compute(frame)
    for n_kept in (1, len(frame) // 3, len(frame) - 1):
        cut = features.compute(frame.iloc[:n_kept])
        found = differing(features, cut, values[:n_kept], "depends on whether later bars exist")
        if found:
            return found
    return {}


def check_poison(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features of which an earlier value changes when later bars are absurd."""
    values = features.compute(frame)
    row = len(frame) // 2
    after = features.compute(poisoned(frame, row))
    return differing(features, after[:row], values[:row], "depends on the values of later bars")


def check_live(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features of which one bar at a time gives other bits than all bars at once."""
    stream = features.stream()
    rows = np.array([stream.update(bar) for bar in feature_bars(frame)])
    return differing(features, rows, features.compute(frame), "live differs from batch")


def check_restart(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that go on otherwise after their state was stored and restored."""
    bars = feature_bars(frame)
    values = features.compute(frame)
    for cut in (0, 1, features.warm_up + 1, len(frame) // 2):
        before = features.stream()
        for bar in bars[:cut]:
            before.update(bar)
        after = features.stream()
        after.restore(before.snapshot())
        rows = np.array([after.update(bar) for bar in bars[cut:]])
        found = differing(features, rows, values[cut:], "differs after a restart", cut)
        if found:
            return found
    return {}


def check_lookback(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that still know a bar which lies more than their `lookback` back."""
    values = features.compute(frame)
    tolerance = LOOKBACK_TOLERANCE * typical_sizes(features, values)
    problems: Problems = {}
    for row in (1, len(frame) // 3):
        later = features.compute(frame.iloc[row:])
        with np.errstate(invalid="ignore"):
            wrong = np.abs(later - values[row:]) > tolerance
        wrong &= ~_is_forgetting(features, len(later))
        found = by_feature(features, wrong, "depends on bars before its `lookback`", row)
        problems = found | problems
    return problems


def _is_forgetting(features: FeatureSet, n_rows: int) -> NDArray[np.bool_]:
    """Return which values after a start, shape (n_rows, n_columns), may know what was before it."""
    lookbacks = [
        n_rows + 1 if spec.lookback is None else spec.lookback
        for spec in features.specs
        for _ in spec.columns
    ]
    return np.arange(n_rows)[:, None] < np.array(lookbacks) - 1
