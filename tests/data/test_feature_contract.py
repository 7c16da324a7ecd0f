"""What is refused of a specification before anything is made of it."""

import pytest

from data.feature_contract import spec_problem, unusable
from data.features import FEATURES
from tests.helpers.tried_features import tried_spec
from utils.jit import jit


@jit
def still_step(state, parameters, bar, out):
    out[0] = 0.0


def test_spec_problem_of_our_features_is_none():
    assert {name: spec_problem(spec) for name, spec in FEATURES.items()} == dict.fromkeys(
        FEATURES, ""
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"state_size": 2.0}, "`state_size` must be a whole number, was 2.0"),
        ({"state_size": "x"}, "`state_size` must be a whole number, was 'x'"),
        ({"state_size": True}, "`state_size` must be a whole number, was True"),
        ({"warm_up": "3"}, "`warm_up` must be a whole number, was '3'"),
        ({"version": 1.5}, "`version` must be a whole number, was 1.5"),
        ({"lookback": "3"}, "`lookback` must be a whole number or None, was '3'"),
        ({"centre": "0"}, "`centre` must be a number, was '0'"),
        ({"formula": 3}, "`formula` must be text, was 3"),
        ({"needs_other": 1}, "`needs_other` must be True or False, was 1"),
        ({"columns": "tried"}, "`columns` must be a tuple, was 'tried'; one item needs a comma"),
        ({"parameters": [1.0]}, "`parameters` must be a tuple, was [1.0]"),
        ({"parameters": ("a", "b")}, "`parameters` must be finite numbers, was ('a', 'b')"),
        ({"parameters": (float("inf"),)}, "`parameters` must be finite numbers, was (inf,)"),
        ({"price_state": (1, 2)}, "`price_state` must be pairs such as ((1, 11),), was (1, 2)"),
        ({"price_state": ((0, 3),)}, "`price_state` (0, 3) must lie in the state of 2"),
        ({"columns": ("a", "a")}, "`columns` must be different names"),
        ({"columns": (3,)}, "a name must be letters, digits and _, not a digit first, was 3"),
        ({"columns": ("close",)}, "`close` is a column of the bars; choose another name"),
        ({"columns": ("other_close",)}, "`other_close` is a column of the bars"),
    ],
)
def test_unusable_says_which_field_is_wrong(change, problem):
    assert problem in unusable(tried_spec(still_step, **change))


@pytest.mark.parametrize("name", ["a,b", "", "external:x", "ta:foo", "my feature", "2nd", "a-b"])
def test_unusable_refuses_names_that_cannot_be_asked_for(name):
    assert "a name must be letters, digits and _" in unusable(tried_spec(still_step, name=name))


@pytest.mark.parametrize("name", ["volume", "roll_gap", "timestamp"])
def test_unusable_refuses_names_of_the_bars_columns(name):
    assert f"`{name}` is a column of the bars" in unusable(tried_spec(still_step, name=name))
