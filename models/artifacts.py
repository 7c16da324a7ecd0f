"""The model directory of manifest, weights and card: written whole, loaded strictly.

Directories of before there were cards have none, and are loaded all the same.

Nothing in it is ever unpickled or executed: the manifest is JSON, the weights are raw arrays, and
any other file makes the directory refused, unopened.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from models.actor_critic import first_broken
from models.card import card_text
from models.manifest import ModelDescription, describe, manifest_text, parse_manifest
from models.verified_files import check_listed, read_plain, read_verified
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
    content = parse_manifest(read_plain(where, MAX_BYTES[MANIFEST]), str(where))
    check_listed(where, content["files"], {WEIGHTS}, {WEIGHTS, CARD})
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


def _verified_weights(path: Path, files: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights, if the bytes of every file have the listed hash."""
    contents = {name: read_verified(path / name, files, MAX_BYTES[name]) for name in sorted(files)}
    try:
        return safetensors.torch.load(contents[WEIGHTS])
    except (SafetensorError, ValueError, KeyError) as error:
        raise ArtifactError(f"`{path / WEIGHTS}` is not a safetensors file; re-train") from error
