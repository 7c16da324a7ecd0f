"""Checks of what a feature's values are: their bounds, their size, and what they depend on."""

import pytest

from data.feature_frames import check_frame, sessions_frame
from data.feature_value_checks import check_hard_bars, check_scale, check_values, check_warm_up
from tests.helpers.tried_features import tried_set
from utils.jit import jit


@jit
def place_step(state, parameters, bar, out):
    """Write where the close lies in the bar's range, from 0 to 1, or a number instead."""
    reach = bar.high - bar.low
    out[0] = (bar.close - bar.low) / reach if reach > 0.0 else parameters[0]


@jit
def still_step(state, parameters, bar, out):
    out[0] = parameters[0]


@jit
def price_step(state, parameters, bar, out):
    out[0] = bar.close / parameters[0]


@jit
def endless_volume_step(state, parameters, bar, out):
    state[0] += bar.volume
    out[0] = state[0] / 1e6


@jit
def late_infinity_step(state, parameters, bar, out):
    """Divide by zero in the sixth session."""
    if bar.is_session_start:
        state[0] += 1.0
    out[0] = 1.0 / (6.0 - state[0])


def test_check_values_finds_a_column_that_never_changes():
    problems = check_values(tried_set(still_step, parameters=(0.5,)), sessions_frame())
    assert "never changes (`tried`, first in row 0)" in problems["tried"]


@pytest.mark.parametrize(
    ("bounds", "is_right"),
    [
        ("[0, 1]", True),
        ("(0, 1)", True),
        ("[0, unbounded)", True),
        ("[0, 0.9]", False),
        ("[0, 0.96]: rounded", False),
        ("[0.5, 1]", False),
        ("[-2, -1], rarely more", False),
        ("unbounded", True),
        ("[0, 0.5] where prices are positive", True),
    ],
)
def test_check_values_compares_bounds_that_are_an_interval(bounds, is_right):
    features = tried_set(place_step, bounds=bounds, parameters=(0.5,))
    assert (check_values(features, sessions_frame()) == {}) == is_right


def test_check_values_allows_bounds_that_were_rounded():
    features = tried_set(place_step, bounds="[0.02, 0.98]", parameters=(0.5,))
    assert "outside of its `bounds`" in check_values(features, sessions_frame())["tried"]
    features = tried_set(place_step, bounds="[0.1, 1.0]", parameters=(0.5,))
    frame = sessions_frame()
    reach = frame["high"] - frame["low"]
    frame["close"] = frame["low"] + 0.06 * reach  # nearer to 0.1 than to 0.0
    assert "outside of its `bounds`" not in check_values(features, frame).get("tried", "")


def test_check_values_finds_a_spread_that_nothing_comes_near():
    assert check_values(tried_set(place_step, parameters=(0.5,)), sessions_frame()) == {}
    problems = check_values(
        tried_set(place_step, spread=50_000.0, parameters=(0.5,)), sessions_frame()
    )
    assert "`spread` is more than 200 standard deviations" in problems["tried"]


def test_check_hard_bars_finds_values_outside_of_bounds():
    features = tried_set(place_step, bounds="[0, 1]", parameters=(3.0,))
    problems = check_hard_bars(features, check_frame())
    assert problems["tried"].startswith("outside of its `bounds` on bars of constant prices")


def test_check_scale_finds_a_price_and_an_endless_sum():
    price = check_scale(tried_set(price_step, parameters=(18_000.0,)), sessions_frame())
    volume = check_scale(tried_set(endless_volume_step), sessions_frame())
    assert "depends on the price's level" in price["tried"]
    assert "depends on the volume's size" in volume["tried"]
    assert check_scale(tried_set(place_step, parameters=(0.5,)), sessions_frame()) == {}


def test_check_warm_up_needs_many_sessions_to_find_what_comes_late():
    features = tried_set(late_infinity_step)
    assert check_warm_up(features, check_frame()) == {}
    assert set(check_warm_up(features, sessions_frame())) == {"tried"}
