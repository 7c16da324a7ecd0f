"""Boosted quantiles: the sums of LightGBM's own trees, and no trees where there is nothing."""

import numpy as np

from data.forecast_names import LEVELS
from models.compiled.forest import add_leaf_values
from models.forecast.binary_trees import as_shown, joined
from models.forecast.lightgbm_quantiles import (
    LightgbmQuantiles,
    _leaf_values,
    _plain,
    _trees_that_help,
)
from tests.helpers.forecast_laws import law, task_of


def test_sums_of_leaves_are_what_lightgbm_predicts():
    import lightgbm

    rows = law(2_000)
    shown = rows.X.astype(np.float32)
    data = lightgbm.Dataset(shown, rows.y / rows.X[:, 0])
    parameters = {"objective": "quantile", "alpha": 0.9, "num_leaves": 7, "verbosity": -1}
    booster = lightgbm.train(parameters | {"num_threads": 1}, data, num_boost_round=20)
    told = booster.dump_model()["tree_info"]
    trees = joined([_plain(tree) for tree in told])
    values = np.array([value for tree in told for value in _leaf_values(tree)])
    sums = np.zeros((2_000, 1))
    add_leaf_values(as_shown(rows.X), trees, values, np.zeros(20, dtype=np.int64), sums)
    np.testing.assert_array_equal(sums[:, 0], booster.predict(shown, num_threads=1))


def test_lightgbm_that_finds_nothing_keeps_the_plain_quantiles():
    """Inputs that never vary leave no split, so that every level stays where it began."""
    rows = law(1_000)
    rows.X[:] = [0.001, 1.0, 1.0, 1.0, 1.0, 1.0]
    model = LightgbmQuantiles(task_of())
    rows.fit(model)
    assert len(model.arrays()["roots"]) == 0
    expected = np.quantile(rows.y / 0.001, LEVELS) * 0.001
    np.testing.assert_allclose(model.predict_quantiles(rows.X[:1])[0], expected)
    again = LightgbmQuantiles(task_of())
    again.load_arrays(model.arrays(), "file")
    np.testing.assert_allclose(again.predict_quantiles(rows.X[:1])[0], expected)


def test_lightgbm_keeps_the_trees_up_to_the_least_loss_on_what_was_held_out():
    """As LightGBM's own record says, of more trees than are waited for."""
    import lightgbm

    learnt, held_out = law(1_500), law(1_500, seed=1)
    parameters = {"objective": "quantile", "metric": "quantile", "alpha": 0.9, "num_leaves": 31}
    parameters |= {"learning_rate": 0.3, "num_threads": 1, "verbosity": -1}
    parameters["boost_from_average"] = False
    data, unseen = _data(learnt, held_out, parameters)
    record = {}
    lightgbm.train(
        parameters, data, 60, valid_sets=[unseen], callbacks=[lightgbm.record_evaluation(record)]
    )
    best = int(np.argmin(record["valid_0"]["quantile"])) + 1
    assert 1 < best < 45
    assert len(_trees_that_help(data, unseen, parameters)) == best


def _data(learnt, held_out, parameters):
    """Return the labels in units of scale of both as LightGBM takes them."""
    import lightgbm

    data, unseen = (
        (rows.X.astype(np.float32), rows.y / rows.X[:, 0]) for rows in (learnt, held_out)
    )
    made = lightgbm.Dataset(*data, params=parameters, free_raw_data=False).construct()
    return made, made.create_valid(*unseen, params=parameters).construct()
