"""Snapshots: named arrays in one piece of bytes, which says of what it is and if it is whole."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from utils.errors import ArtifactError

_DIGITS = 64
"""Of a SHA-256 in hexadecimal."""

Array = NDArray[Any]


def sealed(identity: str, arrays: Mapping[str, Array]) -> bytes:
    """Return arrays as bytes that `unsealed` takes back.

    Args:
        identity: Of what they are, 64 hexadecimal digits.
        arrays: Of one dimension or more.
    """
    content = safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in arrays.items()})
    return (identity + sha256(content).hexdigest()).encode("ascii") + content


def unsealed(snapshot: bytes, identity: str, what: str) -> dict[str, Array]:
    """Return the arrays of a snapshot.

    Args:
        snapshot: Of `sealed`.
        identity: What it must be of.
        what: What to call it, e.g. "account".

    Raises:
        ArtifactError: If it is of something else, or damaged.
    """
    head = snapshot[: 2 * _DIGITS].decode("ascii", errors="replace")
    if head[:_DIGITS] != identity:
        raise ArtifactError(
            f"the snapshot of the {what} is of `{head[:12]}`, this one is `{identity[:12]}`: "
            "replay bars and fills instead of restoring it"
        )
    content = snapshot[2 * _DIGITS :]
    try:
        if sha256(content).hexdigest() == head[_DIGITS:]:
            return dict(safetensors.numpy.load(content))
    except SafetensorError as error:
        raise ArtifactError(f"the snapshot of the {what} is damaged: replay instead") from error
    raise ArtifactError(
        f"the snapshot of the {what} is damaged: it does not have its SHA-256; replay bars and "
        "fills instead of restoring it"
    )


def as_bytes(content: bytes) -> NDArray[np.uint8]:
    """Return bytes as an array."""
    return np.frombuffer(content, dtype=np.uint8)
