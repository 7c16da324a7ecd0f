"""Learned families: they find what labels are like, invent nothing, and come back from arrays."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from data.forecast_names import Head
from models.forecast.ensemble import Ensemble
from models.forecast.lightgbm_quantiles import LightgbmQuantiles
from models.forecast.mixture_density import mixture_density
from models.forecast.quantile_net import quantile_net
from models.forecast.quantile_regression import QuantileRegression
from models.forecast.random_forest import RandomForest
from models.forecast.transformer import Transformer
from tests.helpers.forecast_laws import law, task_of
from utils.errors import ArtifactError, DataError

PAIR = {"linear": QuantileRegression, "trees": LightgbmQuantiles}

MAKERS = {
    "quantile_regression": QuantileRegression,
    "random_forest": RandomForest,
    "lightgbm": LightgbmQuantiles,
    "neural_network": quantile_net,
    "mixture_density": mixture_density,
    "transformer": Transformer,
    "ensemble": partial(Ensemble, makers=PAIR),
}

pytestmark = pytest.mark.parametrize("name", MAKERS)

TRAIN, TEST = law(6_000), law(3_000, seed=1)


@pytest.fixture(scope="module")
def fitted():
    """Return what gives each family's model of TRAIN, fitted once."""
    models = {}

    def model_of(name):
        if name not in models:
            models[name] = MAKERS[name](task_of())
            TRAIN.fit(models[name])
        return models[name]

    return model_of


def test_family_learns_width_and_place_of_labels(name, fitted):
    """True quantiles beat plain ones by a tenth of the loss; most of it must be found."""
    true = TEST.skill(TEST.quantiles, TRAIN)
    found = TEST.skill(fitted(name).predict_quantiles(TEST.X), TRAIN)
    assert true > 0.09
    assert found > 0.5 * true


def test_family_finds_hardly_anything_in_noise(name):
    noise = law(3_000, spread=0.0, place=0.0)
    unseen = law(3_000, seed=1, spread=0.0, place=0.0)
    model = MAKERS[name](task_of())
    noise.fit(model)
    assert abs(unseen.skill(model.predict_quantiles(unseen.X), noise)) < 0.01


def test_family_row_by_itself_gives_the_same_bits(name, fitted):
    model = fitted(name)
    together = model.predict_quantiles(TEST.X[:60])
    alone = np.vstack([model.predict_quantiles(TEST.X[row : row + 1]) for row in range(60)])
    assert alone.tobytes() == together.tobytes()
    assert model.predict_quantiles(TEST.X[7:20]).tobytes() == together[7:20].tobytes()


def test_family_quantiles_rise_with_the_level_and_with_the_scale(name, fitted):
    found = fitted(name).predict_quantiles(TEST.X)
    assert found.shape == (3_000, 9)
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=1) >= 0.0).all()


def test_family_comes_back_from_its_arrays(name, fitted):
    arrays = fitted(name).arrays()
    again = MAKERS[name](task_of())
    again.load_arrays({key: array.copy() for key, array in arrays.items()}, "file")
    expected = fitted(name).predict_quantiles(TEST.X[:100])
    np.testing.assert_array_equal(again.predict_quantiles(TEST.X[:100]), expected)


def test_family_refuses_each_array_that_does_not_fit(name, fitted):
    arrays = dict(fitted(name).arrays())
    for key, array in arrays.items():
        broken = {
            "missing": {other: arrays[other] for other in arrays if other != key},
            "shape": {**arrays, key: array[None]},
            "type": {**arrays, key: array.astype(np.float32)},
        }
        if array.dtype == np.float64:
            broken["nan"] = {**arrays, key: np.full_like(array, np.nan)}
        for changed in broken.values():
            with pytest.raises(ArtifactError, match="`file.*`array `|`file.*arrays? "):
                MAKERS[name](task_of()).load_arrays(changed, "file")
    with pytest.raises(ArtifactError, match="array `odd` is not part of this model"):
        MAKERS[name](task_of()).load_arrays({**arrays, "odd": np.zeros(1)}, "file")


def test_family_repeats_itself_whatever_is_drawn_elsewhere(name):
    few = law(1_200)
    models = [MAKERS[name](task_of()) for _ in range(2)]
    few.fit(models[0])
    np.random.rand(5)
    few.fit(models[1])
    first, second = (model.predict_quantiles(few.X) for model in models)
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize(("head", "sign"), [(Head.MAE, -1.0), (Head.MFE, 1.0)])
def test_family_keeps_to_the_sign_of_its_head(name, head, sign):
    few = law(1_200)
    few = replace(few, y=sign * np.abs(few.y))
    model = MAKERS[name](task_of(head))
    few.fit(model)
    found = sign * model.predict_quantiles(TEST.X)
    assert (found >= 0.0).all()
    assert (found > 0.0).any()


def test_family_refuses_labels_that_teach_nothing(name):
    few = law(1_200)
    with pytest.raises(DataError, match="labels of `return` at horizon 3 must vary, were all 0"):
        replace(few, y=np.zeros(1_200)).fit(MAKERS[name](task_of()))
    with pytest.raises(DataError, match="rows of `return` at horizon 3 must be >= 100, were 60"):
        law(60).fit(MAKERS[name](task_of()))
    one = replace(few, sessions=np.zeros(1_200, dtype=np.int64))
    with pytest.raises(DataError, match="sessions of `return` at horizon 3 must be >= 4, were 1"):
        one.fit(MAKERS[name](task_of()))


def test_family_tells_of_its_progress(name):
    told = []
    model = MAKERS[name](task_of(on_progress=lambda what, share: told.append((what, share))))
    law(600).fit(model)
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert all("\n" not in what for what, _ in told)
