"""The manifest: read from the outside in, refused at the first thing wrong."""

import pytest

from models import sealed_manifest
from models.artifacts import MANIFEST, load_model
from tests.helpers.model_files import edit_manifest
from utils.errors import ArtifactError
from utils.provenance import versions


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
    edit_manifest(
        saved, lambda content: content["env_settings"].update(max_position=9), redo_digest=False
    )
    with pytest.raises(ArtifactError, match="was edited or damaged: its digest says"):
        load_model(saved)


def test_load_model_other_format_version_is_refused(saved):
    edit_manifest(saved, lambda content: content.update(format_version=99))
    with pytest.raises(ArtifactError, match="`format_version` must be 1, found 99"):
        load_model(saved)


@pytest.mark.parametrize("version", [True, 1.0, "1"])
def test_load_model_format_version_that_is_no_integer_is_refused(saved, version):
    edit_manifest(saved, lambda content: content.update(format_version=version))
    with pytest.raises(ArtifactError, match=f"must be 1, found {version!r}"):
        load_model(saved)


def test_load_model_repeated_key_is_refused(saved):
    text = (saved / MANIFEST).read_text()
    (saved / MANIFEST).write_text(text.replace('"seed": 3', '"seed": 4, "seed": 3'))
    with pytest.raises(ArtifactError, match="is not valid JSON .key 'seed' appears twice"):
        load_model(saved)


def test_load_model_number_too_large_for_a_float_is_refused(saved):
    text = (saved / MANIFEST).read_text()
    (saved / MANIFEST).write_text(text.replace('"timesteps": 5', '"timesteps": 1e999'))
    with pytest.raises(ArtifactError, match="is not valid JSON .1e999 is too large"):
        load_model(saved)


@pytest.mark.parametrize("depth", [300, 600, 900])
def test_load_model_deeply_nested_manifest_is_refused_in_one_line(saved, depth):
    text = (saved / MANIFEST).read_text()
    nest = "[" * depth + "]" * depth
    (saved / MANIFEST).write_text(text.replace('"timesteps": 5', f'"timesteps": {nest}'))
    with pytest.raises(ArtifactError) as caught:
        load_model(saved)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stamps", "message"),
    [
        ({"bar_seconds": None}, "`bar_seconds` must be a whole number >= 1, was None"),
        ({"bar_seconds": 0}, "`bar_seconds` must be a whole number >= 1, was 0"),
        ({"bar_seconds": 300.0}, "`bar_seconds` must be a whole number >= 1, was 300.0"),
        ({"training_first": None}, "`training_first` must be a stamp in ISO format, was None"),
        ({"training_last": 5}, "`training_last` must be a stamp in ISO format, was 5"),
        ({"training_last": "today"}, "`training_last` must be a stamp in ISO format, was 'today'"),
        ({"training_first": "2024-03-04T00:00:00"}, "`training_first` must have a zone"),
        (
            {"training_first": "2025-01-01T00:00:00Z"},
            r"`training_first` must be <= `training_last` \(2024-03-05T00:00:00\+00:00\), was 2025",
        ),
    ],
)
def test_load_model_without_the_bars_of_its_training_is_refused(saved, stamps, message):
    edit_manifest(saved, lambda content: content["provenance"].update(stamps))
    with pytest.raises(ArtifactError, match=rf"manifest.json`: {message}"):
        load_model(saved)


def test_load_model_unknown_key_is_refused(saved):
    edit_manifest(saved, lambda content: content.update(pickle="gASV"))
    with pytest.raises(ArtifactError, match="key `pickle` is not known"):
        load_model(saved)


@pytest.mark.parametrize("name", ["torch", "stable_baselines3", "futuresgym"])
def test_load_model_of_other_library_version_is_refused(saved, name):
    edit_manifest(saved, lambda content: content["provenance"]["versions"].update({name: "1.2.3"}))
    with pytest.raises(
        ArtifactError, match=f"trained with {name} 1.2.3, here is .*install {name} 1.2 "
    ):
        load_model(saved)


def test_load_model_of_another_patch_release_is_accepted(saved, monkeypatch):
    here = {**versions(), "torch": "2.13.9+cpu"}
    edit_manifest(saved, lambda content: content["provenance"]["versions"].update(torch="2.13.0"))
    monkeypatch.setattr(sealed_manifest, "versions", lambda: here)
    load_model(saved)


def test_load_model_of_another_feature_version_is_refused(saved):
    def change(content) -> None:
        content["feature_set"]["features"][0]["version"] += 1

    edit_manifest(saved, change)
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
        ("agent_settings", {"hidden_size": 10**6}, "`hidden_size` .* equal to 4096, was 1000000"),
        ("agent_settings", {"learning_rate": 10**400}, "`learning_rate`"),
        ("agent_settings", {"surprise": 1}, "unknown setting `surprise`"),
        ("agent_settings", {"algorithm": "DQN"}, "unknown algorithm `DQN`"),
        ("agent_settings", {"feature_extractor": "cnn"}, "unknown feature extractor `cnn`"),
        ("env_settings", {"reward": "luck"}, "unknown reward `luck`"),
        ("env_settings", {"position_sizer": "all_in"}, "unknown position sizer `all_in`"),
        (
            "scaler",
            {"columns": ["macd", "rsi"]},
            "scaler is for columns macd, rsi, the features are rsi, macd",
        ),
        ("scaler", {"spread": [1.0]}, "one centre and one spread per column"),
    ],
)
def test_load_model_part_that_cannot_be_rebuilt_is_refused(saved, part, value, message):
    edit_manifest(saved, lambda content: content[part].update(value))
    with pytest.raises(ArtifactError, match=rf"manifest.json`: .*{message}"):
        load_model(saved)


def test_load_model_scaler_beyond_floats_is_refused(saved):
    edit_manifest(saved, lambda content: content["scaler"].update(clip=10**400))
    with pytest.raises(ArtifactError, match="manifest.json`.* (malformed|damaged)"):
        load_model(saved)


@pytest.mark.parametrize("part", ["env_settings", "scaler", "feature_set", "provenance", "files"])
def test_load_model_part_of_another_type_is_refused_in_one_line(saved, part):
    edit_manifest(saved, lambda content: content.update({part: 5}))
    with pytest.raises(ArtifactError) as caught:
        load_model(saved)
    assert "\n" not in str(caught.value)
