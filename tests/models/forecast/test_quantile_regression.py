"""Smoothed quantile regression against scikit-learn's linear programme, and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from models.forecast.quantile_regression import QuantileRegression
from models.forecast.smoothed_quantiles import QuantileProblem, fit_level
from tests.helpers.forecast_laws import law, task_of


@pytest.mark.parametrize("level", [0.01, 0.25, 0.5, 0.95])
def test_fit_level_is_the_linear_programmes_solution(level):
    """Within the rounding of the kink: an eighth of the deviation of the estimates themselves."""
    from sklearn.linear_model import QuantileRegressor

    random = np.random.default_rng(3)
    inputs = random.normal(size=(2_000, 3))
    labels = inputs @ [0.5, -0.2, 0.0] + (1.0 + 0.3 * np.tanh(inputs[:, 2])) * random.normal(
        size=2_000
    )
    found = fit_level(QuantileProblem.of(inputs, labels, 0.0), level, np.zeros(4))
    exact = QuantileRegressor(quantile=level, alpha=0.0, solver="highs").fit(inputs, labels)
    np.testing.assert_allclose(found, [exact.intercept_, *exact.coef_], atol=0.05)


def test_fit_level_without_slopes_is_the_plain_quantile():
    labels = np.random.default_rng(0).normal(size=5_000)
    problem = QuantileProblem.of(np.zeros((5_000, 1)), labels, 1.0)
    found = fit_level(problem, 0.9, np.zeros(2))
    assert found[0] == pytest.approx(np.quantile(labels, 0.9), abs=0.02)
    assert found[1] == pytest.approx(0.0, abs=1e-6)


def test_fit_level_with_a_large_penalty_has_no_slopes():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(1_000, 1))
    found = fit_level(QuantileProblem.of(inputs, 3.0 * inputs[:, 0], 1e6), 0.5, np.zeros(2))
    assert abs(found[1]) < 1e-5


def test_quantile_regression_of_a_linear_law_is_nearly_the_truth():
    train, test = law(6_000, spread=0.0), law(3_000, seed=1, spread=0.0)
    model = QuantileRegression(task_of())
    train.fit(model)
    true, found = (
        test.skill(each, train) for each in (test.quantiles, model.predict_quantiles(test.X))
    )
    assert found > 0.9 * true


def test_penalty_is_chosen_on_held_out_sessions():
    """What holds in the sessions learnt from and not afterwards is given hardly any slope."""
    rows = law(3_000, spread=0.0, place=0.0)
    is_early = rows.sessions < 25
    slope = rows.X[:, 0] * np.where(is_early, 0.5, -0.5) * rows.X[:, 2]
    fooled, lasting = QuantileRegression(task_of()), QuantileRegression(task_of())
    replace(rows, y=rows.y + slope).fit(fooled)
    replace(rows, y=rows.y + np.where(is_early, slope, -slope)).fit(lasting)
    found, true = (model.arrays()["slopes"][2, 4] for model in (fooled, lasting))
    assert true == pytest.approx(0.5, abs=0.1)
    assert abs(found) < 0.5 * true
