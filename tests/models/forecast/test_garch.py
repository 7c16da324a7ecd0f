"""The GARCH process: parameters found again, its forecasts step by step, one line where none."""

import numpy as np
import pytest

from models.forecast.clock import SessionClock
from models.forecast.garch import (
    MOST_PERSISTENT,
    fit_garch,
    long_run_variance,
    persistence_of,
    stationary,
)
from models.forecast.scale import VolatilityLayer
from utils.errors import DataError

OMEGA, ALPHA, GAMMA, BETA = 0.03, 0.05, 0.06, 0.89
PARAMETERS = np.array([OMEGA, ALPHA, GAMMA, BETA])


def _simulated(n, seed=0):
    rng = np.random.default_rng(seed)
    shocks = rng.standard_t(6, size=n) / np.sqrt(1.5)
    returns, variance = np.empty(n), 1.0
    for t, shock in enumerate(shocks):
        returns[t] = np.sqrt(variance) * shock
        slope = ALPHA + (GAMMA if shock < 0.0 else 0.0)
        variance = OMEGA + slope * returns[t] ** 2 + BETA * variance
    return returns


def test_fit_garch_finds_the_process():
    found = fit_garch(_simulated(20_000))
    np.testing.assert_allclose(found, PARAMETERS, atol=0.02)
    assert long_run_variance(found) == pytest.approx(1.0, rel=0.15)


def test_fit_garch_of_returns_that_are_all_zero_is_one_line():
    with pytest.raises(DataError, match="another family than garch_fhs") as refused:
        fit_garch(np.zeros(2_000))
    assert "\n" not in str(refused.value)


def test_stationary_process_keeps_its_parameters_and_another_is_brought_down():
    np.testing.assert_array_equal(stationary(PARAMETERS), PARAMETERS)
    found = stationary(np.array([0.01, 0.2, 0.0, 0.9]))
    assert persistence_of(found) == pytest.approx(MOST_PERSISTENT)
    assert found[1] / found[3] == pytest.approx(0.2 / 0.9)


def test_garch_scales_are_the_sum_of_the_forecasts_of_each_bar():
    seasonal = np.linspace(1e-6, 3e-6, 288)
    layer = VolatilityLayer(
        clock=SessionClock.of("MNQ", 300),
        tick=0.25,
        horizons=(3,),
        seasonal=seasonal,
        choices=np.array([3]),
        garch=PARAMETERS,
    )
    outlook = layer.outlook(np.ones((1, 288), dtype=bool))
    out = np.full((1, layer.n_outputs), 2.5)
    found = layer.garch_scales(out, outlook.usual[:, 100], outlook.faded[:, 100])[0, 0]
    # three steps of the expectation: next variance 2.5, then omega + persistence times the last
    variance, total = 2.5, 0.0
    for slot in (101, 102, 103):
        total += variance * seasonal[slot]
        variance = OMEGA + (ALPHA + GAMMA / 2 + BETA) * variance
    assert found == pytest.approx(np.sqrt(total))
