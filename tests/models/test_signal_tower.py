"""The supervised tower: what it finds, how it is kept, and that others can start from it."""

import numpy as np
import pytest
import torch

from config.settings import AgentSettings
from env.action_modes import ACTION_MODES
from env.observation import observation_space
from models.actor_critic import build_network
from models.networks import EXTRACTORS
from models.signal_tower import fit_tower, fresh_tower
from tests.helpers.signals import DP, LOOKBACK, linear_task, random_features

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = DP.model_copy(update={"learning_rate": 3e-2, "weight_decay": 0.0})


@pytest.fixture(scope="module")
def fitted(one_thread):
    torch.manual_seed(0)
    return fit_tower(linear_task(), QUICK)


def test_fit_tower_forecasts_what_it_has_not_seen(fitted):
    unseen = linear_task(seed=9)
    found = fitted.predictor.signals(unseen.features)
    assert np.corrcoef(found, unseen.features[LOOKBACK - 1 :, 0])[0, 1] > 0.9
    assert np.std(found) == pytest.approx(2.0, rel=0.3)


def test_fit_tower_held_out_forecasts_cover_all_windows(fitted):
    task = linear_task()
    known = task.has_label
    assert np.isfinite(fitted.held_out).all()
    assert np.corrcoef(fitted.held_out[known], task.moves[known])[0, 1] > 0.7


@pytest.mark.conformance
@pytest.mark.parametrize("name", sorted(EXTRACTORS))
def test_supervised_tower_learns_with_every_extractor_and_fits_an_agents_network(name):
    settings = QUICK.model_copy(update={"feature_extractor": name})
    torch.manual_seed(0)
    tower = fit_tower(linear_task(noise=0.1), settings).predictor.tower
    windows = torch.from_numpy(np.stack([random_features(LOOKBACK, seed=n) for n in range(64)]))
    tower.train(False)
    with torch.no_grad():
        found = tower(windows)
    assert np.corrcoef(found.numpy(), windows[:, -1, 0].numpy())[0, 1] > 0.8
    agent = AgentSettings(feature_extractor=name, hidden_size=8)
    space = observation_space(LOOKBACK, 3)
    network = build_network(agent, space, ACTION_MODES["discrete"].space(1))
    network.features_extractor.load_state_dict(tower.extractor.state_dict())


def test_tower_weights_come_back(fitted):
    again = fresh_tower(QUICK, LOOKBACK, 3)
    features = random_features(200)
    assert not again.signals(features).any()
    again.load_weights(fitted.predictor.weights(), "file")
    np.testing.assert_array_equal(again.signals(features), fitted.predictor.signals(features))


def test_tower_learns_the_same_from_the_same_random_stream():
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(fit_tower(linear_task(400), QUICK).predictor.tower.state_dict())
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
