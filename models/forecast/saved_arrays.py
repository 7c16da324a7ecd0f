"""Arrays of a fitted model as they come back from a file: checked before they are used."""

from collections.abc import Collection
from typing import Any

import numpy as np

from models.forecast.family import Arrays, Floats, Integers
from utils.errors import ArtifactError


def check_names(arrays: Arrays, names: Collection[str], where: str) -> None:
    """Refuse arrays that lack one of `names`, or have another.

    Raises:
        ArtifactError: Naming the first.
    """
    odd = sorted(set(arrays) ^ set(names))
    if odd:
        problem = "is missing" if odd[0] in names else "is not part of this model"
        raise ArtifactError(f"`{where}`: array `{odd[0]}` {problem}; re-train or re-point")


def floats_of(
    arrays: Arrays,
    name: str,
    shape: tuple[int | None, ...],
    where: str,
    *,
    above: float | None = None,
) -> Floats:
    """Return a float64 array as one of its own memory.

    Args:
        arrays: All of them; `name` may be missing.
        name: Which.
        shape: What it must be; None stands for any length.
        where: File, for messages.
        above: What its numbers must be greater than; None: anything finite.

    Raises:
        ArtifactError: If it is missing, of another shape or type, or not finite.
    """
    found = _fitting(arrays, name, shape, np.dtype(np.float64), where)
    if not np.isfinite(found).all():
        raise ArtifactError(f"`{where}`: array `{name}` holds NaN or infinity; re-train")
    if above is not None and not (found > above).all():
        raise ArtifactError(
            f"`{where}`: array `{name}` must be > {above:g}, found {found.min():g}; re-train"
        )
    return found


def integers_of(
    arrays: Arrays, name: str, shape: tuple[int | None, ...], where: str, bounds: tuple[int, int]
) -> Integers:
    """Return an int64 array as one of its own memory.

    Args:
        arrays: As for `floats_of`.
        name: As for `floats_of`.
        shape: As for `floats_of`.
        where: As for `floats_of`.
        bounds: Least and greatest number that it may hold.

    Raises:
        ArtifactError: If it is missing, of another shape or type, or out of bounds.
    """
    found = _fitting(arrays, name, shape, np.dtype(np.int64), where)
    low, high = bounds
    if found.size and (found.min() < low or found.max() > high):
        raise ArtifactError(
            f"`{where}`: array `{name}` must lie in [{low}, {high}], found {found.min()} to "
            f"{found.max()}; re-train"
        )
    return found


def _fitting(
    arrays: Arrays,
    name: str,
    shape: tuple[int | None, ...],
    dtype: "np.dtype[np.generic]",
    where: str,
) -> "np.ndarray[Any, np.dtype[Any]]":
    if name not in arrays:
        raise ArtifactError(f"`{where}`: array `{name}` is missing; re-train or re-point")
    found = arrays[name]
    fits = len(found.shape) == len(shape) and all(
        want is None or have == want for have, want in zip(found.shape, shape, strict=True)
    )
    if not fits or found.dtype != dtype:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise ArtifactError(
            f"`{where}`: array `{name}` must be {dtype} ({wanted}), found {found.dtype} "
            f"{found.shape}; re-train or re-point"
        )
    return np.array(found, order="C")
