"""Forests: the leaves of scikit-learn, distributions by hand, and forged trees refused."""

import numpy as np
import pytest

from data.forecast_names import LEVELS
from models.compiled.forest import Trees, leaf_numbers, table_quantiles
from models.forecast.binary_trees import PlainTree, as_shown, joined, load_trees
from models.forecast.random_forest import RandomForest, _plain, _tables
from tests.helpers.forecast_laws import law, task_of
from utils.errors import ArtifactError


def two_trees() -> Trees:
    """Return a split at 1.5 of input 1 whose right side is split at 0 of input 0, and a leaf."""
    first = PlainTree(
        feature=np.array([1, -1, 0, -1, -1]),
        threshold=np.array([1.5, 9.0, 0.0, 9.0, 9.0]),
        left=np.array([1, -1, 3, -1, -1]),
        right=np.array([2, -1, 4, -1, -1]),
    )
    second = PlainTree(
        feature=np.array([-1]), threshold=np.zeros(1), left=np.array([-1]), right=np.array([-1])
    )
    return joined([first, second])


def test_joined_trees_number_nodes_and_leaves_through():
    trees = two_trees()
    assert trees.roots.tolist() == [0, 5]
    assert trees.left.tolist() == [1, 0, 3, 1, 2, 3]
    assert trees.right.tolist() == [2, 0, 4, 0, 0, 0]


def test_leaf_numbers_by_hand():
    """An input that equals the threshold goes left."""
    rows = np.array([[0.0, 1.5], [0.0, 2.0], [0.1, 2.0]])
    found = np.empty((3, 2), dtype=np.int64)
    leaf_numbers(rows, two_trees(), found)
    assert found.tolist() == [[0, 3], [1, 3], [2, 3]]


def test_leaf_numbers_are_the_leaves_of_scikit_learn():
    from sklearn.ensemble import RandomForestRegressor

    rows = law(2_000)
    forest = RandomForestRegressor(n_estimators=5, min_samples_leaf=20, random_state=0)
    forest.fit(rows.X, rows.y / rows.X[:, 0])
    trees = joined([_plain(member.tree_) for member in forest.estimators_])
    found = np.empty((2_000, 5), dtype=np.int64)
    leaf_numbers(as_shown(rows.X), trees, found)
    nodes = forest.apply(rows.X) + trees.roots
    np.testing.assert_array_equal(trees.left[nodes], found)
    assert (trees.feature[nodes] == -1).all()


def test_tables_are_shares_up_to_each_edge():
    """Leaf 0 holds 1 and 2, leaf 1 holds 2 and 9."""
    numbers, labels = np.array([[0], [0], [1], [1]]), np.array([1.0, 2.0, 2.0, 9.0])
    found = _tables(numbers, labels, np.array([1.0, 2.0, 5.0, 9.0]))
    assert found.tolist() == [[0.5, 1.0, 1.0, 1.0], [0.0, 0.5, 0.5, 1.0]]


def test_table_quantiles_by_hand():
    """From .1 at 1 and .5 at 2 to 1 at 4: .1 is 1, .3 is half way to 2, .75 half way to 4."""
    found = np.empty((1, 4))
    sums, edges = np.array([[0.2, 1.0, 2.0]]), np.array([1.0, 2.0, 4.0])
    table_quantiles(sums, edges, np.array([0.05, 0.1, 0.3, 0.75]), found)
    assert found.tolist() == [[1.0, 1.0, 1.5, 3.0]]


def test_random_forest_of_plain_noise_has_its_quantiles():
    noise = law(4_000, spread=0.0, place=0.0)
    model = RandomForest(task_of())
    noise.fit(model)
    labels = noise.y / noise.X[:, 0]
    share = np.mean(labels[:, None] <= model.predict_quantiles(noise.X) / noise.X[:, :1], axis=0)
    np.testing.assert_allclose(share, LEVELS, atol=0.03)


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("left", 0, 0),
        ("left", 0, 3),
        ("left", 2, 5),
        ("right", 0, 1),
        ("left", 1, 1),
        ("left", 5, 7),
        ("feature", 0, 2),
        ("feature", 0, -2),
        ("feature", 1, 0),
        ("roots", 0, 1),
        ("roots", 1, 4),
        ("roots", 1, 6),
        ("threshold", 0, np.inf),
    ],
)
def test_forged_trees_are_refused(name, place, value):
    arrays = {key: array.copy() for key, array in two_trees()._asdict().items()}
    assert load_trees(arrays, 2, "file").roots.tolist() == [0, 5]
    arrays[name][place] = value
    with pytest.raises(ArtifactError, match="`file`"):
        load_trees(arrays, 2, "file")


@pytest.mark.parametrize(("name", "value"), [("edges", 1e9), ("tables", -0.1), ("tables", 0.5)])
def test_forged_distributions_are_refused(name, value):
    model = RandomForest(task_of())
    law(600).fit(model)
    arrays = {key: np.array(array) for key, array in model.arrays().items()}
    arrays[name].flat[0 if value != 0.5 else -1] = value
    with pytest.raises(ArtifactError, match="edges and tables are no distributions"):
        RandomForest(task_of()).load_arrays(arrays, "file")
