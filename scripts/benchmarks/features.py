"""How fast features are computed: all bars at once beside `ta`, and bar by bar as live.

What takes processes of its own is left to scripts/benchmarks/feature_processes.py.
"""

import statistics
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from data.feature_set import FeatureSet
from data.features import FEATURES
from data.indicators.bar import Floats, feature_bars
from data.synthetic import synthetic_bars
from scripts.benchmarks.feature_processes import RECIPE, compile_lines, memory_line
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.ta_bars import TaBars
from scripts.benchmarks.ta_common import TA_COMMON, ta_common
from utils.errors import DataError

SUITE = "features"
BARS = 1_000_000
LIVE_BARS = 20_000
QUICK_SHARE = 50
"""A quick run measures one fiftieth of the work."""

REPEATS = 3
"""Ours is timed so many times, and the median counts; `ta`, which takes minutes, is timed once."""

COMPILED_ON = 1_000
"""Bars that a pass is compiled on before it is timed."""

TOLERANCE = 1e-9
ROUNDED_IN_TA = {"bollinger": 5_000, "bollinger_width": 5_000}
"""Columns of which `ta` loses digits, in sums that run over all bars: how many are compared."""

COMPARED_SHARE = 0.5
"""Of the warm rows, at least, that `ta` must have a value in."""


def features_suite(quick: bool) -> Iterator[BenchLine]:
    """Yield one line after the other, each once its work has been checked.

    A quick run leaves out what takes processes of its own: compiling takes a minute or more, and
    few bars say nothing of memory.
    """
    share = QUICK_SHARE if quick else 1
    frame = synthetic_bars(BARS // share, seed=1)
    full, common = FeatureSet([RECIPE]), FeatureSet(_owners())
    full_seconds, values = _timed(full, frame)
    common_seconds, common_values = _timed(common, frame)
    theirs = TaBars(frame)
    for column in TA_COMMON:
        ours = values[:, full.columns.index(column)]
        if not np.array_equal(ours, common_values[:, common.columns.index(column)], equal_nan=True):
            raise DataError(f"`{column}` alone and within `{RECIPE}` were not the same")
        _check_agrees(column, ours, theirs)
    yield _beside_ta("common_subset_1m", common_seconds, theirs)
    yield _beside_ta("full_recipe_1m", full_seconds, theirs)
    del common_values, theirs
    yield from _live(full, frame.iloc[: LIVE_BARS // share], values)
    if not quick:
        yield memory_line(SUITE, frame, values)
        yield from compile_lines(SUITE)


def _owners() -> list[str]:
    """Return the features that have the columns which `ta` has too."""
    owners = {column: spec.name for spec in FEATURES.values() for column in spec.columns}
    return list(dict.fromkeys(owners[column] for column in TA_COMMON))


def _timed(features: FeatureSet, frame: pd.DataFrame) -> tuple[float, Floats]:
    """Return the median seconds that the features of all bars take, compiled, and their values."""
    features.compute(frame.iloc[:COMPILED_ON])
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        values = features.compute(frame)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), values


def _check_agrees(column: str, ours: Floats, bars: TaBars) -> None:
    """Refuse a column that is not what `ta` has, in every warm row in which it has a value."""
    theirs = ta_common(column, bars)
    if column in ROUNDED_IN_TA:
        ours = ours[: ROUNDED_IN_TA[column]]
        theirs = ta_common(column, TaBars(bars.frame.iloc[: len(ours)]))
    warm_up = next(spec.warm_up for spec in FEATURES.values() if column in spec.columns)
    rows = warm_up + np.flatnonzero(np.isfinite(theirs[warm_up:]))
    if len(rows) < COMPARED_SHARE * (len(ours) - warm_up):
        raise DataError(f"`ta` has a value of `{column}` in {len(rows)} of {len(ours)} rows only")
    apart = float(np.abs(ours[rows] - theirs[rows]).max())
    if not apart <= TOLERANCE:
        raise DataError(f"`{column}` must be within {TOLERANCE} of `ta`, was {apart} away")


def _beside_ta(name: str, seconds: float, bars: TaBars) -> BenchLine:
    return BenchLine(
        suite=SUITE,
        name=name,
        value=seconds,
        unit="s",
        reference=f"ta, the {len(TA_COMMON)} columns both have",
        reference_value=bars.seconds,
    )


def _live(features: FeatureSet, frame: pd.DataFrame, batch: Floats) -> Iterator[BenchLine]:
    """Time one update per bar; a bar's record, with its clock, is made beforehand.

    Args:
        features: Compiled.
        frame: The first bars of those that `batch` was computed of.
        batch: Their values, shape (>= n, n_columns).
    """
    stream = features.stream()
    rows = np.empty((len(frame), len(features.columns)))
    microseconds = np.empty(len(frame))
    for t, bar in enumerate(feature_bars(frame)):
        started = time.perf_counter_ns()
        rows[t] = stream.update(bar)
        microseconds[t] = (time.perf_counter_ns() - started) / 1e3
    if rows.tobytes() != batch[: len(frame)].tobytes():
        raise DataError("the rows of the live stream were not those of all bars at once")
    for name, percentile in {"live_update": 50, "live_update_p99": 99}.items():
        value = float(np.percentile(microseconds, percentile))
        yield BenchLine(suite=SUITE, name=name, value=value, unit="us")
