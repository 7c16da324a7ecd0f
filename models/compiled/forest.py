"""Where rows end up in binary trees, and what the leaves say there, tree after tree."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from utils.jit import inner_jit, lean_jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Trees(NamedTuple):
    """Nodes of all trees, one after the other; every child stands behind its parent.

    Attributes:
        feature: (n_nodes,) input that a split asks; below zero at a leaf.
        threshold: (n_nodes,) inputs up to here go left; in a leaf nothing.
        left: (n_nodes,) node of a split's left child; number of a leaf.
        right: (n_nodes,) node of a split's right child; in a leaf nothing.
        roots: (n_trees,) first node of each tree.
    """

    feature: Integers
    threshold: Floats
    left: Integers
    right: Integers
    roots: Integers


@inner_jit
def _leaf(inputs: Floats, trees: Trees, node: int) -> int:
    """Return the number of the leaf that `inputs` reach from a node."""
    while trees.feature[node] >= 0:
        goes_left = inputs[trees.feature[node]] <= trees.threshold[node]
        node = trees.left[node] if goes_left else trees.right[node]
    return trees.left[node]


@lean_jit
def leaf_numbers(rows: Floats, trees: Trees, numbers: Integers) -> None:
    """Set `numbers` (n, n_trees) to the leaves that `rows` (n, k) reach."""
    for row in range(len(rows)):
        for tree in range(len(trees.roots)):
            numbers[row, tree] = _leaf(rows[row], trees, trees.roots[tree])


@lean_jit
def add_leaf_tables(rows: Floats, trees: Trees, tables: Floats, sums: Floats) -> None:
    """Add what every tree's leaf says of all of `m` things.

    Args:
        rows: (n, k) inputs.
        trees: The trees.
        tables: (n_leaves, m) what leaves say.
        sums: (n, m) what is added to.
    """
    for row in range(len(rows)):
        for tree in range(len(trees.roots)):
            leaf = _leaf(rows[row], trees, trees.roots[tree])
            for j in range(sums.shape[1]):
                sums[row, j] += tables[leaf, j]


@lean_jit
def add_leaf_values(
    rows: Floats, trees: Trees, values: Floats, columns: Integers, sums: Floats
) -> None:
    """Add what every tree's leaf says of the one thing that the tree is about.

    Args:
        rows: (n, k) inputs.
        trees: The trees.
        values: (n_leaves,) what leaves say.
        columns: (n_trees,) which thing each tree is about.
        sums: (n, m) what is added to.
    """
    for row in range(len(rows)):
        for tree in range(len(trees.roots)):
            leaf = _leaf(rows[row], trees, trees.roots[tree])
            sums[row, columns[tree]] += values[leaf]


@lean_jit
def table_quantiles(sums: Floats, edges: Floats, levels: Floats, quantiles: Floats) -> None:
    """Set the quantiles of distribution functions that are known at some edges.

    Between two edges the function is a straight line; below the first there is nothing.

    Args:
        sums: (n, m) the functions, times any number > 0: never falling, > 0 at the end.
        edges: (m,) where they are known, never falling.
        levels: (k,) rising, in (0, 1).
        quantiles: (n, k)
    """
    last = len(edges) - 1
    for row in range(len(sums)):
        place = 0
        for j in range(len(levels)):
            wanted = levels[j] * sums[row, last]
            while place < last and sums[row, place] < wanted:
                place += 1
            quantiles[row, j] = edges[place]
            if place > 0:
                low, high = sums[row, place - 1], sums[row, place]
                share = min((wanted - low) / (high - low), 1.0) if high > low else 1.0
                quantiles[row, j] += (share - 1.0) * (edges[place] - edges[place - 1])
