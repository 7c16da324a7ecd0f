"""Trees as plain arrays: joined after they were learnt, checked when they come back from a file.

Rows are shown to trees in single precision, as scikit-learn learns them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.compiled.forest import Trees
from models.forecast.family import Arrays, Floats, Integers
from models.forecast.stored_arrays import floats_of, integers_of
from utils.errors import ArtifactError

NAMES = Trees._fields
"""Names of the arrays."""

LEAF = -1
"""What a leaf has in place of an input."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlainTree:
    """One tree; node 0 is its root, and children stand behind their parents.

    Attributes:
        feature: (n_nodes,) input that a split asks; LEAF at a leaf.
        threshold: (n_nodes,) inputs up to here go left.
        left: (n_nodes,) node of the left child; anything at a leaf.
        right: (n_nodes,) node of the right child; anything at a leaf.
    """

    feature: NDArray[np.integer]
    threshold: Floats
    left: NDArray[np.integer]
    right: NDArray[np.integer]


def joined(trees: Sequence[PlainTree]) -> Trees:
    """Return all trees as one; leaves are numbered in the order of their nodes."""
    sizes = [len(tree.feature) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64) if sizes else _none()
    features = _together([tree.feature for tree in trees])
    is_leaf = features == LEAF
    shift = np.repeat(roots, sizes)
    left = _together([tree.left for tree in trees]) + shift
    right = _together([tree.right for tree in trees]) + shift
    left[is_leaf] = np.arange(is_leaf.sum())
    right[is_leaf] = 0
    thresholds = np.concatenate([np.empty(0), *(tree.threshold for tree in trees)])
    thresholds[is_leaf] = 0.0
    return Trees(feature=features, threshold=thresholds, left=left, right=right, roots=roots)


def n_leaves(trees: Trees) -> int:
    """Return how many leaves all trees have together."""
    return int((trees.feature == LEAF).sum())


def as_shown(inputs: Floats) -> Floats:
    """Return rows as the trees are asked: C-contiguous, of single precision in float64."""
    return np.ascontiguousarray(inputs.astype(np.float32), dtype=np.float64)


def load_trees(arrays: Arrays, n_inputs: int, where: str) -> Trees:
    """Return the trees among saved arrays.

    Raises:
        ArtifactError: Naming the file `where`, if they are no trees of `n_inputs` inputs.
    """
    feature = integers_of(arrays, "feature", (None,), n_inputs, where, least=LEAF)
    shape, n_nodes = feature.shape, len(feature)
    trees = Trees(
        feature=feature,
        threshold=floats_of(arrays, "threshold", shape, where),
        left=integers_of(arrays, "left", shape, n_nodes, where),
        right=integers_of(arrays, "right", shape, n_nodes, where),
        roots=integers_of(arrays, "roots", (None,), n_nodes, where),
    )
    if not _are_trees(trees):
        raise ArtifactError(f"`{where}`: the arrays {', '.join(NAMES)} make no trees; re-train")
    return trees


def _are_trees(trees: Trees) -> bool:
    """Return whether each node but the roots is the child of one before it, in its own tree."""
    n_nodes = len(trees.feature)
    if n_nodes == 0 or len(trees.roots) == 0:
        return n_nodes == len(trees.roots) == 0
    if trees.roots[0] != 0 or (np.diff(trees.roots) <= 0).any():
        return False
    splits = np.flatnonzero(trees.feature != LEAF)
    leaves = np.flatnonzero(trees.feature == LEAF)
    children = np.concatenate([trees.left[splits], trees.right[splits]])
    parents = np.concatenate([splits, splits])
    is_root = np.zeros(n_nodes, dtype=bool)
    is_root[trees.roots] = True
    tree = np.cumsum(is_root)
    return (
        np.array_equal(np.sort(children), np.flatnonzero(~is_root))
        and bool((children > parents).all() and (tree[children] == tree[parents]).all())
        and np.array_equal(trees.left[leaves], np.arange(len(leaves)))
    )


def _together(parts: Sequence[NDArray[np.integer]]) -> Integers:
    return np.concatenate([_none(), *parts]).astype(np.int64)


def _none() -> Integers:
    return np.empty(0, dtype=np.int64)
