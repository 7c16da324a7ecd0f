"""Recipes: what they hold, what they stand for in a selection, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from config.settings import load_profile
from data.feature_set import FeatureSet
from data.features import FEATURES
from data.indicators.bar import FEATURE_BAR
from data.recipes import RECIPES, expand_recipes, recipes_with
from data.store import load_bars
from models.training import make_training_env
from tests.helpers.bars import real_data
from tests.helpers.feature_kit import walking_frame
from utils.errors import ArtifactError, ConfigError

KNOWN_TO_USERS = {
    "basic",
    "momentum",
    "trend",
    "volatility",
    "volume",
    "microstructure",
    "statistical",
    "time",
    "regime",
    "multi_timeframe",
    "cross",
    "full",
    "mnq_default",
}
LARGEST_CORRELATION = 0.95


def n_columns(recipe):
    return sum(len(FEATURES[name].columns) for name in RECIPES[recipe])


def test_recipes_are_those_that_users_know():
    assert set(RECIPES) == KNOWN_TO_USERS


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe_holds_features_each_once(recipe):
    names = RECIPES[recipe]
    assert names
    assert set(names) <= set(FEATURES)
    assert len(set(names)) == len(names)


def test_recipe_is_named_like_no_feature():
    assert not set(RECIPES) & set(FEATURES)
    assert not set(RECIPES) & {column for spec in FEATURES.values() for column in spec.columns}


def test_every_feature_is_in_a_recipe_of_its_family():
    families = set(RECIPES) - {"full", "mnq_default"}
    assert set(FEATURES) == {name for family in families for name in RECIPES[family]}
    assert recipes_with("atr") == ("volatility", "mnq_default")


def test_full_has_a_hundred_columns_or_more_and_needs_one_market():
    assert n_columns("full") >= 100
    assert set(FEATURES) - set(RECIPES["full"]) == set(RECIPES["cross"])
    assert not any(FEATURES[name].needs_other for name in RECIPES["full"])


def test_mnq_default_has_about_forty_columns_of_every_family():
    assert 36 <= n_columns("mnq_default") <= 44
    families = {family for name in RECIPES["mnq_default"] for family in recipes_with(name)}
    assert families == KNOWN_TO_USERS - {"cross", "full"}


def test_mnq_default_has_no_two_columns_that_are_nearly_equal_on_real_bars():
    bars = load_bars(real_data("NQ_5min.parquet"), get_instrument("NQ"))
    features = FeatureSet(["mnq_default"])
    values = pd.DataFrame(features.compute(bars)[features.warm_up :: 7], columns=features.columns)
    correlation = values.rank().corr().abs().to_numpy(copy=True)
    np.fill_diagonal(correlation, 0.0)
    assert np.isfinite(correlation).all()
    assert correlation.max() < LARGEST_CORRELATION


def test_expand_recipes_keeps_order_and_counts_a_shared_feature_once():
    assert "volatility_20" in RECIPES["basic"]
    assert "volatility_20" in RECIPES["volatility"]
    expanded = expand_recipes(["time_of_mine", "basic", "volatility"])
    rest = [name for name in RECIPES["volatility"] if name != "volatility_20"]
    assert expanded == ("time_of_mine", *RECIPES["basic"], *rest)


def test_expand_recipes_returns_other_names_as_they_are():
    assert expand_recipes(["rsi", "rsi", "no_such"]) == ("rsi", "rsi", "no_such")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["basic", "rsi", "basic"], "name each recipe once, repeated: basic"),
        (["rsi", "momentum"], "`rsi` is in recipe `momentum` already: leave one of the two out"),
        (["basci"], "unknown feature `basci`"),
        (["rsi", "rsi"], "select each feature once, repeated: rsi"),
    ],
)
def test_feature_set_selection_with_a_mistake_gets_one_error(names, message):
    with pytest.raises(ConfigError, match=message):
        FeatureSet(names)


def test_feature_set_of_a_recipe_is_that_of_its_features():
    by_recipe, by_name = FeatureSet(["basic", "rsi"]), FeatureSet([*RECIPES["basic"], "rsi"])
    assert by_recipe.names == (*RECIPES["basic"], "rsi")
    assert by_recipe.hash == by_name.hash
    assert FeatureSet.from_dict(by_recipe.to_dict()).names == by_name.names


def test_feature_set_recipe_goes_before_a_column_of_its_name():
    features = FeatureSet(["volume"], frame_columns=["volume"])
    assert features.names == RECIPES["volume"]
    assert features.external == ()
    assert "volume" in FEATURE_BAR.names


@pytest.mark.parametrize("name", ["volatility", "external:volume"])
def test_feature_set_from_dict_name_that_became_a_recipe_is_refused(name):
    stored = FeatureSet(["rsi"]).to_dict()
    stored["features"] = [{"name": name}]
    with pytest.raises(ArtifactError, match=f"`{name}`, which is the name of a recipe now"):
        FeatureSet.from_dict(stored)


def test_training_env_of_a_recipe_knows_its_features_only():
    settings = load_profile("smoke")
    train = settings.train.model_copy(update={"features": ("basic", "time")})
    env = make_training_env(walking_frame(), settings.model_copy(update={"train": train}))
    assert env.market.feature_set.names == (*RECIPES["basic"], *RECIPES["time"])
