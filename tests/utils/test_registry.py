"""Names that are looked up, and what is said when they are not there."""

import pytest

from utils.errors import ConfigError
from utils.registry import lookup, unknown_name_message

SHAPES = {"circle": 1, "square": 2, "Triangle": 3}


def test_lookup_known_name_returns_the_entry() -> None:
    assert lookup(SHAPES, "square", "shape") == 2


def test_lookup_misspelt_name_gives_the_nearest_and_all_choices() -> None:
    with pytest.raises(ConfigError) as caught:
        lookup(SHAPES, "squaer", "shape")
    assert str(caught.value) == (
        "unknown shape `squaer`: did you mean `square`? choices are Triangle, circle, square"
    )


def test_lookup_name_in_another_case_gives_the_right_spelling() -> None:
    assert "did you mean `Triangle`?" in unknown_name_message("TRIANGLE", "shape", SHAPES)


def test_lookup_name_like_no_other_gives_no_hint() -> None:
    with pytest.raises(ConfigError, match="^unknown shape `xyz`: choices are Triangle, circle"):
        lookup(SHAPES, "xyz", "shape")


def test_unknown_name_among_choices_that_are_no_text_lists_them() -> None:
    message = unknown_name_message("4", "column", [3, "close"])  # type: ignore[list-item]
    assert message == "unknown column `4`: choices are 3, close"
