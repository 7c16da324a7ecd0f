"""The network built from settings alone: shared tower, strict weights, device."""

import pytest
import torch
from gymnasium import spaces

from config.settings import AgentSettings
from models.actor_critic import build_network, load_weights, resolve_device, weights_of
from models.inference import most_probable_action, sampled_action
from models.networks import EXTRACTORS
from tests.helpers.agents import observation, small_space
from utils.errors import ArtifactError, ConfigError, DataError

SETTINGS = AgentSettings(hidden_size=8)


def _network(seed: int = 0, settings: AgentSettings = SETTINGS):
    torch.manual_seed(seed)
    return build_network(settings, small_space(), spaces.Discrete(4))


def test_build_network_unknown_extractor_names_the_nearest():
    with pytest.raises(ConfigError, match="unknown feature extractor `lstn`: did you mean `lstm`"):
        _network(settings=AgentSettings(feature_extractor="lstn"))


def test_weights_of_lists_the_shared_tower_once():
    names = weights_of(_network())
    assert [name for name in names if name.endswith("tower.weight_hh_l0")] == [
        "features_extractor.tower.weight_hh_l0"
    ]


@pytest.mark.parametrize("extractor", sorted(EXTRACTORS))
def test_load_weights_makes_another_network_predict_alike(extractor):
    settings = AgentSettings(hidden_size=8, feature_extractor=extractor)
    source, target = _network(1, settings), _network(2, settings)
    load_weights(target, weights_of(source), "w")
    batch = {key: torch.as_tensor(value[None]) for key, value in observation().items()}
    with torch.no_grad():
        assert torch.equal(
            source(batch, deterministic=True)[2], target(batch, deterministic=True)[2]
        )


def test_load_weights_missing_weight_is_refused():
    weights = weights_of(_network())
    del weights["action_net.bias"]
    with pytest.raises(ArtifactError, match="`w`: weight `action_net.bias` is missing"):
        load_weights(_network(), weights, "w")


def test_load_weights_unknown_weight_is_refused():
    weights = {**weights_of(_network()), "action_net.extra": torch.zeros(1)}
    with pytest.raises(ArtifactError, match=r"`action_net.extra` is not part of this network"):
        load_weights(_network(), weights, "w")


def test_load_weights_other_shape_is_refused():
    weights = {**weights_of(_network()), "action_net.bias": torch.zeros(5)}
    with pytest.raises(ArtifactError, match=r"must be float32 \(4,\), found float32 \(5,\)"):
        load_weights(_network(), weights, "w")


def test_load_weights_other_type_is_refused():
    weights = {**weights_of(_network()), "action_net.bias": torch.zeros(4, dtype=torch.float64)}
    with pytest.raises(ArtifactError, match=r"must be float32 \(4,\), found float64 \(4,\)"):
        load_weights(_network(), weights, "w")


def test_load_weights_nan_is_refused_and_changes_nothing():
    network = _network(1)
    before = weights_of(network)
    weights = {**weights_of(_network(2)), "action_net.bias": torch.full((4,), float("nan"))}
    with pytest.raises(ArtifactError, match="`action_net.bias` holds NaN or infinity"):
        load_weights(network, weights, "w")
    assert all(torch.equal(before[name], now) for name, now in weights_of(network).items())


def test_resolve_device_cuda_without_a_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="`device` is `cuda`, but torch finds no usable GPU"):
        resolve_device("cuda")
    assert resolve_device("auto") == torch.device("cpu")


def test_resolve_device_auto_takes_the_gpu_and_cpu_does_not(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda")
    assert resolve_device("cpu") == torch.device("cpu")


def test_most_probable_action_follows_the_logits():
    network = _network()
    with torch.no_grad():
        network.action_net.weight.zero_()
        network.action_net.bias.copy_(torch.tensor([0.0, 0.0, 9.0, 0.0]))
    assert most_probable_action(network, observation()) == 2


def test_sampled_action_draws_every_action_when_all_are_equally_likely():
    network = _network()
    with torch.no_grad():
        network.action_net.weight.zero_()
        network.action_net.bias.zero_()
    torch.manual_seed(0)
    assert {sampled_action(network, observation()) for _ in range(60)} == {0, 1, 2, 3}


def test_most_probable_action_other_keys_are_refused():
    with pytest.raises(
        ConfigError, match=r"must have the keys \['market_features', 'position_info'\]"
    ):
        most_probable_action(_network(), {"market_features": observation()["market_features"]})


def test_most_probable_action_other_shape_is_refused():
    wrong = {**observation(), "position_info": observation()["position_info"][:3]}
    with pytest.raises(ConfigError, match=r"`position_info` .* shape \(4,\), had \(3,\)"):
        most_probable_action(_network(), wrong)


def test_most_probable_action_nan_is_refused():
    wrong = observation()
    wrong["market_features"][0, 0] = float("nan")
    with pytest.raises(DataError, match="`market_features` of the observation holds NaN"):
        most_probable_action(_network(), wrong)
