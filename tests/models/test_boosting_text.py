"""A forged text of trees is refused before LightGBM reads from where it points."""

import re

import numpy as np
import pytest

from config.settings import AgentSettings
from models.boosting_text import checked_trees
from models.signal_boosting import BoostedPredictor, fit_boosting
from tests.helpers.signals import LOOKBACK, linear_task, random_features

WIDTH = 15


@pytest.fixture(scope="module")
def text() -> str:
    predictor = fit_boosting(linear_task(), AgentSettings(algorithm="DP")).predictor
    return bytes(predictor.weights()["model"].numpy()).decode()


def _with(text: str, key: str, value: str) -> bytes:
    """Return the text with another value of the first line `key=`."""
    changed = re.sub(rf"^{key}=.*$", f"{key}={value}", text, count=1, flags=re.MULTILINE)
    assert changed != text
    return changed.encode()


def test_checked_trees_forecast_as_the_whole_text_does(text):
    import lightgbm

    features = random_features(200)
    own = BoostedPredictor(LOOKBACK, 3, text.encode()).signals(features)
    whole = BoostedPredictor(LOOKBACK, 3)
    whole._booster = lightgbm.Booster(model_str=text)
    np.testing.assert_array_equal(own, whole.signals(features))
    assert np.unique(own).size > 10


def test_checked_trees_leave_out_what_no_forecast_needs(text):
    assert "[num_iterations: " in text
    checked = checked_trees(text.encode(), WIDTH)
    assert "tree_sizes" not in checked
    assert "[num_iterations: " not in checked
    assert checked.count("Tree=") == text.count("Tree=") > 0


def _first(text: str, key: str) -> list[str]:
    """Return the words of the first line `key=`."""
    return re.search(rf"^{key}=(.*)$", text, flags=re.MULTILINE)[1].split(" ")


@pytest.mark.parametrize(
    ("key", "forge"),
    [
        ("split_feature", lambda words: [*words[:-1], "15"]),
        ("split_feature", lambda words: [*words[:-1], "-1"]),
        ("split_feature", lambda words: words[:-1]),
        ("left_child", lambda words: [*words[:-1], "1000000"]),
        ("left_child", lambda words: ["0"] * len(words)),
        ("left_child", lambda words: ["-1"] * len(words)),
        ("right_child", lambda words: [*words[:-1], "-1000000"]),
        ("right_child", lambda words: [*words[:-1], ""]),
        ("leaf_value", lambda words: words[:-1]),
        ("leaf_value", lambda words: [*words[:-1], "nan"]),
        ("leaf_value", lambda words: [*words[:-1], "1e999"]),
        ("threshold", lambda words: [*words[:-1], "inf"]),
        ("threshold", lambda words: words[:-1]),
        ("decision_type", lambda words: ["1", *words[1:]]),
        ("num_leaves", lambda words: [str(int(words[0]) + 1)]),
        ("num_leaves", lambda words: ["0"]),
        ("num_leaves", lambda words: ["0_4"]),
        ("num_cat", lambda words: ["1"]),
        ("is_linear", lambda words: ["1"]),
        ("num_class", lambda words: ["2"]),
        ("num_tree_per_iteration", lambda words: ["7"]),
        ("objective", lambda words: [""]),
        ("objective", lambda words: ["multiclass", "num_class:1000"]),
    ],
)
def test_forged_trees_are_refused(text, key, forge):
    forged = _with(text, key, " ".join(forge(_first(text, key))))
    with pytest.raises(ValueError, match="is no LightGBM model"):
        checked_trees(forged, WIDTH)


@pytest.mark.parametrize("space", ["\t", "\x1f", "  "])
def test_other_spaces_between_numbers_are_refused(text, space):
    words = _first(text, "left_child")
    assert len(words) > 1
    with pytest.raises(ValueError, match="is no LightGBM model"):
        checked_trees(_with(text, "left_child", space.join(words)), WIDTH)


@pytest.mark.parametrize("junk", ["junk", "average_output", "num_cat=0"])
def test_line_that_says_nothing_or_says_it_twice_is_refused(text, junk):
    forged = text.replace("num_cat=0", f"num_cat=0\n{junk}", 1).encode()
    with pytest.raises(ValueError, match="is no LightGBM model"):
        checked_trees(forged, WIDTH)


def test_nothing_of_a_given_text_is_handed_on_unread(text):
    harmless = text.replace("num_cat=0", "num_cat=0\nwhatever=%s%n", 1).encode()
    assert "whatever" not in checked_trees(harmless, WIDTH)


def test_tree_of_one_leaf_is_one(text):
    lone = "\n".join(
        ["Tree=0", "num_leaves=1", "num_cat=0", "split_feature=", "leaf_value=0.25", ""]
    )
    head = text[: text.index("Tree=0")]
    model = f"{head}{lone}\nend of trees\n"
    predictor = BoostedPredictor(LOOKBACK, 3, model.encode())
    assert set(predictor.signals(random_features(40))) == {0.25}


def test_forged_number_of_inputs_is_refused(text):
    with pytest.raises(ValueError, match="is no LightGBM model"):
        checked_trees(_with(text, "max_feature_idx", "0"), 1)
    with pytest.raises(ValueError, match="must be a model of 15 inputs, found 100"):
        checked_trees(_with(text, "max_feature_idx", "99"), WIDTH)


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe", b"tree\nnot a model", b"Tree=0\n"])
def test_text_that_is_no_model_is_refused(garbage):
    with pytest.raises(ValueError, match="is no LightGBM model"):
        checked_trees(garbage, WIDTH)
