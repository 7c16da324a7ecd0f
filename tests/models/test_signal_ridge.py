"""Ridge regression from sums: against the textbook's formula, and what is held out."""

import numpy as np
import pytest
import torch

from models.signal_inputs import input_blocks, n_inputs
from models.signal_ridge import PENALTIES, fit_ridge, fresh_ridge
from models.signal_task import SignalTask, held_out_folds
from tests.helpers.signals import DP, LOOKBACK, linear_task, random_features
from utils.errors import ArtifactError

pytestmark = pytest.mark.usefixtures("one_thread")


def _inputs(task):
    return np.concatenate([inputs for _, inputs in input_blocks(task.features, task.lookback)])


def _textbook(inputs, moves, penalty):
    """Return forecasts of `inputs` by ridge regression on standardised inputs, solved directly."""
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    rows = (inputs - centre) / spread
    system = rows.T @ rows / len(rows) + penalty * np.eye(rows.shape[1])
    slopes = np.linalg.solve(system, rows.T @ (moves - moves.mean()) / len(rows))
    return lambda values: (values - centre) / spread @ slopes + moves.mean()


def test_fit_ridge_is_the_textbooks_for_one_of_the_penalties():
    task = linear_task()
    found = fit_ridge(task, DP).predictor.signals(task.features)
    inputs, known = _inputs(task), task.has_label
    direct = [_textbook(inputs[known], task.moves[known], each)(inputs) for each in PENALTIES]
    distances = [np.abs(found - forecasts).max() for forecasts in direct]
    assert min(distances) < 1e-9


def test_fit_ridge_holds_a_block_out_with_its_gap():
    task = linear_task()
    held_out = fit_ridge(task, DP).held_out
    fold = held_out_folds(len(task.moves), LOOKBACK)[2]
    is_learnt = task.has_label.copy()
    is_learnt[fold.gap_start : fold.gap_stop] = False
    inputs = _inputs(task)
    block = slice(fold.start, fold.stop)
    direct = [
        _textbook(inputs[is_learnt], task.moves[is_learnt], each)(inputs[block])
        for each in PENALTIES
    ]
    assert min(np.abs(held_out[block] - forecasts).max() for forecasts in direct) < 1e-9


def test_fit_ridge_finds_the_slope_and_forecasts_what_it_has_not_seen():
    fitted = fit_ridge(linear_task(), DP)
    unseen = linear_task(seed=9)
    found = fitted.predictor.signals(unseen.features)
    assert np.corrcoef(found, unseen.features[LOOKBACK - 1 :, 0])[0, 1] > 0.99
    assert np.std(found) == pytest.approx(2.0, rel=0.1)


def test_fit_ridge_held_out_forecasts_of_noise_are_worth_nothing():
    task = linear_task(noise=1.0)
    noise = np.random.default_rng(5).normal(size=len(task.moves))
    pure = SignalTask(features=task.features, moves=noise, lookback=LOOKBACK)
    fitted = fit_ridge(pure, DP)
    assert np.corrcoef(fitted.predictor.signals(pure.features), noise)[0, 1] > 0.0
    assert np.corrcoef(fitted.held_out, noise)[0, 1] < 0.05


def test_fit_ridge_leaves_a_constant_feature_out():
    task = linear_task()
    features = np.column_stack([task.features, np.full(len(task.features), 0.1)])
    wide = SignalTask(
        features=features.astype(np.float32), moves=task.moves, lookback=task.lookback
    )
    found = fit_ridge(wide, DP).predictor.signals(wide.features)
    np.testing.assert_allclose(found, fit_ridge(task, DP).predictor.signals(task.features))


def test_ridge_weights_come_back_and_strange_ones_are_refused():
    task = linear_task()
    fitted = fit_ridge(task, DP).predictor
    again = fresh_ridge(DP, LOOKBACK, 3)
    assert not again.signals(random_features(30)).any()
    weights = fitted.weights()
    again.load_weights(weights, "file")
    np.testing.assert_array_equal(again.signals(task.features), fitted.signals(task.features))
    short = weights | {"coefficients": torch.zeros(4, dtype=torch.float64)}
    with pytest.raises(ArtifactError, match=rf"must be float64 \({n_inputs(LOOKBACK, 3)},\)"):
        again.load_weights(short, "file")
    with pytest.raises(ArtifactError, match="`intercept` is missing"):
        again.load_weights({"coefficients": weights["coefficients"]}, "file")
    broken = weights | {"intercept": torch.tensor([float("nan")], dtype=torch.float64)}
    with pytest.raises(ArtifactError, match="`intercept` holds NaN"):
        again.load_weights(broken, "file")
