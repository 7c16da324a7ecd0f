"""Checks that a feature must pass before its numbers are trusted, whoever wrote it.

Each check returns what is wrong, by feature, and nothing where all is well. The bars they run on
are made by data/feature_frames.py; what is right about the numbers themselves, no check can say.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numba.core.errors import NumbaError
from numpy.typing import NDArray

from data.feature_contract import check_memory, check_spec
from data.feature_frames import check_frame, hard_frames, poisoned, rolled
from data.feature_problems import CheckResult, Problems, by_feature, differing
from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars
from data.indicators.spec import FeatureSpec

Check = Callable[[FeatureSet, pd.DataFrame], Problems]

ROLL_GAP_POINTS = 225.0
ROLL_TOLERANCE = 0.05
"""Share of a spread: past returns were taken at the old contract's level, 1.25 % lower."""

LOOKBACK_TOLERANCE = 1e-9
"""Share of a spread: a ring that begins elsewhere may be summed in another order."""


def check_warm_up(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that are not NaN in all of their warm-up rows and finite in all later ones."""
    values = features.compute(frame)
    is_warming_up = _is_warming_up(features, len(frame))
    wrong = np.where(is_warming_up, ~np.isnan(values), ~np.isfinite(values))
    return by_feature(features, wrong, "must be NaN exactly in its `warm_up` rows, finite later")


def _is_warming_up(features: FeatureSet, n_rows: int) -> NDArray[np.bool_]:
    """Return which values, shape (n_rows, n_columns), should be NaN."""
    warm_ups = [spec.warm_up for spec in features.specs for _ in spec.columns]
    return np.arange(n_rows)[:, None] < np.array(warm_ups)


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


def check_roll(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that a roll disturbs: the past should look as if it had traded higher."""
    row = len(frame) // 2
    with_roll, lifted = rolled(frame, row, ROLL_GAP_POINTS)
    with np.errstate(invalid="ignore"):
        difference = np.abs(features.compute(with_roll) - features.compute(lifted))[row:]
    wrong = difference > ROLL_TOLERANCE * np.array(features.nominal_spread)
    advice = "a roll's gap shows: `price_state` must name the floats that hold prices in points"
    return by_feature(features, wrong, advice, row)


def check_lookback(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that still know a bar which lies more than their `lookback` back."""
    values = features.compute(frame)
    problems: Problems = {}
    for row in (1, len(frame) // 3):
        later = features.compute(frame.iloc[row:])
        with np.errstate(invalid="ignore"):
            difference = np.abs(later - values[row:])
        wrong = difference > LOOKBACK_TOLERANCE * np.array(features.nominal_spread)
        wrong &= ~_is_forgetting(features, len(later))
        found = by_feature(features, wrong, "depends on bars before its `lookback`", row)
        problems = found | problems
    return problems


def _is_forgetting(features: FeatureSet, n_rows: int) -> NDArray[np.bool_]:
    """Return which values after a start, shape (n_rows, n_columns), may know what was before it."""
    lookbacks = [
        n_rows + 1 if spec.lookback is None else max(spec.lookback, spec.warm_up + 1)
        for spec in features.specs
        for _ in spec.columns
    ]
    return np.arange(n_rows)[:, None] < np.array(lookbacks) - 1


def check_hard_bars(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that are not finite where price stands still, is negative, or is not traded."""
    del frame  # it has bars of its own
    problems: Problems = {}
    for name, bars in hard_frames(features.warm_up).items():
        wrong = ~np.isfinite(features.compute(bars))
        wrong &= ~_is_warming_up(features, len(bars))
        problems = by_feature(features, wrong, f"not finite on bars of {name}") | problems
    return problems


CHECKS: dict[str, Check] = {
    "spec": check_spec,
    "memory": check_memory,
    "warm_up": check_warm_up,
    "truncation": check_truncation,
    "poison": check_poison,
    "live": check_live,
    "restart": check_restart,
    "roll": check_roll,
    "lookback": check_lookback,
    "hard_bars": check_hard_bars,
}
"""In the order in which they are run, the last only where PRELIMINARY ones found nothing."""

PRELIMINARY = ("spec", "memory")


def run_checks(spec: FeatureSpec, table: Mapping[str, FeatureSpec]) -> list[CheckResult]:
    """Return what each of CHECKS finds of one feature, on bars made for it.

    Args:
        spec: The feature.
        table: Where it is found by its name.
    """
    features = FeatureSet([spec.name], table=table)
    frame = check_frame(spec.warm_up) if spec.warm_up >= 0 else check_frame()
    results: list[CheckResult] = []
    for name, check in CHECKS.items():
        is_stopped = any(result.problem and result.check in PRELIMINARY for result in results)
        if is_stopped or (name == "lookback" and spec.lookback is None):
            results.append(CheckResult(spec.name, name, was_run=False))
        else:
            results.append(CheckResult(spec.name, name, _problem_of(check, features, frame)))
    return results


def _problem_of(check: Check, features: FeatureSet, frame: pd.DataFrame) -> str | None:
    """Return what a check finds of the one feature in `features`; None where it passes."""
    try:
        return next(iter(check(features, frame).values()), None)
    except (NumbaError, IndexError) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"the kernel cannot be run: {' '.join(lines[1:3] or lines)}"
