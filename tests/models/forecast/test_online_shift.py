"""What tracker and alarm are worth where volatility shifts, and cost where it does not."""

import numpy as np
import pandas as pd
import pytest

from config.forecast_settings import ForecastSettings
from data.forecast_names import LEVELS, Head
from data.synthetic import synthetic_bars
from models.forecast.forecaster import Forecaster
from models.forecast.forecaster_training import TrainingGround
from models.forecast.targets import forecast_targets
from tests.helpers.forecasters import SESSION

TRAINED = 118 * SESSION
"""The preset `shift` has 1.9 times the volatility after 120 sessions."""

SCORED = slice(124 * SESSION, None)


def settings(rate: float, family: str = "harx_fhs", alarm: bool = False) -> ForecastSettings:
    """Return settings of one horizon, an hour."""
    return ForecastSettings(
        family=family, horizons=(12,), features=("rsi",), tracker_rate=rate, alarm=alarm
    )


def scores(bars: pd.DataFrame, quantiles: np.ndarray) -> tuple[float, float]:
    """Return coverage of the 90 % interval and mean pinball loss after the shift."""
    y = forecast_targets(bars, "MNQ", (12,)).of(12, Head.RETURN)[SCORED]
    q, is_known = quantiles[SCORED, 0, 0], np.isfinite(y)
    y, q = y[is_known], q[is_known]
    gaps = y[:, None] - q
    loss = np.maximum(np.array(LEVELS) * gaps, (np.array(LEVELS) - 1.0) * gaps)
    return float(((y >= q[:, 1]) & (y <= q[:, 7])).mean()), float(loss.mean())


def scores_with_and_without(preset: str, seed: int) -> list[tuple[float, float]]:
    """Return coverage and loss without a tracker, and with it."""
    bars = synthetic_bars(190 * SESSION, preset, seed=seed)
    ground = TrainingGround.of(bars, settings(0.0), slice(0, TRAINED))
    found = []
    for rate in (0.0, 0.02):
        forecaster = Forecaster.fit_on(ground, settings(rate), (Head.RETURN,))
        found.append(scores(bars, forecaster.predict(bars).quantiles))
    return found


def test_tracker_under_a_shift_of_volatility_brings_coverage_back():
    """Without it .87; with it .89, and the loss is no higher."""
    (before, loss), (after, tracked_loss) = scores_with_and_without("shift", 2)
    assert before < 0.88
    assert abs(after - 0.9) < 0.5 * abs(before - 0.9)
    assert tracked_loss < loss


def test_tracker_where_nothing_shifts_costs_less_than_three_thousandths():
    (_, loss), (after, tracked_loss) = scores_with_and_without("default", 1)
    assert after == pytest.approx(0.9, abs=0.01)
    assert tracked_loss < 1.003 * loss


def test_alarm_under_a_shift_replaces_a_family_that_does_not_adapt():
    """Quantiles of fixed width cover 72 % after the shift; the fallback takes over."""
    bars = synthetic_bars(160 * SESSION, "shift", seed=2)
    ground = TrainingGround.of(bars, settings(0.0, "unconditional"), slice(0, TRAINED))
    results = []
    for alarm in (False, True):
        chosen = settings(0.0, "unconditional", alarm)
        forecaster = Forecaster.fit_on(ground, chosen, (Head.RETURN,))
        found = forecaster.predict(bars)
        results.append((*scores(bars, found.quantiles), found.is_fallback[SCORED].mean()))
    (plain, loss, _), (watched, watched_loss, share) = results
    assert plain < 0.8
    assert watched > 0.85
    assert watched_loss < 0.9 * loss
    assert share > 0.5
