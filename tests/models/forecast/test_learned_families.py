"""Learned families: they find what labels are like, and invent nothing."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from models.forecast.ensemble import Ensemble
from models.forecast.lightgbm_quantiles import LightgbmQuantiles
from models.forecast.mixture_density import mixture_density
from models.forecast.quantile_net import quantile_net
from models.forecast.quantile_regression import QuantileRegression
from models.forecast.random_forest import RandomForest
from models.forecast.transformer import Transformer
from tests.helpers.forecast_laws import law, task_of
from utils.errors import DataError

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

TRAIN, TEST = law(4_000), law(3_000, seed=1)


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
    assert 0.5 * true < found < true


def test_family_finds_hardly_anything_in_noise(name):
    noise = law(3_000, spread=0.0, place=0.0)
    unseen = law(3_000, seed=1, spread=0.0, place=0.0)
    model = MAKERS[name](task_of())
    noise.fit(model)
    assert abs(unseen.skill(model.predict_quantiles(unseen.X), noise)) < 0.01


def test_family_refuses_labels_that_teach_nothing(name):
    few = law(1_200)
    with pytest.raises(DataError, match="horizon 3, head return: all 1,200 labels are 0, there"):
        replace(few, y=np.zeros(1_200)).fit(MAKERS[name](task_of()))
    with pytest.raises(DataError, match="needs at least 200 training rows with a label, had 60"):
        law(60).fit(MAKERS[name](task_of()))
    one = replace(few, sessions=np.zeros(1_200, dtype=np.int64))
    with pytest.raises(DataError, match="head return needs at least 4 training sessions, had 1"):
        one.fit(MAKERS[name](task_of()))


def test_family_of_a_long_horizon_learns_from_the_few_rows_that_sessions_have(name):
    """Sessions of 276 bars have 26 labels of 250 bars; their spread must be found all the same."""
    rows = replace(law(520, spread=0.0, place=0.0), sessions=np.arange(520) // 26)
    model = MAKERS[name](task_of(horizon=250))
    rows.fit(model)
    quantiles = model.predict_quantiles(rows.X)
    inside = (rows.y >= quantiles[:, 1]) & (rows.y <= quantiles[:, 7])
    assert 0.8 < inside.mean() < 0.97


def test_family_tells_of_its_progress(name):
    told = []
    model = MAKERS[name](task_of(on_progress=lambda what, share: told.append((what, share))))
    law(600).fit(model)
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert all("\n" not in what for what, _ in told)
