"""Families made of a scale: their quantiles by hand, and the line of HARX."""

import numpy as np
import pytest

from data.forecast_names import LEVELS, Head
from models.forecast.families import make_model
from models.forecast.harx_fhs import HarxFhs
from tests.helpers.forecast_kit import COLUMNS, CORRECTION, KitRows, kit_rows, kit_task, pinball
from utils.errors import DataError


def _straight_rows(n=401):
    """Return rows of scale 2 whose labels are -1 to 1, evenly."""
    inputs = np.zeros((n, len(COLUMNS)))
    inputs[:, 0], inputs[:, 1] = 2.0, 4.0
    y = np.linspace(-1.0, 1.0, n)
    return KitRows(X=inputs, y=y, realised=np.full(n, 4.0), sessions=np.arange(n) // 50)


@pytest.mark.parametrize(
    ("family", "factor"),
    [("unconditional", 1.0), ("ewma_fhs", 1.5), ("harx_fhs", 1.5), ("garch_fhs", 2.0)],
)
def test_quantiles_are_those_of_training_times_the_scale(family, factor):
    model = _straight_rows().fitted(make_model(kit_task(family)))
    row = _straight_rows().X[:1].copy()
    row[0, 0], row[0, 1] = 3.0, 8.0
    expected = factor * (2.0 * np.array(LEVELS) - 1.0)
    np.testing.assert_allclose(model.predict_quantiles(row)[0], expected, atol=1e-12)


def test_harx_finds_the_correction_of_the_scale():
    model = HarxFhs(kit_task("harx_fhs"))
    kit_rows(6_000).fitted(model)
    rows = np.zeros((2, len(COLUMNS)))
    rows[:, 0] = 1e-3
    rows[1, COLUMNS.index("har_1")] = 1.0
    low, high = model.scales(rows)
    # the ridge takes some 3 % of the slope
    assert np.log(high / low) == pytest.approx(CORRECTION, rel=0.05)


@pytest.mark.parametrize("family", ["unconditional", "ewma_fhs", "harx_fhs", "garch_fhs"])
def test_training_labels_lie_below_each_quantile_as_often_as_it_says(family):
    rows = kit_rows(2_000)
    quantiles = rows.fitted(make_model(kit_task(family))).predict_quantiles(rows.X)
    shares = (rows.y[:, None] <= quantiles).mean(axis=0)
    np.testing.assert_allclose(shares, LEVELS, atol=1e-3)


def test_harx_is_nearly_as_good_as_the_law_itself():
    model = HarxFhs(kit_task("harx_fhs"))
    kit_rows(6_000).fitted(model)
    unseen = kit_rows(6_000, seed=1)
    sigma = unseen.X[:, 0] * np.exp(CORRECTION * unseen.X[:, COLUMNS.index("har_1")])
    true = np.quantile(kit_rows(200_000, seed=5).y / _sigma(kit_rows(200_000, seed=5)), LEVELS)
    oracle = pinball(unseen.y, sigma[:, None] * true)
    assert pinball(unseen.y, model.predict_quantiles(unseen.X)) < 1.01 * oracle


def _sigma(rows):
    return rows.X[:, 0] * np.exp(CORRECTION * rows.X[:, COLUMNS.index("har_1")])


def test_harx_does_not_follow_the_line_beyond_what_it_was_taught():
    model = HarxFhs(kit_task("harx_fhs"))
    rows = kit_rows(3_000)
    rows.fitted(model)
    wild = rows.X[:1].copy()
    wild[0, 2:] = 1e6
    shares = model.scales(rows.X) / rows.X[:, 0]
    assert model.scales(wild)[0] / wild[0, 0] == pytest.approx(shares.max(), rel=1e-12)


def test_family_with_too_few_rows_names_the_bound():
    with pytest.raises(DataError, match=r"horizon 12, head mae needs at least 200 .* had 150"):
        kit_rows(150, head=Head.MAE).fitted(make_model(kit_task("ewma_fhs", Head.MAE)))
