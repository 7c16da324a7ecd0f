"""Write files and directories so that a reader, or a crash, never sees half of one."""

import glob
import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from utils.errors import ConfigError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path`, or, on failure, is removed.

    Raises:
        ConfigError: If the folder cannot be made or written, or the disk is full.
    """
    temporary = _temporary_file(path)
    try:
        with _cannot_write(path):
            yield temporary
            with temporary.open("r+b") as written:  # Windows syncs only what is open for writing
                os.fsync(written.fileno())
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary_file(path: Path) -> Path:
    if path.is_dir():
        raise ConfigError(f"cannot write `{path}`: it is a folder")
    with _cannot_write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    os.chmod(name, 0o644)
    return Path(name)


def temporaries_of(path: Path) -> list[Path]:
    """Return what writers of `path` by `atomic_path` have not finished, or were killed over.

    Of `bars.csv` it is `.bars.csv.k9.part`; `.bars.csv.old.k9.part` is of a file `bars.csv.old`:
    what tells writers apart never has a dot in it.
    """
    start, end = f".{path.name}.", ".part"
    found = path.parent.glob(f"{glob.escape(start)}*{end}")
    return sorted(file for file in found if "." not in file.name[len(start) : -len(end)])


@contextmanager
def _cannot_write(path: Path | str) -> Iterator[None]:
    """Turn what the operating system says against writing into one line."""
    try:
        yield
    except OSError as error:
        raise ConfigError(f"cannot write `{path}`: {error.strerror or error}") from error


def check_writable(folder: Path, called: str | None = None) -> None:
    """Make `folder` if need be, and write and remove a file in it.

    Args:
        folder: Where something will be written.
        called: What the user knows it as; None calls it by its path.

    Raises:
        ConfigError: If that cannot be done.
    """
    with _cannot_write(called or folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text_atomically(path: Path, text: str) -> None:
    """Replace `path` by `text` (UTF-8) in one step."""
    write_bytes_atomically(path, text.encode("utf-8"))


def write_json_atomically(path: Path, value: Any) -> None:
    """Replace `path` by `value` as canonical JSON (sorted keys; NaN and infinity become null)."""
    write_text_atomically(path, canonical_json(value) + "\n")


def canonical_json(value: Any) -> str:
    """Return `value` as JSON with sorted keys, so that equal values give equal bytes."""
    return json.dumps(_finite(value), sort_keys=True, indent=2, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_directory_atomically(path: Path, fill: Callable[[Path], None]) -> None:
    """Create the directory `path` with all its files or not at all.

    Args:
        path: The directory; must not exist, or be empty.
        fill: Writes the files into the temporary directory that it is given.

    Raises:
        ConfigError: If `path` already holds something, or cannot be written.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigError(
            f"`{path}` already exists and is not empty; choose another name or remove it"
        )
    with _cannot_write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        with _cannot_write(path):
            temporary.chmod(0o755)
            fill(temporary)
            _sync_all(temporary)
            _move_into_place(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sync_all(directory: Path) -> None:
    """Have every file below a directory on the disk before it gets its name: power may fail."""
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("r+b") as file:  # Windows syncs only what is open for writing
                os.fsync(file.fileno())


def _move_into_place(temporary: Path, path: Path) -> None:
    if path.exists():
        path.rmdir()  # empty when it was looked at; Windows replaces no folder, even so
    os.replace(temporary, path)


def sha256_of_bytes(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, read in blocks."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
