"""The model directory of manifest, weights and card: written whole, loaded strictly.

Directories of before there were cards have none, and are loaded all the same.

Nothing in it is ever unpickled or executed: the manifest is JSON, the weights are raw arrays, and
any other file makes the directory refused, unopened.
"""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from models.actor_critic import first_broken
from models.card import card_text
from models.manifest import ModelDescription, describe, manifest_text, parse_manifest
from utils.errors import ArtifactError
from utils.files import sha256_of_bytes, write_directory_atomically

MANIFEST = "manifest.json"
WEIGHTS = "policy.safetensors"
CARD = "card.md"
MAX_BYTES = {MANIFEST: 2**24, WEIGHTS: 2**30, CARD: 2**24}
"""Largest size of each file that is read; the largest network allowed stays below."""


def save_model(path: Path, description: ModelDescription, weights: Mapping[str, Tensor]) -> None:
    """Write a model directory in one step.

    Args:
        path: Directory to create; must not hold anything yet.
        description: What the model is.
        weights: Its weights by name, finite.

    Raises:
        ArtifactError: If a weight is NaN or infinite.
        ConfigError: If the directory exists with content or cannot be written.
    """
    broken = first_broken(weights)
    if broken is not None:
        raise ArtifactError(f"not saved: weight `{broken}` holds NaN or infinity; re-train")
    content = safetensors.torch.save(dict(weights))
    card = card_text(description).encode()
    hashes = {WEIGHTS: sha256_of_bytes(content), CARD: sha256_of_bytes(card)}
    manifest = manifest_text(description, hashes)

    def fill(folder: Path) -> None:
        (folder / WEIGHTS).write_bytes(content)
        (folder / CARD).write_bytes(card)
        (folder / MANIFEST).write_text(manifest, encoding="utf-8")

    write_directory_atomically(path, fill)


def load_model(path: Path) -> tuple[ModelDescription, dict[str, Tensor]]:
    """Return the description and the weights of a model directory, verified.

    Raises:
        ArtifactError: At the first thing that is missing, damaged, edited, unexpected or of another
            version.
    """
    _refuse_other_folders(path)
    where = path / MANIFEST
    content = parse_manifest(_read(where), str(where))
    _check_files(path, content["files"])
    weights = _verified_weights(path, content["files"])
    return describe(content, str(where)), weights


def _refuse_other_folders(path: Path) -> None:
    """Refuse what is no model directory, and say where one is if it lies nearby."""
    if path.is_file():
        raise ArtifactError(f"`{path}` is a file; name the model directory it lies in")
    if not path.is_dir():
        raise ArtifactError(f"no model directory `{path}`; train one with scripts/train.py")
    if (path / MANIFEST).exists() or (path / WEIGHTS).exists():
        return
    models = sorted(found.parent.name for found in path.glob(f"*/{MANIFEST}"))
    if models:
        raise ArtifactError(
            f"`{path}` is no model directory but holds {len(models)}: {', '.join(models[:5])}; "
            f"name one of them"
        )
    raise ArtifactError(f"`{path}` is no model directory: it holds no `{MANIFEST}`")


def _check_files(path: Path, files: Any) -> None:
    """Refuse a manifest that lists other files than ours, and files that it does not list."""
    if not isinstance(files, dict) or not {WEIGHTS} <= set(files) <= {WEIGHTS, CARD}:
        raise ArtifactError(
            f"`{path / MANIFEST}`: `files` must list exactly `{WEIGHTS}` and `{CARD}`"
        )
    known = {MANIFEST, *files}
    # hidden files are the system's own
    names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    strangers = [name for name in names if name not in known]
    if strangers:
        raise ArtifactError(
            f"`{path}` holds `{strangers[0]}`, which its manifest does not list; remove it"
        )


def _verified_weights(path: Path, files: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights, if the bytes of every file have the listed hash."""
    contents = {name: _verified(path / name, files[name]) for name in sorted(files)}
    try:
        return safetensors.torch.load(contents[WEIGHTS])
    except (SafetensorError, ValueError, KeyError) as error:
        raise ArtifactError(f"`{path / WEIGHTS}` is not a safetensors file; re-train") from error


def _verified(file: Path, expected: Any) -> bytes:
    """Return a file's content, if it has the listed hash."""
    content = _read(file)
    found = sha256_of_bytes(content)
    if found != expected:
        raise ArtifactError(
            f"`{file}` was changed or damaged: SHA-256 must be {str(expected)[:12]}, "
            f"found {found[:12]}; re-copy the model directory"
        )
    return content


def _read(file: Path) -> bytes:
    """Return the content of a plain file of sensible size; a pipe would block, a link lead away."""
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise ArtifactError(
                f"`{file}` must be a regular file, not a link, folder or device; "
                f"re-copy the model directory"
            )
        if status.st_size > MAX_BYTES[file.name]:
            raise ArtifactError(
                f"`{file}` must be at most {MAX_BYTES[file.name]:,} bytes, "
                f"had {status.st_size:,}; re-copy the model directory"
            )
        return file.read_bytes()
    except FileNotFoundError as error:
        raise ArtifactError(
            f"`{file}` is missing; re-copy the model directory or re-train"
        ) from error
    except OSError as error:
        raise ArtifactError(f"cannot read `{file}`: {error.strerror}") from error
