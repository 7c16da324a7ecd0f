"""Learned families on HARX's scale: what they see, and that they begin where HARX stands."""

import numpy as np
import pytest

from models.forecast import learned
from models.forecast.families import FAMILIES
from models.forecast.family import SCALE
from models.forecast.harx_fhs import HarxFhs
from models.forecast.refined_scale import OnRefinedScale
from tests.helpers.forecast_kit import kit_rows, kit_task
from tests.helpers.forecast_laws import Fixed
from utils.errors import ArtifactError


def test_refined_inputs_have_harxs_scale_and_are_else_the_same():
    rows, task = kit_rows(), kit_task("harx_fhs")
    harx, model = HarxFhs(task), OnRefinedScale(task, Fixed(0.0))
    rows.fitted(harx)
    rows.fitted(model)
    refined = model.refined(rows.X)
    np.testing.assert_array_equal(refined[:, SCALE], harx.scales(rows.X))
    np.testing.assert_array_equal(refined[:, 1:], rows.X[:, 1:])
    expected = harx.scales(rows.X)[:, None] * np.arange(9.0)
    np.testing.assert_array_equal(model.predict_quantiles(rows.X), expected)


def test_family_learns_from_the_scale_that_it_forecasts_with():
    class Watcher(Fixed):
        def fit(self, X, y, *, realised, sessions):  # noqa: N803
            self.learnt_from = X

    rows, inner = kit_rows(), Watcher(0.0)
    model = OnRefinedScale(kit_task("harx_fhs"), inner)
    rows.fitted(model)
    np.testing.assert_array_equal(inner.learnt_from, model.refined(rows.X))


def test_refined_scale_passes_labels_on():
    inner = Fixed(0.0)
    OnRefinedScale(kit_task("harx_fhs"), inner).update(0.25)
    assert inner.noted == [0.25]


def test_damaged_line_is_named_in_full():
    task = kit_task("harx_fhs")
    model = OnRefinedScale(task, Fixed(0.0))
    kit_rows().fitted(model)
    damaged = {**model.arrays(), "line.slopes": np.zeros(1)}
    with pytest.raises(ArtifactError, match="`file`: array `line.slopes` must be float64"):
        model.load_arrays(damaged, "file")


def test_members_of_the_ensemble_are_families():
    assert set(learned.MEMBERS) < set(FAMILIES)
    assert all(FAMILIES[name].make is make for name, make in learned.MEMBERS.items())


@pytest.mark.parametrize("module", ["torch", "sklearn", "lightgbm"])
def test_families_are_listed_without_heavy_libraries(module):
    import subprocess
    import sys

    code = f"import sys, models.forecast.families; print({module!r} in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
