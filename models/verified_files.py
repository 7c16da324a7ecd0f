"""The files of a saved model's directory: plain ones of sensible size, and none that is not listed.

What is in them is left to who reads them.
"""

import stat
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from utils.errors import ArtifactError
from utils.files import sha256_of_bytes

ADVICE = "re-copy the model directory"


def check_listed(manifest: Path, files: Any, needed: Set[str], known: Set[str]) -> None:
    """Refuse a manifest that lists other files than ours, and files that it does not list.

    Args:
        manifest: Of the directory it lies in.
        files: What it lists: SHA-256 by name.
        needed: Names that it must list.
        known: Names that it may list.
    """
    if not isinstance(files, dict) or not needed <= set(files) <= known:
        ours = " and ".join(f"`{name}`" for name in (*needed, *sorted(known - needed)))
        raise ArtifactError(f"`{manifest}`: `files` must list exactly {ours}")
    # hidden files are the system's own
    names = sorted(
        entry.name for entry in manifest.parent.iterdir() if not entry.name.startswith(".")
    )
    strangers = [name for name in names if name not in {manifest.name, *files}]
    if strangers:
        raise ArtifactError(
            f"`{manifest.parent}` holds `{strangers[0]}`, which its manifest does not list; "
            "remove it"
        )


def read_verified(file: Path, files: Mapping[str, Any], max_bytes: int) -> bytes:
    """Return a file's content, if it has the hash that `files` lists for its name."""
    content = read_plain(file, max_bytes)
    expected, found = files[file.name], sha256_of_bytes(content)
    if found != expected:
        raise ArtifactError(
            f"`{file}` was changed or damaged: SHA-256 must be {str(expected)[:12]}, "
            f"found {found[:12]}; {ADVICE}"
        )
    return content


def read_plain(file: Path, max_bytes: int) -> bytes:
    """Return the content of a plain file of sensible size; a pipe would block, a link lead away."""
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise ArtifactError(
                f"`{file}` must be a regular file, not a link, folder or device; {ADVICE}"
            )
        if status.st_size > max_bytes:
            raise ArtifactError(
                f"`{file}` must be at most {max_bytes:,} bytes, had {status.st_size:,}; {ADVICE}"
            )
        return file.read_bytes()
    except FileNotFoundError as error:
        raise ArtifactError(f"`{file}` is missing; {ADVICE} or re-train") from error
    except OSError as error:
        raise ArtifactError(f"cannot read `{file}`: {error.strerror}") from error
