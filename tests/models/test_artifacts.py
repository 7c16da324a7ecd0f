"""The model directory: whole, verified from the outside in, and never unpickled."""

import json
import os
import pickle

import pytest
import torch

from config.settings import AgentSettings, EnvSettings
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from models import manifest
from models.artifacts import MANIFEST, WEIGHTS, load_model, save_model
from models.manifest import ModelDescription
from utils.errors import ArtifactError, ConfigError
from utils.files import canonical_json, sha256_of_bytes, sha256_of_file
from utils.provenance import code_provenance, versions

ARRAYS = {"a": torch.tensor([1.0, 2.0]), "b": torch.zeros(2, 2)}


def _description() -> ModelDescription:
    features = FeatureSet(["rsi", "macd"])
    return ModelDescription(
        env_settings=EnvSettings(symbol="MNQ", stop_loss_ticks=None),
        agent_settings=AgentSettings(hidden_size=8, seed=3),
        feature_set=features,
        scaler=Scaler.nominal(features),
        provenance={**code_provenance(), "timesteps": 5},
    )


@pytest.fixture
def saved(tmp_path):
    save_model(tmp_path / "model", _description(), ARRAYS)
    return tmp_path / "model"


def _edit(folder, change, redo_digest: bool = True) -> None:
    """Change the manifest, as a careful forger would (digest made anew) or a careless one."""
    content = json.loads((folder / MANIFEST).read_text())
    change(content)
    if redo_digest:
        del content["digest"]
        content["digest"] = sha256_of_bytes(canonical_json(content).encode())
    (folder / MANIFEST).write_text(json.dumps(content))


def test_save_model_then_load_gives_the_same_description_and_weights(saved):
    description, weights = load_model(saved)
    expected = _description()
    assert description.env_settings == expected.env_settings
    assert description.agent_settings == expected.agent_settings
    assert description.feature_set.hash == expected.feature_set.hash
    assert description.scaler == expected.scaler
    assert description.provenance == expected.provenance
    assert all(torch.equal(weights[name], array) for name, array in ARRAYS.items())
    assert set(weights) == set(ARRAYS)


def test_save_model_directory_holds_two_files_and_equal_models_equal_bytes(saved, tmp_path):
    save_model(tmp_path / "again", _description(), ARRAYS)
    assert sorted(os.listdir(saved)) == [MANIFEST, WEIGHTS]
    for name in (MANIFEST, WEIGHTS):
        assert sha256_of_file(saved / name) == sha256_of_file(tmp_path / "again" / name)


def test_save_model_over_another_is_refused_and_leaves_it(saved):
    before = sha256_of_file(saved / MANIFEST)
    with pytest.raises(ConfigError, match="already exists and is not empty"):
        save_model(saved, _description(), {"a": torch.ones(1)})
    assert sha256_of_file(saved / MANIFEST) == before


def test_save_model_nan_weight_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ArtifactError, match="not saved: weight `a` holds NaN"):
        save_model(tmp_path / "model", _description(), {"a": torch.tensor([float("nan")])})
    assert list(tmp_path.iterdir()) == []


def test_load_model_missing_directory_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="no model directory `.*nowhere`; train one"):
        load_model(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS])
def test_load_model_missing_file_is_refused(saved, name):
    (saved / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name}` is missing; re-copy"):
        load_model(saved)


@pytest.mark.parametrize("position", [0, 40, -1])
def test_load_model_flipped_byte_in_the_weights_is_refused(saved, position):
    content = bytearray((saved / WEIGHTS).read_bytes())
    content[position] ^= 1
    (saved / WEIGHTS).write_bytes(content)
    with pytest.raises(
        ArtifactError, match=r"was changed or damaged: SHA-256 must be \w{12}, found"
    ):
        load_model(saved)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff\xfe", b'{"format_version": NaN}', b"[" * 99_999]
)
def test_load_model_manifest_that_is_no_json_is_refused(saved, text):
    (saved / MANIFEST).write_bytes(text)
    with pytest.raises(ArtifactError, match=r"manifest.json` is not valid JSON"):
        load_model(saved)


@pytest.mark.parametrize("text", ["[]", "{}", "7"])
def test_load_model_foreign_json_is_refused(saved, text):
    (saved / MANIFEST).write_text(text)
    with pytest.raises(ArtifactError, match="is not the manifest of a FuturesGym model"):
        load_model(saved)


def test_load_model_edited_manifest_is_refused(saved):
    _edit(saved, lambda content: content["env_settings"].update(max_position=9), redo_digest=False)
    with pytest.raises(ArtifactError, match="was edited or damaged: its digest says"):
        load_model(saved)


