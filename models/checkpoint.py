"""The state of an unfinished training on disk: written whole, verified when read, never unpickled.

A run has a folder; each checkpoint is a folder in it, `step_000000020480`, of two files: raw arrays
in `state.safetensors`, and JSON in `checkpoint.json`, which says of which training it is and holds
the hash of the arrays and a digest of itself. What the state is, is left to
`models.training_state`.
"""

import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from utils.errors import ArtifactError
from utils.files import sha256_of_bytes, write_directory_atomically
from utils.sealed_json import DIGEST, differences, digest_of, parsed_strictly, sealed_text

FORMAT_VERSION = 1
DESCRIPTION = "checkpoint.json"
ARRAYS = "state.safetensors"
PREFIX = "step_"
KEYS = frozenset({"format_version", "timesteps", "identity", "values", "files", DIGEST})
MAX_BYTES = {DESCRIPTION: 2**26, ARRAYS: 2**33}
"""Largest size of each file that is read."""

N_KEPT = 2
"""Checkpoints of a run that stay: the newest, and the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a training between two rollouts.

    Attributes:
        timesteps: Bars lived through so far.
        identity: JSON values that say of which training it is; see `first_difference`.
        arrays: By name.
        values: Everything else, as JSON values.
    """

    timesteps: int
    identity: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    values: Mapping[str, Any]


@runtime_checkable
class OwnState(Protocol):
    """An algorithm with state beside network, optimiser, environments and observations."""

    def own_arrays(self) -> dict[str, Tensor]:
        """Return it, copied, by name."""
        ...

    def set_own_arrays(self, arrays: Mapping[str, Tensor]) -> None:
        """Go on from what `own_arrays` returned."""
        ...


def write_checkpoint(run: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint of a run, whole or not at all; then remove all but the last N_KEPT.

    Raises:
        ConfigError: If it cannot be written, e.g. because the disk is full; the others are intact.
    """
    content = safetensors.numpy.save(
        {name: np.array(array, order="C") for name, array in checkpoint.arrays.items()}
    )
    text = sealed_text(
        {
            "format_version": FORMAT_VERSION,
            "timesteps": checkpoint.timesteps,
            "identity": dict(checkpoint.identity),
            "values": dict(checkpoint.values),
            "files": {ARRAYS: sha256_of_bytes(content)},
        }
    )

    def fill(folder: Path) -> None:
        _write_to_disk(folder / ARRAYS, content)
        _write_to_disk(folder / DESCRIPTION, text.encode())

    path = run / f"{PREFIX}{checkpoint.timesteps:012d}"
    if path.exists():  # of an earlier attempt at the same run
        shutil.rmtree(path)
    write_directory_atomically(path, fill)
    _remove_older(run)
    return path


def checkpoints_of(run: Path) -> list[Path]:
    """Return the checkpoints of a run, oldest first; none where there is no such folder."""
    return sorted(path for path in run.glob(f"{PREFIX}*") if path.is_dir())


def read_checkpoint(path: Path) -> Checkpoint:
    """Return a checkpoint, verified.

    Raises:
        ArtifactError: At the first thing that is missing, damaged, edited or of another version.
    """
    where = path / DESCRIPTION
    content = _checked_content(_read(where), where)
    raw = _read(path / ARRAYS)
    if sha256_of_bytes(raw) != content["files"][ARRAYS]:
        raise ArtifactError(f"`{path / ARRAYS}` was changed or damaged; {_way_out(path)}")
    try:
        arrays = safetensors.numpy.load(raw)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ArtifactError(
            f"`{path / ARRAYS}` is not a safetensors file; {_way_out(path)}"
        ) from error
    return Checkpoint(
        timesteps=content["timesteps"],
        identity=content["identity"],
        arrays=arrays,
        values=content["values"],
    )


def first_difference(stored: Any, here: Any) -> tuple[str, Any, Any] | None:
    """Return the name of the first JSON value that differs, what was stored, and what is here."""
    return next(differences(stored, here), None)


def _checked_content(text: bytes, where: Path) -> dict[str, Any]:
    try:
        content = parsed_strictly(text)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"`{where}` is not valid JSON ({error}); {_way_out(where.parent)}"
        ) from error
    if not isinstance(content, dict) or set(content) != KEYS:
        raise ArtifactError(f"`{where}` is not the description of a FuturesGym checkpoint")
    if content["format_version"] != FORMAT_VERSION:
        raise ArtifactError(
            f"`{where}`: `format_version` must be {FORMAT_VERSION}, found "
            f"{content['format_version']!r}; train anew, or use the version that wrote it"
        )
    if content[DIGEST] != digest_of(content):
        raise ArtifactError(f"`{where}` was edited or damaged; {_way_out(where.parent)}")
    if set(content["files"]) != {ARRAYS}:
        raise ArtifactError(f"`{where}`: `files` must list exactly `{ARRAYS}`")
    return dict(content)


def _way_out(path: Path) -> str:
    """Say what to do about a checkpoint that cannot be used."""
    others = [each for each in checkpoints_of(path.parent) if each != path]
    if others:
        return f"remove `{path}` to go on from `{others[-1].name}`"
    return "train anew"


def _read(file: Path) -> bytes:
    """Return the content of a plain file of sensible size."""
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES[file.name]:
            raise ArtifactError(
                f"`{file}` must be a regular file of at most {MAX_BYTES[file.name]:,} bytes; "
                f"{_way_out(file.parent)}"
            )
        return file.read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"cannot read `{file}`: {error.strerror}; {_way_out(file.parent)}"
        ) from error


def _write_to_disk(file: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with file.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _remove_older(run: Path) -> None:
    """Remove all but the newest checkpoints, and what a killed process had not finished."""
    unfinished = run.glob(f".{PREFIX}*")
    for path in [*checkpoints_of(run)[:-N_KEPT], *unfinished]:
        shutil.rmtree(path, ignore_errors=True)
