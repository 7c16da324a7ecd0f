"""The family `random_forest`: quantile regression forests (Meinshausen, JMLR 7, 2006).

Trees of scikit-learn split where label and size of label change; what they forecast is the mean of
the distribution functions of their leaves, of all training rows in them, which is Meinshausen's
weighting. The functions are kept at fixed edges and are straight lines between those.
"""

import numpy as np
from numpy.typing import NDArray

from data.forecast_names import LEVELS, N_LEVELS
from models.compiled.forest import Trees, add_leaf_tables, leaf_numbers, table_quantiles
from models.forecast.binary_trees import LEAF, NAMES, PlainTree, as_shown, joined, load_trees
from models.forecast.family import Arrays, FamilyTask, Floats, Integers
from models.forecast.learning_rows import LearningRows, learning_rows, mean_pinball, unscaled
from models.forecast.stored_arrays import check_names, floats_of
from utils.errors import ArtifactError

N_TREES = 60
TRIED_TREES = 15
"""Of the forest, and of those that choose how large its leaves are."""

LEAF_SHARES = (0.25, 0.08, 0.02)
"""Least shares of the rows in a leaf, of which one is chosen on held-out sessions."""

ROW_SHARE, INPUT_SHARE = 0.5, 0.4
"""Of rows that each tree sees, and of inputs that each split does."""

MOST_ROWS = 20_000

EDGE_LEVELS = 1.0 / (1.0 + np.exp(-np.linspace(-7.5, 7.5, 121)))
"""Levels of the labels' quantiles that are edges: close together in the tails too."""

EDGES, TABLES = "edges", "tables"


class RandomForest:
    """Quantiles of the labels in a forest's leaves; see `models.forecast.family`."""

    def __init__(self, task: FamilyTask):
        """Create a model that has learnt nothing yet."""
        self._task = task
        self._trees: Trees
        self._edges: Floats
        self._tables: Floats

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Grow trees, and keep what lies in their leaves."""
        rows = learning_rows(self._task, X, y, sessions).thinned(self._task.horizon, MOST_ROWS)
        learnt, held_out = rows.split()
        losses = []
        for share in LEAF_SHARES:
            self._grow(learnt, TRIED_TREES, share)
            losses.append(mean_pinball(held_out.labels, self._forecast(held_out.inputs)))
        self._grow(rows, N_TREES, LEAF_SHARES[int(np.argmin(losses))])

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the quantiles of the mean of the leaves' distribution functions."""
        return unscaled(self._forecast(X), X, self._task.head)

    def update(self, y_delayed: float) -> None:
        """Take no note: all is learnt in `fit`."""

    def arrays(self) -> Arrays:
        """Return the trees, and the distribution function of each leaf at the edges."""
        return {**self._trees._asdict(), EDGES: self._edges, TABLES: self._tables}

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over another model's arrays."""
        check_names(arrays, {*NAMES, EDGES, TABLES}, where)
        trees = load_trees(arrays, len(self._task.columns), where)
        edges = floats_of(arrays, EDGES, (None,), where)
        n_leaves = int((trees.feature == LEAF).sum())
        tables = floats_of(arrays, TABLES, (n_leaves, len(edges)), where)
        rises = all((np.diff(values, axis=-1) >= 0).all() for values in (edges, tables))
        if not rises or n_leaves == 0 or tables.min() < 0 or (tables[:, -1] != 1).any():
            raise ArtifactError(
                f"`{where}`: the arrays {EDGES} and {TABLES} are no distributions; re-train"
            )
        self._trees, self._edges, self._tables = trees, edges, tables

    def _forecast(self, inputs: Floats) -> Floats:
        """Return quantiles (n, N_LEVELS) in units of scale."""
        sums = np.zeros((len(inputs), len(self._edges)))
        add_leaf_tables(as_shown(inputs), self._trees, self._tables, sums)
        found = np.empty((len(inputs), N_LEVELS))
        table_quantiles(sums, self._edges, np.array(LEVELS), found)
        return found

    def _grow(self, rows: LearningRows, n_trees: int, leaf_share: float) -> None:
        """Set trees and tables of some rows."""
        shown = as_shown(rows.inputs)
        self._trees = _grown(shown, rows.labels, (n_trees, leaf_share, self._task.settings.seed))
        self._edges = np.quantile(rows.labels, EDGE_LEVELS)
        self._edges[[0, -1]] = rows.labels.min(), rows.labels.max()
        numbers = np.empty((len(shown), n_trees), dtype=np.int64)
        leaf_numbers(shown, self._trees, numbers)
        self._tables = _tables(numbers, rows.labels, self._edges)


def _grown(shown: Floats, labels: Floats, size: tuple[int, float, int]) -> Trees:
    """Return trees on rows; `size` is their number, the least share in a leaf, and the seed."""
    from sklearn.ensemble import RandomForestRegressor  # noqa: PLC0415 - takes a second

    n_trees, leaf_share, seed = size
    forest = RandomForestRegressor(
        n_estimators=n_trees,
        min_samples_leaf=max(1, round(leaf_share * ROW_SHARE * len(labels))),
        max_features=INPUT_SHARE,
        max_samples=ROW_SHARE,
        random_state=seed,
        n_jobs=1,
    )
    forest.fit(shown.astype(np.float32), _targets(labels))
    return joined([_plain(member.tree_) for member in forest.estimators_])


def _targets(labels: Floats) -> Floats:
    """Return what trees split by, (n, 2): labels and their sizes, of variance one, no tails."""
    low, high = np.quantile(labels, [LEVELS[0], LEVELS[-1]])
    plain = np.clip(labels, low, high)
    both = np.stack([plain, np.abs(plain - np.median(plain))], axis=1)
    sd = both.std(axis=0)
    return both / np.where(sd > 0, sd, 1.0)


def _plain(tree: object) -> PlainTree:
    """Return a tree of scikit-learn, whose nodes are in the order of a walk through it."""
    left = np.asarray(tree.children_left)  # type: ignore[attr-defined]
    return PlainTree(
        feature=np.where(left < 0, LEAF, tree.feature),  # type: ignore[attr-defined]
        threshold=np.asarray(tree.threshold),  # type: ignore[attr-defined]
        left=left,
        right=np.asarray(tree.children_right),  # type: ignore[attr-defined]
    )


def _tables(numbers: NDArray[np.int64], labels: Floats, edges: Floats) -> Floats:
    """Return the share of labels up to each edge, leaf by leaf: (n_leaves, n_edges)."""
    cells = np.searchsorted(edges, labels, side="left")
    counts = np.zeros((int(numbers.max()) + 1, len(edges)))
    for leaves in numbers.T:
        np.add.at(counts, (leaves, cells), 1.0)
    sums = np.cumsum(counts, axis=1)
    return sums / sums[:, -1:]
