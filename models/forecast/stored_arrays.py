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


def floats_of(arrays: Arrays, name: str, shape: tuple[int, ...], where: str) -> Floats:
    """Return a finite float64 array of a shape, as memory of its own.

    Raises:
        ArtifactError: If it has another shape or type, or is not finite.
    """
    found = _of_kind(arrays, name, np.dtype(np.float64), shape, where)
    if not np.isfinite(found).all():
        raise ArtifactError(f"`{where}`: array `{name}` holds NaN or infinity; retrain")
    return np.array(found, dtype=np.float64)


def positive_of(arrays: Arrays, name: str, shape: tuple[int, ...], where: str) -> Floats:
    """Return a finite float64 array of a shape, all > 0; an ArtifactError otherwise."""
    found = floats_of(arrays, name, shape, where)
    if not (found > 0.0).all():
        raise ArtifactError(f"`{where}`: array `{name}` must be > 0; retrain")
    return found


def rising_of(arrays: Arrays, name: str, shape: tuple[int, ...], where: str) -> Floats:
    """Return a finite float64 array that never falls along its last axis, or an ArtifactError."""
    found = floats_of(arrays, name, shape, where)
    if (np.diff(found, axis=-1) < 0.0).any():
        raise ArtifactError(f"`{where}`: array `{name}` must never fall; retrain")
    return found


def integers_of(
    arrays: Arrays, name: str, shape: tuple[int, ...], below: int, where: str
) -> Integers:
    """Return an int64 array of a shape, all in [0, below); an ArtifactError otherwise."""
    found = np.array(_of_kind(arrays, name, np.dtype(np.int64), shape, where), dtype=np.int64)
    if ((found < 0) | (found >= below)).any():
        raise ArtifactError(f"`{where}`: array `{name}` must be in [0, {below}); retrain")
    return found


def _of_kind(
    arrays: Arrays, name: str, dtype: "np.dtype[np.generic]", shape: tuple[int, ...], where: str
) -> "np.ndarray[tuple[int, ...], np.dtype[np.generic]]":
    """Return an array if it is there and of this type and shape."""
    if name not in arrays:
        raise ArtifactError(f"`{where}`: array `{name}` is missing; retrain or re-point")
    found = arrays[name]
    if found.shape != shape or found.dtype != dtype:
        raise ArtifactError(
            f"`{where}`: array `{name}` must be {dtype} {shape}, found {found.dtype} "
            f"{found.shape}; retrain or re-point"
        )
    return found
