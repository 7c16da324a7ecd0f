"""Tests of the saved forecaster: the same bits afterwards, and nothing odd is loaded."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from models.forecast.forecaster import Forecaster
from models.forecast.forecaster_files import MANIFEST, NUMBERS
from tests.helpers.forecasters import HISTORY, SESSION, TRAINED, small_forecaster, small_market
from utils.errors import ArtifactError, ConfigError
from utils.files import sha256_of_bytes, sha256_of_file
from utils.sealed_json import digest_of

LIVE = small_market().iloc[HISTORY : TRAINED + SESSION]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Return the directory of a saved forecaster."""
    small_forecaster().save(tmp_path / "forecaster")
    return tmp_path / "forecaster"


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest as a careful forger would, its digest made anew."""
    content = json.loads((folder / MANIFEST).read_text())
    change(content)
    content["digest"] = digest_of(content)
    (folder / MANIFEST).write_text(json.dumps(content))


def edit_numbers(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change arrays as a careful forger would, the hash made anew."""
    arrays = safetensors.numpy.load_file(folder / NUMBERS)
    change(arrays)
    content = safetensors.numpy.save(arrays)
    (folder / NUMBERS).write_bytes(content)
    edit_manifest(folder, lambda it: it["files"].update({NUMBERS: sha256_of_bytes(content)}))


def test_forecaster_is_the_same_to_the_bit_after_loading(saved):
    forecaster, loaded = small_forecaster(), Forecaster.load(saved)
    assert loaded.identity == forecaster.identity
    assert loaded.settings == forecaster.settings
    assert loaded.heads == forecaster.heads
    assert loaded.provenance == forecaster.provenance
    assert loaded.model_id == forecaster.model_id
    np.testing.assert_array_equal(
        loaded.predict(LIVE).quantiles, forecaster.predict(LIVE).quantiles
    )


def test_forecaster_is_saved_and_loaded_by_a_path_that_is_text(tmp_path):
    small_forecaster().save(str(tmp_path / "forecaster"))
    assert Forecaster.load(str(tmp_path / "forecaster")).identity == small_forecaster().identity


def test_forecaster_with_a_moved_layer_goes_on_from_it_after_loading(tmp_path):
    forecaster, bars = small_forecaster(), small_market()
    cut = TRAINED + 150
    layer = forecaster.online.copy()
    forecaster.predict_on(layer, bars.iloc[:cut])
    forecaster.with_online(layer).save(tmp_path / "forecaster")
    found = Forecaster.load(tmp_path / "forecaster").predict(bars).quantiles
    assert np.isnan(found[:cut]).all()
    np.testing.assert_array_equal(found[cut:], forecaster.predict(bars).quantiles[cut:])


def test_snapshot_of_a_forecaster_is_taken_by_the_loaded_one(saved):
    stream = small_forecaster().stream()
    other = Forecaster.load(saved).stream()
    other.restore(stream.snapshot())
    assert other.snapshot() == stream.snapshot()


def test_saved_forecaster_holds_two_files_and_equal_ones_have_equal_bytes(saved, tmp_path):
    small_forecaster().save(tmp_path / "again")
    assert sorted(os.listdir(saved)) == [NUMBERS, MANIFEST]
    for name in (MANIFEST, NUMBERS):
        assert sha256_of_file(saved / name) == sha256_of_file(tmp_path / "again" / name)


def test_save_over_another_forecaster_is_refused_and_leaves_it(saved):
    before = sha256_of_file(saved / MANIFEST)
    with pytest.raises(ConfigError, match="already exists and is not empty"):
        small_forecaster("ewma_fhs").save(saved)
    assert sha256_of_file(saved / MANIFEST) == before


def test_load_of_no_directory_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="no forecaster's directory `.*nowhere`; train one"):
        Forecaster.load(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match="is no forecaster's directory: it holds no"):
        Forecaster.load(tmp_path)


def test_load_of_a_file_is_refused(saved):
    with pytest.raises(ArtifactError, match="is a file; name the forecaster's directory"):
        Forecaster.load(saved / MANIFEST)


