"""Checks of how a feature takes what is not price or volume: rolls, sessions, a second market.

The bars they run on are made by data/feature_frames.py.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.feature_frames import rolled
from data.feature_problems import Problems, by_feature, differing, typical_sizes
from data.feature_set import FeatureSet
from data.indicators.bar import Floats, feature_bars
from data.kernel_faults import run_pass

ROLL_GAP_POINTS = 225.0
OTHER_GAP_POINTS = 62.5
ROLL_TOLERANCE = 0.05
"""Share of a typical size: past returns were taken at the old contract's level, 1.25 % lower."""

ABSENT_BARS = 37
"""Bars of a stretch without the second market, and of the stretch with it that follows."""


def check_roll(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that a roll disturbs: the past should look as if it had traded higher."""
    row = len(frame) // 2
    with_roll, lifted = rolled(frame, row, ROLL_GAP_POINTS)
    expected = features.compute(lifted)
    wrong = _disturbed(features, features.compute(with_roll), expected)[row:]
    advice = "a roll's gap shows: `price_state` must name the floats that hold prices in points"
    return by_feature(features, wrong, advice, row)


def _disturbed(features: FeatureSet, values: Floats, expected: Floats) -> NDArray[np.bool_]:
    """Return which values, shape (n, n_columns), a roll has moved."""
    tolerance = ROLL_TOLERANCE * typical_sizes(features, expected)
    with np.errstate(invalid="ignore"):
        wrong: NDArray[np.bool_] = np.abs(values - expected) > tolerance
    return wrong


def check_second_market(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that read a second market unsaid, or cannot do without it, or with its roll.

    Args:
        features: What is checked.
        frame: Bars with a second market beside them.
    """
    needs = np.array([spec.needs_other for spec in features.specs for _ in spec.columns])
    bars = feature_bars(frame)
    values = computed(features, bars)
    alone = computed(features, _without(bars, np.ones(len(bars), dtype=np.bool_)))
    unsaid = (alone != values) & ~(np.isnan(alone) & np.isnan(values)) & ~needs
    problems = by_feature(features, unsaid, "reads the second market: set `needs_other`")
    if not needs.any():
        return problems
    is_away = np.arange(len(bars)) // ABSENT_BARS % 2 == 1
    now_and_then = computed(features, _without(bars, is_away))
    for absent, when in ((alone, "never"), (now_and_then, "not always")):
        wrong = ~np.isfinite(absent) & np.isfinite(values) & needs
        problem = f"not finite where the second market is {when} there"
        problems |= by_feature(features, wrong, problem)
    return problems | _other_roll(features, bars)


def _without(bars: np.recarray, is_away: NDArray[np.bool_]) -> np.recarray:
    """Return the bars without the second market in some rows, shape (n,)."""
    bars = bars.copy()
    bars.other_close[is_away] = np.nan
    bars.other_volume[is_away] = np.nan
    return bars


def _other_roll(features: FeatureSet, bars: np.recarray) -> Problems:
    """Find features that a roll of the second market disturbs."""
    row = len(bars) // 2
    with_roll, lifted = bars.copy(), bars.copy()
    with_roll.other_close[row:] += OTHER_GAP_POINTS
    with_roll.other_roll_gap[row] = OTHER_GAP_POINTS
    lifted.other_close += OTHER_GAP_POINTS
    values, expected = computed(features, with_roll), computed(features, lifted)
    wrong = _disturbed(features, values, expected)[row:]
    advice = "the second market's roll shows: add `other_roll_gap` to what `state` holds of it"
    return by_feature(features, wrong, advice, row)


def check_session_rule(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features whose `session_rule` is not what they do at a session's first bar."""
    bars = feature_bars(frame)
    unmarked = bars.copy()
    unmarked.is_session_start[1:] = False
    found = differing(features, computed(features, unmarked), computed(features, bars), "")
    problems: Problems = {}
    for spec in features.specs:
        rule = "resets" if spec.name in found else "continuous"
        if rule != spec.session_rule:
            problems[spec.name] = (
                f"`session_rule` is {spec.session_rule}, but values "
                f"{'change' if rule == 'resets' else 'are the same'} where is_session_start is "
                f"never set: it must be {rule}"
            )
    return problems


def computed(features: FeatureSet, bars: np.recarray) -> Floats:
    """Return the features of FEATURE_BAR records, shape (n, n_columns)."""
    out = np.empty((len(bars), len(features.columns)))
    run_pass(features.specs, np.zeros(sum(spec.state_size for spec in features.specs)), bars, out)
    return out
