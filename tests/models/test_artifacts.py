"""The model directory: whole, verified from the outside in, and never unpickled."""

import errno
import os
import pickle
import sys
from pathlib import Path

import pytest
import torch

from models.artifacts import CARD, MANIFEST, WEIGHTS, load_model, save_model
from tests.helpers.model_files import ARRAYS, edit_manifest, model_description
from utils.errors import ArtifactError, ConfigError
from utils.files import sha256_of_bytes, sha256_of_file


def test_save_model_then_load_gives_the_same_description_and_weights(saved):
    description, weights = load_model(saved)
    expected = model_description()
    assert description.env_settings == expected.env_settings
    assert description.agent_settings == expected.agent_settings
    assert description.feature_set.hash == expected.feature_set.hash
    assert description.scaler == expected.scaler
    assert description.provenance == expected.provenance
    assert all(torch.equal(weights[name], array) for name, array in ARRAYS.items())
    assert set(weights) == set(ARRAYS)


def test_save_model_directory_holds_three_files_and_equal_models_equal_bytes(saved, tmp_path):
    save_model(tmp_path / "again", model_description(), ARRAYS)
    assert sorted(os.listdir(saved)) == [CARD, MANIFEST, WEIGHTS]
    for name in (CARD, MANIFEST, WEIGHTS):
        assert sha256_of_file(saved / name) == sha256_of_file(tmp_path / "again" / name)


def test_save_model_over_another_is_refused_and_leaves_it(saved):
    before = sha256_of_file(saved / MANIFEST)
    with pytest.raises(ConfigError, match="already exists and is not empty"):
        save_model(saved, model_description(), {"a": torch.ones(1)})
    assert sha256_of_file(saved / MANIFEST) == before


def test_save_model_nan_weight_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ArtifactError, match="not saved: weight `a` holds NaN"):
        save_model(tmp_path / "model", model_description(), {"a": torch.tensor([float("nan")])})
    assert list(tmp_path.iterdir()) == []


def test_load_model_missing_directory_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="no model directory `.*nowhere`; train one"):
        load_model(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS, CARD])
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


@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS, CARD])
def test_load_model_link_in_place_of_a_file_is_refused(saved, tmp_path, name):
    (saved / name).rename(tmp_path / "elsewhere")
    (saved / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match=f"{name}` must be a regular file, not a link"):
        load_model(saved)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS, CARD])
def test_load_model_pipe_in_place_of_a_file_is_refused_unopened(saved, name):
    (saved / name).unlink()
    os.mkfifo(saved / name)
    with pytest.raises(ArtifactError, match=f"{name}` must be a regular file"):
        load_model(saved)


@pytest.mark.parametrize(("name", "bound"), [(MANIFEST, 2**24), (WEIGHTS, 2**30), (CARD, 2**24)])
def test_load_model_oversized_file_is_refused_unread(saved, name, bound):
    os.truncate(saved / name, bound + 1)
    with pytest.raises(
        ArtifactError, match=rf"{name}` must be at most {bound:,} bytes, had {bound + 1:,}"
    ):
        load_model(saved)


def test_load_model_weights_that_are_no_safetensors_are_refused(saved):
    (saved / WEIGHTS).write_bytes(b"not tensors")
    digest = sha256_of_bytes(b"not tensors")
    edit_manifest(saved, lambda content: content["files"].update({WEIGHTS: digest}))
    with pytest.raises(ArtifactError, match="is not a safetensors file"):
        load_model(saved)


class _Bomb:
    """Unpickling this makes a directory, so that the test sees whether anybody did."""

    def __init__(self, target: str):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("name", ["policy.pkl", "policy.pth", "data.pkl", "weights.pt"])
def test_load_model_stranger_in_the_directory_is_refused_unopened(saved, tmp_path, name):
    (saved / name).write_bytes(pickle.dumps(_Bomb(str(tmp_path / "exploded"))))
    with pytest.raises(ArtifactError, match=f"holds `{name}`, which its manifest does not list"):
        load_model(saved)
    assert not (tmp_path / "exploded").exists()


def test_load_model_pickle_in_place_of_the_weights_is_never_unpickled(saved, tmp_path):
    bomb = pickle.dumps(_Bomb(str(tmp_path / "exploded")))
    (saved / WEIGHTS).write_bytes(bomb)
    digest = sha256_of_bytes(bomb)
    edit_manifest(saved, lambda content: content["files"].update({WEIGHTS: digest}))
    with pytest.raises(ArtifactError, match="is not a safetensors file"):
        load_model(saved)
    assert not (tmp_path / "exploded").exists()


def test_load_model_second_file_in_the_manifest_is_refused(saved):
    (saved / "extra.pkl").write_bytes(b"x")
    edit_manifest(
        saved, lambda content: content["files"].update({"extra.pkl": sha256_of_bytes(b"x")})
    )
    with pytest.raises(
        ArtifactError, match="`files` must list exactly `policy.safetensors` and `card.md`"
    ):
        load_model(saved)


def test_load_model_hidden_file_of_the_system_is_left_alone(saved):
    (saved / ".DS_Store").write_bytes(b"x")
    load_model(saved)


def test_load_model_of_before_there_were_cards_is_loaded(saved):
    (saved / CARD).unlink()
    edit_manifest(saved, lambda content: content["files"].pop(CARD))
    assert set(load_model(saved)[1]) == set(ARRAYS)


def test_load_model_edited_card_is_refused(saved):
    (saved / CARD).write_text((saved / CARD).read_text().replace("MNQ", "ES"))
    with pytest.raises(ArtifactError, match=r"card.md` was changed or damaged: SHA-256 must be"):
        load_model(saved)


def test_load_model_card_that_the_manifest_does_not_list_is_refused(saved):
    edit_manifest(saved, lambda content: content["files"].pop(CARD))
    with pytest.raises(ArtifactError, match="holds `card.md`, which its manifest does not list"):
        load_model(saved)


def test_save_model_on_a_full_disk_leaves_nothing_half_written(saved, tmp_path, monkeypatch):
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = {name: sha256_of_file(saved / name) for name in os.listdir(saved)}
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ConfigError, match="cannot write `.*other`: No space left on device"):
        save_model(tmp_path / "other", model_description(), ARRAYS)
    assert os.listdir(tmp_path) == ["model"]
    assert {name: sha256_of_file(saved / name) for name in os.listdir(saved)} == before
