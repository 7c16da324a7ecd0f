"""Which quantile levels are tracked, and how fast.

The delayed quantile tracker (Angelopoulos, Candes and Tibshirani 2023, "Conformal PID control for
time series prediction", the proportional term) adds to each outer quantile an offset in scales.
When what was forecast has become known, h bars later, offset += rate (level - 1{y <= forecast}):
over time the share of outcomes at or below the forecast tends to the level, whatever the forecasts
are. Labels of h bars overlap, so that a miss comes with its neighbours: the rate is divided by h.
Inner levels are left alone, and no tracked level crosses the inner one beside it. The arithmetic is
in models/compiled/forecast_online.py.
"""

from collections.abc import Sequence

import numpy as np

from models.forecast.family import Floats

TRACKED = (0.01, 0.05, 0.95, 0.99)
"""Levels that the tracker corrects, rising: those beyond which few outcomes lie in training."""


def tracked_levels() -> Floats:
    """Return TRACKED as numbers, shape (4,)."""
    return np.array(TRACKED)


def tracker_rates(horizons: Sequence[int], rate: float) -> Floats:
    """Return the step of each horizon's offsets, shape (H,), in scales.

    Args:
        horizons: Bars ahead.
        rate: `ForecastSettings.tracker_rate`, >= 0; 0 leaves forecasts as the family makes them.
    """
    return rate / np.array(horizons, dtype=np.float64)
