"""Checks of a feature's values: when they are there, how far they go, and what they depend on.

The bars they run on are made by data/feature_frames.py.
"""

import math
import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import PRICE_COLUMNS
from data.feature_frames import hard_frames
from data.feature_problems import Problems, by_feature, deviations, typical_sizes
from data.feature_set import FeatureSet
from data.indicators.bar import Floats

BOUNDS = re.compile(r"[\[(](-?[\d.]+|unbounded), (-?[\d.]+|unbounded)[\])]([:,].*)?")
"""Bounds that are an interval, whatever is said of it after a colon or a comma."""

BOUNDS_TOLERANCE = 1e-9
WIDEST_SPREAD = 200.0
"""Standard deviations on a walk: its volatility never changes, so those of volatility are small."""

SCALE_TOLERANCE = 1e-6
"""Share of a typical size: rounding, where all prices are four times as high."""

VOLUME_TOLERANCE = 0.5
"""The same where four times as much is traded; ln(1 + volume) may stand for ln(volume)."""

MULTIPLE = 4.0


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


def check_values(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find columns that never change, lie outside of `bounds`, or are far from their `spread`."""
    values = features.compute(frame)[features.warm_up :]
    row = features.warm_up
    is_still = np.broadcast_to((values == values[0]).all(axis=0), values.shape)
    largest = WIDEST_SPREAD * deviations(values)
    is_wide = np.broadcast_to(np.array(features.nominal_spread) > largest, values.shape)
    wide = f"`spread` is more than {WIDEST_SPREAD:g} standard deviations on a random walk"
    return (
        by_feature(features, is_wide, wide, row)
        | _outside(features, values, "outside of its `bounds`", row)
        | by_feature(features, is_still, "never changes", row)
    )


def _outside(features: FeatureSet, values: Floats, problem: str, first_row: int) -> Problems:
    """Find features with a value outside of `bounds`, where those are an interval; NaN is not."""
    limits = [_limits(spec.bounds) for spec in features.specs for _ in spec.columns]
    lowest, highest = np.array(limits).T
    room = BOUNDS_TOLERANCE * np.maximum(1.0, np.abs(values))
    wrong = (values < lowest - room) | (values > highest + room)
    return by_feature(features, wrong, problem, first_row)


def _limits(bounds: str) -> tuple[float, float]:
    """Return the interval that `bounds` tell of, infinite where they are words."""
    found = BOUNDS.fullmatch(bounds)
    if found is None:
        return -math.inf, math.inf
    low, high = found[1], found[2]
    return (
        -math.inf if low == "unbounded" else float(low) - _rounding(low),
        math.inf if high == "unbounded" else float(high) + _rounding(high),
    )


def _rounding(number: str) -> float:
    """Return how far the number meant may lie from one that is written with decimals."""
    _, point, decimals = number.partition(".")
    return 0.5 * 10.0 ** -len(decimals) if point else 0.0


def check_scale(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that depend on the level of prices, or on how much is traded at all."""
    values = features.compute(frame)
    sizes = typical_sizes(features, values)
    prices = [name for name in (*PRICE_COLUMNS, "other_close") if name in frame.columns]
    volumes = [name for name in ("volume", "other_volume") if name in frame.columns]
    problems: Problems = {}
    for names, tolerance, what in (
        (volumes, VOLUME_TOLERANCE, "the volume's size: give a share of what is usual"),
        (prices, SCALE_TOLERANCE, "the price's level: give percent, true ranges or deviations"),
    ):
        scaled = frame.assign(**{name: MULTIPLE * frame[name] for name in names})
        with np.errstate(invalid="ignore"):
            wrong = np.abs(features.compute(scaled) - values) > tolerance * sizes
        problems |= by_feature(features, wrong, f"depends on {what}")
    return problems


def check_hard_bars(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find features that are not finite where price stands still, is negative, or is not traded."""
    problems: Problems = {}
    for name, bars in hard_frames(frame).items():
        values = features.compute(bars)
        wrong = ~np.isfinite(values) & ~_is_warming_up(features, len(bars))
        outside = _outside(features, values, f"outside of its `bounds` on bars of {name}", 0)
        found = outside | by_feature(features, wrong, f"not finite on bars of {name}")
        problems = found | problems
    return problems
