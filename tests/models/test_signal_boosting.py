"""Boosted trees: what they find, that they repeat themselves, and how they are kept."""

import numpy as np
import pytest
import torch

from models.signal_boosting import fit_boosting, fresh_boosting
from models.signal_task import SignalTask
from tests.helpers.signals import DP, LOOKBACK, linear_task, random_features
from utils.errors import ArtifactError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def fitted(one_thread):
    return fit_boosting(linear_task(), DP)


def test_fit_boosting_forecasts_what_it_has_not_seen(fitted):
    unseen = linear_task(seed=9)
    found = fitted.predictor.signals(unseen.features)
    assert np.corrcoef(found, unseen.features[LOOKBACK - 1 :, 0])[0, 1] > 0.9


def test_fit_boosting_held_out_forecasts_cover_all_windows(fitted):
    task = linear_task()
    known = task.has_label
    assert np.isfinite(fitted.held_out).all()
    assert np.corrcoef(fitted.held_out[known], task.moves[known])[0, 1] > 0.7


def test_fit_boosting_of_noise_is_worth_nothing_where_it_is_held_out():
    noise = np.random.default_rng(5).normal(size=1_489)
    task = SignalTask(features=random_features(1_500), moves=noise, lookback=LOOKBACK)
    assert np.corrcoef(fit_boosting(task, DP).held_out, noise)[0, 1] < 0.05


def test_fit_boosting_repeats_itself_and_follows_its_seed(fitted):
    again = fit_boosting(linear_task(), DP).predictor.weights()["model"]
    other = fit_boosting(linear_task(), DP.model_copy(update={"seed": 1})).predictor
    assert torch.equal(again, fitted.predictor.weights()["model"])
    assert not torch.equal(again, other.weights()["model"])


def test_boosted_model_comes_back_from_its_bytes(fitted):
    weights = fitted.predictor.weights()
    assert weights["model"].dtype == torch.uint8
    again = fresh_boosting(DP, LOOKBACK, 3)
    features = random_features(100)
    assert not again.signals(features).any()
    again.load_weights(weights, "file")
    np.testing.assert_array_equal(again.signals(features), fitted.predictor.signals(features))
    assert torch.equal(again.weights()["model"], weights["model"])


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        (torch.tensor(list(b"tree\nnot a model"), dtype=torch.uint8), "is no LightGBM model"),
        (torch.tensor([255, 254], dtype=torch.uint8), "is no LightGBM model"),
        (torch.zeros(3), "must be a row of bytes"),
        (torch.zeros((2, 2), dtype=torch.uint8), "must be a row of bytes"),
    ],
)
def test_boosted_model_that_is_none_is_refused(model, problem):
    fresh = fresh_boosting(DP, LOOKBACK, 3)
    with pytest.raises(ArtifactError, match=f"`file`: weight `model` {problem}; re-train"):
        fresh.load_weights({"model": model}, "file")
    assert not fresh.signals(random_features(30)).any()


def test_boosted_model_of_other_features_is_refused(fitted):
    wide = fresh_boosting(DP, LOOKBACK, 4)
    with pytest.raises(ArtifactError, match="must be a model of 20 inputs, found 15"):
        wide.load_weights(fitted.predictor.weights(), "file")