def test_load_model_other_format_version_is_refused(saved):
    _edit(saved, lambda content: content.update(format_version=99))
    with pytest.raises(ArtifactError, match="`format_version` must be 1, found 99"):
        load_model(saved)


def test_load_model_unknown_key_is_refused(saved):
    _edit(saved, lambda content: content.update(pickle="gASV"))
    with pytest.raises(ArtifactError, match="key `pickle` is not known"):
        load_model(saved)


@pytest.mark.parametrize("name", ["torch", "stable_baselines3", "futuresgym"])
def test_load_model_of_other_library_version_is_refused(saved, name):
    _edit(saved, lambda content: content["provenance"]["versions"].update({name: "1.2.3"}))
    with pytest.raises(
        ArtifactError, match=f"trained with {name} 1.2.3, here is .*install {name} 1.2 "
    ):
        load_model(saved)


def test_load_model_of_another_patch_release_is_accepted(saved, monkeypatch):
    here = {**versions(), "torch": "2.13.9+cpu"}
    _edit(saved, lambda content: content["provenance"]["versions"].update(torch="2.13.0"))
    monkeypatch.setattr(manifest, "versions", lambda: here)
    load_model(saved)


def test_load_model_of_another_feature_version_is_refused(saved):
    def change(content) -> None:
        content["feature_set"]["features"][0]["version"] += 1

    _edit(saved, change)
    with pytest.raises(ArtifactError, match="feature `rsi` has changed"):
        load_model(saved)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("env_settings", {"symbol": "ZZZ"}, "unknown symbol `ZZZ`"),
        (
            "agent_settings",
            {"hidden_size": 0},
            "`hidden_size` .* greater than or equal to 1, was 0",
        ),
        ("agent_settings", {"surprise": 1}, "unknown setting `surprise`"),
        ("scaler", {"spread": [1.0]}, "one centre and one spread per column"),
    ],
)
def test_load_model_part_that_cannot_be_rebuilt_is_refused(saved, part, value, message):
    _edit(saved, lambda content: content[part].update(value))
    with pytest.raises(ArtifactError, match=rf"manifest.json`: .*{message}"):
        load_model(saved)


@pytest.mark.parametrize("part", ["env_settings", "scaler", "feature_set", "provenance", "files"])
def test_load_model_part_of_another_type_is_refused_in_one_line(saved, part):
    _edit(saved, lambda content: content.update({part: 5}))
    with pytest.raises(ArtifactError) as caught:
        load_model(saved)
    assert "\n" not in str(caught.value)


def test_load_model_weights_that_are_no_safetensors_are_refused(saved):
    (saved / WEIGHTS).write_bytes(b"not tensors")
    digest = sha256_of_bytes(b"not tensors")
    _edit(saved, lambda content: content.update(files={WEIGHTS: digest}))
    with pytest.raises(ArtifactError, match="is not a safetensors file"):
        load_model(saved)


class _Bomb:
    """Unpickling this makes a directory, so that the test sees whether anybody did."""

    def __init__(self, target: str):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("name", ["policy.pkl", "policy.pth", "data.pkl"])
def test_load_model_stranger_in_the_directory_is_refused_unopened(saved, tmp_path, name):
    (saved / name).write_bytes(pickle.dumps(_Bomb(str(tmp_path / "exploded"))))
    with pytest.raises(ArtifactError, match=f"holds `{name}`, which its manifest does not list"):
        load_model(saved)
    assert not (tmp_path / "exploded").exists()


def test_load_model_pickle_in_place_of_the_weights_is_never_unpickled(saved, tmp_path):
    bomb = pickle.dumps(_Bomb(str(tmp_path / "exploded")))
    (saved / WEIGHTS).write_bytes(bomb)
    _edit(saved, lambda content: content.update(files={WEIGHTS: sha256_of_bytes(bomb)}))
    with pytest.raises(ArtifactError, match="is not a safetensors file"):
        load_model(saved)
    assert not (tmp_path / "exploded").exists()


def test_load_model_second_file_in_the_manifest_is_refused(saved):
    (saved / "extra.pkl").write_bytes(b"x")
    _edit(saved, lambda content: content["files"].update({"extra.pkl": sha256_of_bytes(b"x")}))
    with pytest.raises(ArtifactError, match="`files` must list exactly `policy.safetensors`"):
        load_model(saved)


def test_load_model_hidden_file_of_the_system_is_left_alone(saved):
    (saved / ".DS_Store").write_bytes(b"x")
    load_model(saved)
