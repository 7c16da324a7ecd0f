"""Arrays of a fitted model as they come back from a file: checked before they are used."""

from collections.abc import Iterable

import numpy as np

from models.forecast.family import Arrays, Floats, Integers
from utils.errors import ArtifactError


def check_names(arrays: Arrays, names: Iterable[str], where: str) -> None:
    """Refuse a set of arrays that lacks one of `names`, or has another.

    Raises:
        ArtifactError: Naming the first.
    """
    known = set(names)
    odd = sorted(set(arrays) ^ known)
    if odd:
        problem = "is missing" if odd[0] in known else "is not part of this forecast"
        raise ArtifactError(f"`{where}`: array `{odd[0]}` {problem}; retrain or re-point")


Shape = tuple[int | None, ...]
"""Lengths that an array must have; None stands for any."""


def floats_of(arrays: Arrays, name: str, shape: Shape, where: str) -> Floats:
    """Return a finite float64 array of a shape, as C-contiguous memory of its own.

    Raises:
        ArtifactError: If it has another shape or type, or is not finite.
    """
    found = _of_kind(arrays, name, np.dtype(np.float64), shape, where)
    if not np.isfinite(found).all():
        raise ArtifactError(f"`{where}`: array `{name}` holds NaN or infinity; retrain")
    return np.array(found, dtype=np.float64, order="C")


def positive_of(arrays: Arrays, name: str, shape: Shape, where: str) -> Floats:
    """Return a finite float64 array of a shape, all > 0; an ArtifactError otherwise."""
    found = floats_of(arrays, name, shape, where)
    if not (found > 0.0).all():
        raise ArtifactError(f"`{where}`: array `{name}` must be > 0; retrain")
    return found


def rising_of(arrays: Arrays, name: str, shape: Shape, where: str) -> Floats:
    """Return a finite float64 array that never falls along its last axis, or an ArtifactError."""
    found = floats_of(arrays, name, shape, where)
    if (np.diff(found, axis=-1) < 0.0).any():
        raise ArtifactError(f"`{where}`: array `{name}` must never fall; retrain")
    return found


def integers_of(
    arrays: Arrays, name: str, shape: Shape, below: int, where: str, *, least: int = 0
) -> Integers:
    """Return an int64 array of a shape, all in [least, below); an ArtifactError otherwise."""
    found = _of_kind(arrays, name, np.dtype(np.int64), shape, where)
    if ((found < least) | (found >= below)).any():
        raise ArtifactError(f"`{where}`: array `{name}` must be in [{least}, {below}); retrain")
    return np.array(found, dtype=np.int64, order="C")


def _of_kind(
    arrays: Arrays, name: str, dtype: "np.dtype[np.generic]", shape: Shape, where: str
) -> "np.ndarray[tuple[int, ...], np.dtype[np.generic]]":
    """Return an array if it is there and of this type and shape."""
    if name not in arrays:
        raise ArtifactError(f"`{where}`: array `{name}` is missing; retrain or re-point")
    found = arrays[name]
    is_fitting = len(found.shape) == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, found.shape, strict=True)
    )
    if not is_fitting or found.dtype != dtype:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise ArtifactError(
            f"`{where}`: array `{name}` must be {dtype} ({wanted}), found {found.dtype} "
            f"{found.shape}; retrain or re-point"
        )
    return found
