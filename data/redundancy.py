"""Which columns say the same: clusters by rank correlation, with average linkage."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.indicators.bar import Floats

MAX_ROWS = 20_000
"""Rows that are looked at, evenly spread; more would not change a cluster."""


def rank_correlations(rows: Floats) -> Floats:
    """Return Spearman's correlations of the columns, shape (n_columns, n_columns).

    Ties share their mean rank; a constant column correlates with none, 0, but itself, 1.

    Args:
        rows: Complete rows, shape (n, n_columns), n >= 2.
    """
    spread = rows[:: max(1, -(-len(rows) // MAX_ROWS))]
    ranks = pd.DataFrame(spread).rank().to_numpy()
    ranks = ranks - ranks.mean(axis=0)
    sizes = np.sqrt((ranks**2).sum(axis=0))
    scaled = ranks / np.where(sizes > 0.0, sizes, 1.0)
    correlations = np.clip(scaled.T @ scaled, -1.0, 1.0)
    np.fill_diagonal(correlations, 1.0)
    return np.asarray(correlations)


def clusters(correlations: Floats, least: float) -> NDArray[np.int64]:
    """Return the cluster of each column, shape (n_columns,), numbered from 0 by first member.

    Clusters are joined, nearest first, while the mean absolute correlation between the members of
    the one and of the other is at least `least`.

    Args:
        correlations: As `rank_correlations` returns them.
        least: In (0, 1].
    """
    distances = 1.0 - np.abs(correlations)
    np.fill_diagonal(distances, np.inf)
    members = {i: [i] for i in range(len(distances))}
    while len(members) > 1:
        first, second = (int(i) for i in np.unravel_index(distances.argmin(), distances.shape))
        if distances[first, second] > 1.0 - least:
            break
        _join(distances, members, min(first, second), max(first, second))
    labels = np.empty(len(distances), dtype=np.int64)
    for number, first in enumerate(sorted(members)):
        labels[members[first]] = number
    return labels


def _join(distances: Floats, members: dict[int, list[int]], kept: int, gone: int) -> None:
    """Put cluster `gone` into `kept`: its distances become the means over all pairs."""
    n_kept, n_gone = len(members[kept]), len(members[gone])
    mean = (n_kept * distances[kept] + n_gone * distances[gone]) / (n_kept + n_gone)
    distances[kept], distances[:, kept] = mean, mean
    distances[gone], distances[:, gone] = np.inf, np.inf
    distances[kept, kept] = np.inf
    members[kept] += members.pop(gone)
