"""Weights of a forecast as they lie in a file: arrays by name, checked when they come back."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from utils.errors import ArtifactError

Floats = NDArray[np.float64]


def as_tensor(values: Floats) -> Tensor:
    """Return a float64 tensor of its own memory."""
    return torch.tensor(values, dtype=torch.float64)


def check_names(weights: Mapping[str, Tensor], names: set[str], where: str) -> None:
    """Refuse a set of weights that lacks one of `names`, or has another.

    Raises:
        ArtifactError: Naming the first.
    """
    odd = sorted(set(weights) ^ names)
    if odd:
        problem = "is missing" if odd[0] in names else "is not part of this forecast"
        raise ArtifactError(f"`{where}`: weight `{odd[0]}` {problem}; re-train or re-point")


def floats_of(
    weights: Mapping[str, Tensor], name: str, shape: tuple[int, ...], where: str
) -> Floats:
    """Return a float64 weight as an array of its own memory.

    Raises:
        ArtifactError: If it has another shape or type, or is not finite.
    """
    found = weights[name]
    if tuple(found.shape) != shape or found.dtype != torch.float64:
        kind = f"{str(found.dtype).removeprefix('torch.')} {tuple(found.shape)}"
        raise ArtifactError(
            f"`{where}`: weight `{name}` must be float64 {shape}, found {kind}; re-train or "
            "re-point"
        )
    if not torch.isfinite(found).all():
        raise ArtifactError(f"`{where}`: weight `{name}` holds NaN or infinity; re-train")
    return found.numpy().copy()
