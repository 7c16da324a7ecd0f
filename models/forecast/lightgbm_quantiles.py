"""The family `lightgbm`: small boosted trees for every level, stopped when they help no more.

Each level begins with the plain quantile of the labels in units of scale, and may stay there. How
many trees it gets is seen on held-out sessions. What is kept are the trees as plain arrays, walked
by our own code, so that LightGBM reads no file.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from data.forecast_names import LEVELS, N_LEVELS
from models.compiled.forest import Trees, add_leaf_values
from models.forecast.binary_trees import (
    LEAF,
    NAMES,
    PlainTree,
    as_shown,
    joined,
    load_trees,
    n_leaves,
)
from models.forecast.family import Arrays, FamilyTask, Floats, Integers
from models.forecast.learning_rows import LearningRows, learning_rows, unscaled
from models.forecast.stored_arrays import check_names, floats_of, integers_of

MAX_TREES = 200
PATIENCE = 15
"""Trees of a level at most, and without a better one."""

LEAST_GAIN = 1e-6
"""Share of the loss that counts as better: LightGBM's own sums are of single precision."""

MOST_ROWS = 20_000

PARAMETERS: dict[str, Any] = {
    "objective": "quantile",
    "metric": "quantile",
    "learning_rate": 0.05,
    "num_leaves": 6,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 63,
    "boost_from_average": False,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}

START, VALUES, PLACES = "start", "values", "places"


class LightgbmQuantiles:
    """Boosted trees on labels in units of scale; see `models.forecast.family`."""

    def __init__(self, task: FamilyTask):
        """Create a model that has learnt nothing yet."""
        self._task = task
        self._trees: Trees
        self._start: Floats
        self._values: Floats
        self._places: Integers

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803 - the field's name
        """Grow the trees of all levels, as many as help on held-out sessions."""
        rows = learning_rows(self._task, X, y, sessions).thinned(self._task.horizon, MOST_ROWS)
        self._start = np.quantile(rows.labels, LEVELS)
        levels = list(self._grown(rows))
        dumped = [tree for trees in levels for tree in trees]
        self._trees = joined([_plain(tree) for tree in dumped])
        self._values = np.array([value for tree in dumped for value in _leaf_values(tree)])
        counts = [len(trees) for trees in levels]
        self._places = np.repeat(np.arange(N_LEVELS, dtype=np.int64), counts)

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803 - the field's name
        """Return the sums of all trees' leaves, put in order."""
        found = np.tile(self._start, (len(X), 1))
        add_leaf_values(as_shown(X), self._trees, self._values, self._places, found)
        return unscaled(found, X, self._task.head)

    def update(self, y_delayed: float) -> None:
        """Take no note: all is learnt in `fit`."""

    def arrays(self) -> Arrays:
        """Return the trees, what their leaves add, and to which level."""
        own = {START: self._start, VALUES: self._values, PLACES: self._places}
        return {**self._trees._asdict(), **own}

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over another model's arrays."""
        check_names(arrays, {*NAMES, START, VALUES, PLACES}, where)
        trees = load_trees(arrays, len(self._task.columns), where)
        start = floats_of(arrays, START, (N_LEVELS,), where)
        values = floats_of(arrays, VALUES, (n_leaves(trees),), where)
        places = integers_of(arrays, PLACES, trees.roots.shape, N_LEVELS, where)
        self._trees, self._start, self._values, self._places = trees, start, values, places

    def _grown(self, rows: LearningRows) -> Iterator[list[Mapping[str, Any]]]:
        """Yield the trees of each level as LightGBM tells them."""
        import lightgbm  # noqa: PLC0415 - takes half a second, and few need it

        settings = self._task.settings
        own = {"seed": settings.seed, "num_threads": settings.threads}
        learnt, held_out = rows.split()
        parameters = PARAMETERS | own
        data = lightgbm.Dataset(_single(learnt), params=parameters, free_raw_data=False).construct()
        unseen = data.create_valid(_single(held_out), params=parameters).construct()
        for place, level in enumerate(LEVELS):
            self._tell(place)
            data.set_label(learnt.labels - self._start[place])
            unseen.set_label(held_out.labels - self._start[place])
            yield _trees_that_help(data, unseen, parameters | {"alpha": level})

    def _tell(self, place: int) -> None:
        if self._task.on_progress is not None:
            self._task.on_progress(f"level {LEVELS[place]:g}", place / N_LEVELS)


def _trees_that_help(data: Any, unseen: Any, parameters: dict[str, Any]) -> list[Mapping[str, Any]]:
    """Return the trees up to the least loss on what was held out; none if none is better."""
    import lightgbm  # noqa: PLC0415 - as above

    booster = lightgbm.Booster(parameters, data)
    booster.add_valid(unseen, "held_out")
    level, labels = parameters["alpha"], unseen.get_label()
    least = float(np.mean(np.maximum(level * labels, (level - 1.0) * labels)))
    best = 0
    for count in range(1, MAX_TREES + 1):
        if booster.update():  # there is nothing to split by; a first such tree is a constant
            break
        loss = booster.eval_valid()[0][2]
        if loss < (1.0 - LEAST_GAIN) * least:
            least, best = loss, count
        elif count - best >= PATIENCE:
            break
    return list(booster.dump_model(num_iteration=best)["tree_info"]) if best else []


def _single(rows: LearningRows) -> Any:
    return rows.inputs.astype(np.float32)


def _nodes(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the nodes of a tree, parents before children, left before right."""
    found, waiting = [], [tree["tree_structure"]]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if "split_feature" in node:
            waiting += [node["right_child"], node["left_child"]]
    return found


def _plain(tree: Mapping[str, Any]) -> PlainTree:
    """Return a tree as LightGBM tells it."""
    nodes = _nodes(tree)
    place = {id(node): number for number, node in enumerate(nodes)}
    children = [
        (place[id(node["left_child"])], place[id(node["right_child"])])
        if "split_feature" in node
        else (LEAF, LEAF)
        for node in nodes
    ]
    left, right = np.array(children, dtype=np.int64).T
    return PlainTree(
        feature=np.array([node.get("split_feature", LEAF) for node in nodes], dtype=np.int64),
        threshold=np.array([node.get("threshold", 0.0) for node in nodes]),
        left=left,
        right=right,
    )


def _leaf_values(tree: Mapping[str, Any]) -> list[float]:
    return [node["leaf_value"] for node in _nodes(tree) if "leaf_value" in node]
