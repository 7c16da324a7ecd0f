"""The ensemble: means of quantiles, weights that find the better member, and agreement."""

import numpy as np
import pytest

from data.forecast_names import LEVELS
from models.forecast.ensemble import Ensemble
from models.forecast.ensemble_weights import best_weights
from models.forecast.quantile_regression import QuantileRegression
from tests.helpers.forecast_laws import Fixed, law, task_of
from utils.errors import ArtifactError


def of_two(low=-1.0, high=1.0):
    """Return an ensemble of two members that say the same of every row, shifted."""
    makers = {"low": lambda task: Fixed(low), "high": lambda task: Fixed(high)}
    return Ensemble(task_of(), makers)


def test_ensemble_that_has_learnt_nothing_is_the_plain_mean():
    rows = law(10)
    expected = rows.X[:, :1] * np.arange(9.0)
    np.testing.assert_allclose(of_two().predict_quantiles(rows.X), expected)


def test_best_weights_go_to_the_better_member_and_add_up_to_one():
    random = np.random.default_rng(0)
    labels = random.normal(size=4_000)
    good = np.tile(np.quantile(labels, LEVELS), (4_000, 1))
    weights = best_weights(np.stack([good, 3.0 * good]), labels)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] > 0.95
    assert (weights >= 0.0).all()


def test_best_weights_of_members_alike_are_equal():
    said = np.random.default_rng(0).normal(size=(500, 9)).cumsum(axis=1)
    weights = best_weights(np.stack([said, said, said]), np.zeros(500))
    np.testing.assert_allclose(weights, 1.0 / 3.0)


def test_best_weights_of_members_that_lose_nothing_are_equal():
    weights = best_weights(np.zeros((2, 50, 9)), np.zeros(50))
    assert weights.tolist() == [0.5, 0.5]


def test_best_weights_mix_members_that_miss_on_either_side():
    """Labels are at 4, the middle quantile of neither: shifts of -1 and 3 want weights 3 to 1."""
    labels = np.random.default_rng(0).normal(4.0, 2.0, size=3_000)
    quantiles = np.tile(np.quantile(labels, LEVELS), (3_000, 1))
    weights = best_weights(np.stack([quantiles - 1.0, quantiles + 3.0]), labels)
    assert weights[0] == pytest.approx(0.75, abs=0.03)


class Memory(Fixed):
    """A model that knows the labels it has learnt from, and is far off elsewhere."""

    def __init__(self):
        super().__init__(20.0)
        self._known = {}

    def fit(self, X, y, *, realised, sessions):  # noqa: N803
        """Keep each row's label."""
        self._known = {row.tobytes(): label for row, label in zip(X, y, strict=True)}

    def predict_quantiles(self, X):  # noqa: N803
        """Return the label itself at all levels, or what is far from all."""
        far = super().predict_quantiles(X)
        known = [self._known.get(row.tobytes()) for row in X]
        return np.array(
            [
                other if label is None else np.full(9, label)
                for label, other in zip(known, far, strict=True)
            ]
        )


def test_weights_are_of_sessions_that_members_had_not_learnt_from():
    """Of what it has learnt the memory says the label itself; weighed by that it would be all."""
    rows = law(1_000, place=0.0)
    makers = {"memory": lambda task: Memory(), "plain": lambda task: Fixed(-4.0)}
    model = Ensemble(task_of(), makers)
    rows.fit(model)
    assert model.arrays()["weights"][0] < 0.01
    assert (model._members["memory"].predict_quantiles(rows.X)[:, 4] == rows.y).all()


def test_confidence_is_one_where_members_agree_and_falls_with_what_parts_them():
    """Quantiles of 0 to 8 have 6 between .05 and .95; members are 1 and 3 from their mean."""
    rows = law(5)
    assert of_two(0.0, 0.0).confidence(rows.X).tolist() == pytest.approx([1.0] * 5)
    assert of_two(-1.0, 1.0).confidence(rows.X).tolist() == pytest.approx([6.0 / 7.0] * 5)
    assert of_two(-3.0, 3.0).confidence(rows.X).tolist() == pytest.approx([6.0 / 9.0] * 5)


def test_ensemble_passes_labels_on():
    ensemble = of_two()
    ensemble.update(0.5)
    assert [member.noted for member in ensemble._members.values()] == [[0.5], [0.5]]


@pytest.mark.parametrize("weights", [[0.7, 0.7], [1.5, -0.5]])
def test_ensemble_refuses_weights_that_are_no_shares(weights):
    with pytest.raises(ArtifactError, match="array `weights` must be >= 0 and add up to 1"):
        of_two().load_arrays({"weights": np.array(weights)}, "file")


def test_ensemble_names_the_member_whose_array_does_not_fit():
    model = Ensemble(task_of(), {"one": QuantileRegression, "two": QuantileRegression})
    law(600).fit(model)
    arrays = {**model.arrays(), "two.slopes": np.zeros(3)}
    with pytest.raises(ArtifactError, match="`file`: array `two.slopes` must be"):
        model.load_arrays(arrays, "file")
