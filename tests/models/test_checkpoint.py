"""Checkpoints on disk: whole or not at all, verified, and never unpickled."""

import errno
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from models import checkpoint as module
from models.checkpoint import (
    ARRAYS,
    DESCRIPTION,
    Checkpoint,
    checkpoints_of,
    first_difference,
    read_checkpoint,
    write_checkpoint,
)
from utils.errors import ArtifactError, ConfigError
from utils.files import sha256_of_bytes
from utils.paths import PROJECT_ROOT
from utils.sealed_json import sealed_text


def _checkpoint(timesteps: int = 64) -> Checkpoint:
    return Checkpoint(
        timesteps=timesteps,
        identity={"agent_settings": {"seed": 3}},
        arrays={
            "scalar": np.array(2.0, dtype=np.float32),
            "bytes": np.arange(6, dtype=np.uint8).reshape(2, 3),
            "keys": np.array([2**32 - 1], dtype=np.uint32),
            "starts": np.array([True, False]),
            "rows": np.arange(6).reshape(2, 3).T,
        },
        values={"n": 2**100, "share": 0.25, "nothing": None},
    )


def test_checkpoint_is_read_as_it_was_written(tmp_path):
    path = write_checkpoint(tmp_path / "run", _checkpoint())
    found, expected = read_checkpoint(path), _checkpoint()
    assert path.name == "step_000000000064"
    assert (found.timesteps, found.identity, found.values) == (
        expected.timesteps, expected.identity, expected.values,
    )  # fmt: skip
    assert set(found.arrays) == set(expected.arrays)
    for name, array in expected.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape


def test_checkpoints_but_the_last_two_are_removed_and_so_is_what_was_not_finished(tmp_path):
    (tmp_path / ".step_000000000016.x1").mkdir()
    for timesteps in (16, 2_000, 304):
        write_checkpoint(tmp_path, _checkpoint(timesteps))
    write_checkpoint(tmp_path, _checkpoint(4_000))
    assert sorted(os.listdir(tmp_path)) == ["step_000000002000", "step_000000004000"]


def test_checkpoints_of_a_folder_that_is_not_there_are_none(tmp_path):
    assert checkpoints_of(tmp_path / "nowhere") == []


def test_checkpoint_on_a_full_disk_leaves_the_one_before(tmp_path, monkeypatch):
    write_checkpoint(tmp_path, _checkpoint(16))

    def full(file: Path, content: bytes) -> None:
        file.write_bytes(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_write_to_disk", full)
    with pytest.raises(ConfigError, match="cannot write .*: No space left on device"):
        write_checkpoint(tmp_path, _checkpoint(32))
    assert os.listdir(tmp_path) == ["step_000000000016"]
    assert read_checkpoint(tmp_path / "step_000000000016").timesteps == 16


WRITE_FOR_EVER = """
import sys
from pathlib import Path
import numpy as np
from models.checkpoint import Checkpoint, write_checkpoint
for timesteps in range(1, 10_000):
    arrays = {"a": np.full(400_000, timesteps)}
    write_checkpoint(
        Path(sys.argv[1]),
        Checkpoint(timesteps=timesteps, identity={}, arrays=arrays, values={"n": timesteps}),
    )
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_checkpoint_of_a_killed_process_is_whole(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path)], cwd=PROJECT_ROOT
    )
    try:
        deadline = time.monotonic() + 60.0
        while len(checkpoints_of(tmp_path)) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    paths = checkpoints_of(tmp_path)
    assert 2 <= len(paths) <= 3  # killed before the oldest was removed, perhaps
    for path in paths[-2:]:  # the removal of an older one may have begun
        found = read_checkpoint(path)
        assert (found.arrays["a"] == found.values["n"]).all()


@pytest.mark.parametrize("name", [ARRAYS, DESCRIPTION])
def test_checkpoint_without_a_file_or_with_an_edited_one_is_refused(tmp_path, name):
    path = write_checkpoint(tmp_path, _checkpoint())
    content = bytearray((path / name).read_bytes())
    content[-3] ^= 1
    (path / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=f"{name}` (was|is) .*; train anew"):
        read_checkpoint(path)
    (path / name).unlink()
    with pytest.raises(ArtifactError, match=f"cannot read `.*{name}`: No such file"):
        read_checkpoint(path)


def test_checkpoint_that_is_damaged_names_the_one_before(tmp_path):
    write_checkpoint(tmp_path, _checkpoint(16))
    path = write_checkpoint(tmp_path, _checkpoint(32))
    (path / ARRAYS).write_bytes(b"")
    with pytest.raises(ArtifactError, match="remove `.*32` to go on from `step_000000000016`"):
        read_checkpoint(path)


def test_checkpoint_with_another_digest_is_refused(tmp_path):
    path = write_checkpoint(tmp_path, _checkpoint())
    text = (path / DESCRIPTION).read_text().replace('"share": 0.25', '"share": 0.75')
    (path / DESCRIPTION).write_text(text)
    with pytest.raises(ArtifactError, match="was edited or damaged"):
        read_checkpoint(path)


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"a": 1, "a": 2}', "[" * 100_000])
def test_checkpoint_of_other_json_is_refused(tmp_path, text):
    path = write_checkpoint(tmp_path, _checkpoint())
    (path / DESCRIPTION).write_text(text)
    with pytest.raises(ArtifactError, match=r"checkpoint\.json` is not"):
        read_checkpoint(path)


def test_checkpoint_of_another_format_is_refused(tmp_path):
    path = write_checkpoint(tmp_path, _checkpoint())
    content = json.loads((path / DESCRIPTION).read_text())
    (path / DESCRIPTION).write_text(sealed_text({**content, "format_version": 2}))
    with pytest.raises(ArtifactError, match="`format_version` must be 1, found 2; train anew"):
        read_checkpoint(path)


class _Bomb:
    """Unpickling this makes a directory."""

    def __init__(self, target: Path):
        self.target = str(target)

    def __reduce__(self):
        return os.mkdir, (self.target,)


def test_checkpoint_with_a_pickle_for_arrays_is_never_unpickled(tmp_path):
    path = write_checkpoint(tmp_path, _checkpoint())
    bomb = pickle.dumps(_Bomb(tmp_path / "exploded"))
    (path / ARRAYS).write_bytes(bomb)
    content = json.loads((path / DESCRIPTION).read_text())
    content["files"] = {ARRAYS: sha256_of_bytes(bomb)}
    (path / DESCRIPTION).write_text(sealed_text(content))
    with pytest.raises(ArtifactError, match="is not a safetensors file"):
        read_checkpoint(path)
    assert not (tmp_path / "exploded").exists()


def test_checkpoint_that_is_a_link_is_refused(tmp_path):
    path = write_checkpoint(tmp_path, _checkpoint())
    (path / ARRAYS).rename(tmp_path / "elsewhere")
    (path / ARRAYS).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match="must be a regular file"):
        read_checkpoint(path)


def test_first_difference_names_the_path_in_order():
    assert first_difference({"b": {"c": 1}, "a": [1]}, {"b": {"c": 1}, "a": [1]}) is None
    assert first_difference({"b": {"c": 1}}, {"b": {"c": 2}}) == ("b.c", 1, 2)
    assert first_difference({"b": 1}, {"a": 3, "b": 2}) == ("a", None, 3)
