"""A saved forecaster's directory: written whole, loaded strictly, nothing in it ever unpickled.

The manifest is JSON, all numbers are raw arrays in one file, and any other file makes the directory
refused, unopened.
"""

from pathlib import Path

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
from models.verified_files import check_listed, read_plain, read_verified
from utils.errors import ArtifactError
from utils.files import sha256_of_bytes, write_directory_atomically

MANIFEST = "manifest.json"
NUMBERS = "forecaster.safetensors"
MAX_BYTES = {MANIFEST: 2**24, NUMBERS: 2**31}
"""Largest size of each file that is read; the largest forest stays below."""


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
    manifest = path / MANIFEST
    text = read_plain(manifest, MAX_BYTES[MANIFEST])
    description, files = parse_forecaster(text, str(manifest))
    check_listed(manifest, files, {NUMBERS}, {NUMBERS})
    content = read_verified(path / NUMBERS, files, MAX_BYTES[NUMBERS])
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
