"""A saved forecaster's directory: written whole, loaded strictly, nothing in it ever unpickled.

The manifest is JSON, all numbers are raw arrays in one file, and any other file makes the directory
refused, unopened.
"""

import stat
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from models.forecast.family import Arrays
from models.forecast.forecaster_manifest import (
    ForecasterDescription,
    forecaster_text,
    parse_forecaster,
)
from utils.errors import ArtifactError
from utils.files import sha256_of_bytes, write_directory_atomically

MANIFEST = "manifest.json"
NUMBERS = "forecaster.safetensors"
MAX_BYTES = {MANIFEST: 2**24, NUMBERS: 2**31}
"""Largest size of each file that is read; the largest forest stays below."""

_ADVICE = "re-copy the forecaster's directory"


def write_forecaster(path: Path, description: ForecasterDescription, arrays: Arrays) -> None:
    """Write a forecaster's directory in one step.

    Args:
        path: Directory to create; must not hold anything yet.
        description: What the forecaster is.
        arrays: All its numbers, by name.

    Raises:
        ConfigError: If the directory exists with content or cannot be written.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    content = safetensors.numpy.save(whole)
    manifest = forecaster_text(description, {NUMBERS: sha256_of_bytes(content)})

    def fill(folder: Path) -> None:
        (folder / NUMBERS).write_bytes(content)
        (folder / MANIFEST).write_text(manifest, encoding="utf-8")

    write_directory_atomically(path, fill)


def read_forecaster(path: Path) -> tuple[ForecasterDescription, dict[str, NDArray[np.generic]]]:
    """Return the description and the numbers of a forecaster's directory, verified.

    Raises:
        ArtifactError: At the first thing that is missing, damaged, edited, unexpected or of another
            version.
    """
    _refuse_other_folders(path)
    description, files = parse_forecaster(_read(path / MANIFEST), str(path / MANIFEST))
    _check_files(path, files)
    content = _read(path / NUMBERS)
    found = sha256_of_bytes(content)
    if found != files[NUMBERS]:
        raise ArtifactError(
            f"`{path / NUMBERS}` was changed or damaged: SHA-256 must be "
            f"{str(files[NUMBERS])[:12]}, found {found[:12]}; {_ADVICE}"
        )
    try:
        return description, dict(safetensors.numpy.load(content))
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"`{path / NUMBERS}` is not a safetensors file; re-train") from error


def _refuse_other_folders(path: Path) -> None:
    if path.is_file():
        raise ArtifactError(f"`{path}` is a file; name the forecaster's directory it lies in")
    if not path.is_dir():
        raise ArtifactError(
            f"no forecaster's directory `{path}`; train one with scripts/forecast.py train"
        )
    if not (path / MANIFEST).exists():
        raise ArtifactError(f"`{path}` is no forecaster's directory: it holds no `{MANIFEST}`")


def _check_files(path: Path, files: Any) -> None:
    """Refuse a manifest that lists other files than ours, and files that it does not list."""
    if not isinstance(files, dict) or set(files) != {NUMBERS}:
        raise ArtifactError(f"`{path / MANIFEST}`: `files` must list exactly `{NUMBERS}`")
    known = {MANIFEST, NUMBERS}
    # hidden files are the system's own
    names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    strangers = [name for name in names if name not in known]
    if strangers:
        raise ArtifactError(
            f"`{path}` holds `{strangers[0]}`, which its manifest does not list; remove it"
        )


def _read(file: Path) -> bytes:
    """Return the content of a plain file of sensible size; a pipe would block, a link lead away."""
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise ArtifactError(
                f"`{file}` must be a regular file, not a link, folder or device; {_ADVICE}"
            )
        if status.st_size > MAX_BYTES[file.name]:
            raise ArtifactError(
                f"`{file}` must be at most {MAX_BYTES[file.name]:,} bytes, had "
                f"{status.st_size:,}; {_ADVICE}"
            )
        return file.read_bytes()
    except FileNotFoundError as error:
        raise ArtifactError(f"`{file}` is missing; {_ADVICE} or re-train") from error
    except OSError as error:
        raise ArtifactError(f"cannot read `{file}`: {error.strerror}") from error