@pytest.mark.parametrize("name", [MANIFEST, NUMBERS])
def test_load_without_a_file_is_refused(saved, name):
    (saved / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        Forecaster.load(saved)


@pytest.mark.parametrize("name", [MANIFEST, NUMBERS])
def test_load_of_a_cut_file_is_refused(saved, name):
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[:-20])
    with pytest.raises(ArtifactError, match="not valid JSON|changed or damaged"):
        Forecaster.load(saved)


def test_load_of_an_edited_manifest_is_refused(saved):
    content = json.loads((saved / MANIFEST).read_text())
    content["settings"]["seed"] = 5
    (saved / MANIFEST).write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match="was edited or damaged: its digest says"):
        Forecaster.load(saved)


def test_load_of_another_forecasters_numbers_is_refused(saved, tmp_path):
    small_forecaster("ewma_fhs").save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / NUMBERS, saved / NUMBERS)
    with pytest.raises(ArtifactError, match="changed or damaged: SHA-256 must be"):
        Forecaster.load(saved)


def test_load_of_a_directory_with_another_file_is_refused(saved):
    (saved / "extra.pkl").write_bytes(b"x")
    with pytest.raises(ArtifactError, match="holds `extra.pkl`, which its manifest does not list"):
        Forecaster.load(saved)


def test_load_of_a_link_is_refused(saved, tmp_path):
    shutil.move(saved / NUMBERS, tmp_path / NUMBERS)
    (saved / NUMBERS).symlink_to(tmp_path / NUMBERS)
    with pytest.raises(ArtifactError, match="must be a regular file"):
        Forecaster.load(saved)


def _older_feature(content: dict[str, Any]) -> None:
    content["feature_set"]["features"][0]["version"] = 99


MANIFEST_EDITS = {
    "`format_version` must be 1, found 2": lambda it: it.update(format_version=2),
    "`format_version` must be 1, found True": lambda it: it.update(format_version=True),
    "is not the manifest of a forecaster": lambda it: it.pop("kind"),
    "key `heads` is missing": lambda it: it.pop("heads"),
    "key `more` is not known": lambda it: it.update(more=1),
    "feature `rsi` has changed": _older_feature,
    "trained with futuresgym 0.0.1, here is": lambda it: it["provenance"]["versions"].update(
        futuresgym="0.0.1"
    ),
    "unknown forecast family `strange`": lambda it: it["settings"].update(family="strange"),
    "`heads` must be of return": lambda it: it.update(heads=["mae"]),
    "horizons": lambda it: it["settings"].update(horizons=[3, 2]),
    "`training_last` must have a zone": lambda it: it["provenance"].update(
        training_last="2024-01-02T00:00:00"
    ),
    "is malformed": lambda it: it["provenance"].update(training_last=5),
    "`files` must list exactly": lambda it: it["files"].update(other="00"),
    "array `base/h5": lambda it: it["settings"].update(horizons=[2]),
    "array `fallback/": lambda it: it["settings"].update(alarm=False),
}


@pytest.mark.parametrize("message", MANIFEST_EDITS)
def test_load_of_a_forged_manifest_is_refused_in_one_line(saved, message):
    edit_manifest(saved, MANIFEST_EDITS[message])
    with pytest.raises(ArtifactError, match=message) as caught:
        Forecaster.load(saved)
    assert "\n" not in str(caught.value)


NUMBER_EDITS = {
    "array `strange` is of no part": lambda it: it.update(strange=np.zeros(1)),
    "online array `offsets` is missing": lambda it: it.pop("online/offsets"),
    "array `quantiles` must never fall": lambda it: it.update(
        {"base/h2/return/quantiles": it["base/h2/return/quantiles"][::-1].copy()}
    ),
    "fallback/h5/mae/.*array `quantiles` is missing": lambda it: it.pop(
        "fallback/h5/mae/quantiles"
    ),
    "array `seasonal` must be": lambda it: it.update({"inputs/seasonal": np.ones(3)}),
}


@pytest.mark.parametrize("message", NUMBER_EDITS)
def test_load_of_forged_numbers_is_refused_in_one_line(saved, message):
    edit_numbers(saved, NUMBER_EDITS[message])
    with pytest.raises(ArtifactError, match=message) as caught:
        Forecaster.load(saved)
    assert "\n" not in str(caught.value)
