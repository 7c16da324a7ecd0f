"""How fast forecasts are: live, bar by bar, when a forecaster learns, and a whole leaderboard."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from config.forecast_settings import ForecastSettings
from data.forecast_names import Head
from data.indicators.bar import feature_bars
from data.store import load_bars
from data.synthetic import synthetic_bars
from models.forecast.families import FAMILIES
from models.forecast.forecaster import Forecaster
from models.forecast.leaderboard import REFERENCES, leaderboard
from models.forecast.walk import plan_walk
from scripts.benchmarks.line import BenchLine
from utils.errors import SimulationError

SUITE = "forecast"
BARS, QUICK_BARS = 90_000, 8_280
LIVE_BARS, QUICK_LIVE_BARS = 2_000, 100
QUICK = {"least_sessions": 20, "refit_sessions": 5}
FAST = (*REFERENCES, "garch_fhs", "lightgbm")
"""Families of the leaderboard that is timed, as far as there are such."""

SECONDS_PER_MINUTE = 60.0


def forecast_suite(quick: bool, bars: Path | None = None) -> Iterator[BenchLine]:
    """Yield one line after the other, each once its work has been checked.

    Args:
        quick: Whether to do less.
        bars: Parquet file to forecast, as MNQ; None takes the synthetic market.
    """
    frame = _frame(quick, bars)
    settings = ForecastSettings(**(QUICK if quick else {}))
    n_live = QUICK_LIVE_BARS if quick else LIVE_BARS
    started = time.perf_counter()
    forecaster = Forecaster.fit(frame, settings, slice(0, len(frame) - n_live))
    seconds = time.perf_counter() - started
    yield from _live(forecaster, frame, n_live)
    yield BenchLine(suite=SUITE, name="fit_default", value=seconds, unit="s")
    yield _leaderboard(frame, settings)


def _frame(quick: bool, bars: Path | None) -> pd.DataFrame:
    """Return the bars, and compile beforehand whatever is compiled."""
    frame = synthetic_bars(QUICK_BARS, seed=1)
    Forecaster.fit(frame, ForecastSettings(), slice(0, QUICK_BARS - 1)).predict(frame)
    if bars is not None:
        return load_bars(bars, None)
    return frame if quick else synthetic_bars(BARS, seed=1)


def _live(forecaster: Forecaster, frame: pd.DataFrame, n_live: int) -> Iterator[BenchLine]:
    """Time the forecasts of the last bars one by one: all horizons and heads, corrected."""
    stream, first = forecaster.stream(), len(frame) - n_live
    batch = forecaster.predict(frame, first).quantiles
    milliseconds = np.empty(n_live)
    for t, (bar, stamp) in enumerate(zip(feature_bars(frame), frame.index, strict=True)):
        started = time.perf_counter_ns()
        quantiles = stream.update(bar, stamp)
        if t >= first:
            milliseconds[t - first] = (time.perf_counter_ns() - started) / 1e6
            if quantiles.tobytes() != batch[t].tobytes():
                raise SimulationError(f"the live forecast at {stamp} was not that of all bars")
    for name, percentile in {"live_predict": 50, "live_predict_p99": 99}.items():
        value = float(np.percentile(milliseconds, percentile))
        yield BenchLine(suite=SUITE, name=name, value=value, unit="ms")


def _leaderboard(frame: pd.DataFrame, settings: ForecastSettings) -> BenchLine:
    """Time the fast families, walk-forward and scored, in this process."""
    families = [name for name in FAST if name in FAMILIES]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        walk = plan_walk(frame, settings, families, Path(folder), (Head.RETURN,))
        walk.run(lambda block, is_kept: None)
        lines = leaderboard(walk)
        seconds = time.perf_counter() - started
    if len(lines) != len(families) * len(settings.horizons):
        raise SimulationError(f"the leaderboard has {len(lines)} lines of {len(families)} families")
    value = seconds / SECONDS_PER_MINUTE
    return BenchLine(suite=SUITE, name="leaderboard_90k", value=value, unit="min")
