"""Writing whole files or none, whatever happens in the middle."""

import errno
import os
from pathlib import Path

import pytest

from utils.errors import ConfigError
from utils.files import (
    atomic_path,
    canonical_json,
    check_writable,
    sha256_of_bytes,
    sha256_of_file,
    temporaries_of,
    write_directory_atomically,
    write_json_atomically,
    write_text_atomically,
)

SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def names(folder: Path) -> list[str]:
    """Return what lies in a folder, hidden files included."""
    return sorted(path.name for path in folder.iterdir())


def test_atomic_path_success_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    write_text_atomically(path, "old")
    write_text_atomically(path, "näw")
    assert path.read_text(encoding="utf-8") == "näw"
    assert names(path.parent) == ["report.html"]


def test_atomic_path_failure_in_the_middle_keeps_the_old_file_only(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    write_text_atomically(path, "old")

    def write_half() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half of it", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert path.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["bars.parquet"]


def test_atomic_path_before_success_readers_see_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_text_atomically(path, "old")
    with atomic_path(path) as temporary:
        temporary.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"


def test_atomic_path_in_a_folder_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="^cannot write `.*file/x`: "):
        write_text_atomically(tmp_path / "file" / "x", "text")


def test_atomic_path_onto_a_folder_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="it is a folder"):
        write_text_atomically(tmp_path / "folder", "text")
    assert names(tmp_path) == ["folder"]


def test_atomic_path_is_synced_through_a_handle_that_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where a sync of what is open for reading only fails."""
    synced: list[int] = []

    def sync(handle: int) -> None:
        synced.append(os.write(handle, b""))  # fails where the handle may only read

    monkeypatch.setattr("utils.files.os.fsync", sync)
    write_text_atomically(tmp_path / "x", "text")
    assert synced == [0]
    assert (tmp_path / "x").read_text(encoding="utf-8") == "text"


def test_temporaries_of_a_path_are_those_of_its_own_writers_only(tmp_path: Path) -> None:
    bars, account = tmp_path / "bars[1].csv", tmp_path / "bars[1].csv.repaired.csv"
    (tmp_path / ".bars1.csv.k9.part").touch()
    with atomic_path(bars) as own, atomic_path(account) as other:
        assert temporaries_of(bars) == [own]
        assert temporaries_of(account) == [other]
        own.touch()
    assert temporaries_of(bars) == []


def test_directory_success_holds_all_files(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "manifest.json").write_text("{}", encoding="utf-8")

    write_directory_atomically(tmp_path / "models" / "first", fill)
    assert names(tmp_path / "models") == ["first"]
    assert names(tmp_path / "models" / "first") == ["manifest.json"]


def test_directory_failure_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "policy.safetensors").write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_directory_atomically(tmp_path / "first", fill)
    assert names(tmp_path) == []


def test_directory_that_is_not_empty_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "mine").touch()
    with pytest.raises(ConfigError, match="already exists and is not empty"):
        write_directory_atomically(tmp_path / "first", lambda _: None)
    assert names(tmp_path / "first") == ["mine"]


def test_directory_that_is_empty_is_filled(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    write_directory_atomically(tmp_path / "first", lambda folder: (folder / "x").touch())
    assert names(tmp_path) == ["first"]
    assert names(tmp_path / "first") == ["x"]


def test_directory_that_is_empty_is_removed_before_it_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where a folder cannot be moved onto another one."""
    rename = os.rename

    def replace(source: Path, target: Path) -> None:
        assert not target.exists()
        rename(source, target)

    monkeypatch.setattr("utils.files.os.replace", replace)
    (tmp_path / "first").mkdir()
    write_directory_atomically(tmp_path / "first", lambda folder: (folder / "x").touch())
    assert names(tmp_path / "first") == ["x"]


def test_directory_filled_by_somebody_else_meanwhile_is_refused_and_kept(tmp_path: Path) -> None:
    target = tmp_path / "first"

    def fill(folder: Path) -> None:
        target.mkdir()
        (target / "theirs").touch()

    with pytest.raises(ConfigError, match="^cannot write `.*first`: "):
        write_directory_atomically(target, fill)
    assert names(tmp_path) == ["first"]
    assert names(target) == ["theirs"]


def test_canonical_json_sorts_keys_and_has_no_nan() -> None:
    value = {"b": [float("nan"), 1.5], "a": {"z": float("-inf"), 1: (2,)}}
    expected = '{"a":{"1":[2],"z":null},"b":[null,1.5]}'
    assert "".join(canonical_json(value).split()) == expected


def test_write_json_ends_with_a_line_break(tmp_path: Path) -> None:
    write_json_atomically(tmp_path / "metrics.json", {"sharpe": 1.0})
    assert (tmp_path / "metrics.json").read_bytes() == b'{\n  "sharpe": 1.0\n}\n'


def test_sha256_is_the_published_one_for_abc(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of_bytes(b"abc") == SHA256_OF_ABC
    assert sha256_of_file(tmp_path / "abc") == SHA256_OF_ABC


def disk_is_full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_atomic_path_on_a_full_disk_is_refused_in_one_line_and_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text_atomically(tmp_path / "x", "old")
    monkeypatch.setattr("utils.files.os.fsync", disk_is_full)
    with pytest.raises(ConfigError, match="^cannot write `.*x`: No space left on device$"):
        write_text_atomically(tmp_path / "x", "new")
    assert (tmp_path / "x").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["x"]


def test_write_directory_atomically_on_a_full_disk_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="^cannot write `.*model`: No space left on device$"):
        write_directory_atomically(tmp_path / "model", disk_is_full)
    assert names(tmp_path) == []


def test_check_writable_makes_the_folder_and_leaves_nothing_in_it(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == []
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="^cannot write `.*file/reports`: "):
        check_writable(tmp_path / "file" / "reports")
