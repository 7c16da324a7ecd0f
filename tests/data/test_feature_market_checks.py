"""Checks of rolls, sessions and the second market: each finds the fault that it is for."""

import math

import numpy as np
import pytest

from data.feature_frames import check_frame, poisoned, sessions_frame, walking_frame
from data.feature_market_checks import check_roll, check_second_market, check_session_rule
from data.feature_set import FeatureSet
from tests.helpers.tried_features import tried_set
from utils.jit import jit


@jit
def unsaid_step(state, parameters, bar, out):
    """Write a number without a second market too, but another one."""
    out[0] = 0.0 if math.isnan(bar.other_close) else bar.close / bar.other_close


@jit
def unready_step(state, parameters, bar, out):
    out[0] = bar.close / bar.other_close


@jit
def other_change_step(state, parameters, bar, out):
    """Write the second market's change in percent of it; its rolls are moved where told to."""
    state[0] += bar.other_roll_gap * parameters[0]
    out[0] = 0.0
    if not math.isnan(bar.other_close):
        if state[0] > 0.0:
            out[0] = 100.0 * (bar.other_close - state[0]) / bar.other_close
        state[0] = bar.other_close


@jit
def sessions_step(state, parameters, bar, out):
    """Write the share of bars since the session began, from the third session on."""
    if bar.is_session_start:
        state[0] += 1.0
        state[1] = 0.0
    state[1] += 1.0
    out[0] = state[1] / 300.0 if state[0] > parameters[0] else 0.0


@jit
def late_price_step(state, parameters, bar, out):
    """Write the distance from the last session's close in percent, from the fourth one on."""
    if bar.is_session_start:
        state[0] += 1.0
        state[2] = state[1]
    state[1] = bar.close
    out[0] = 0.0
    if state[0] > 3.0 and bar.close > 0.0:
        out[0] = 100.0 * (bar.close - state[2]) / bar.close


def test_check_second_market_finds_a_reader_that_does_not_say_so():
    problems = check_second_market(tried_set(unsaid_step), check_frame())
    assert problems == {
        "tried": "reads the second market: set `needs_other` (`tried`, first in row 0)"
    }
    assert check_second_market(tried_set(unsaid_step, needs_other=True), check_frame()) == {}


def test_check_second_market_finds_nan_where_it_is_absent():
    problems = check_second_market(tried_set(unready_step, needs_other=True), check_frame())
    assert problems["tried"].startswith("not finite where the second market is not always there")


def test_check_second_market_finds_its_roll():
    moved, ignored = (
        tried_set(other_change_step, needs_other=True, parameters=(share,)) for share in (1.0, 0.0)
    )
    assert check_second_market(moved, check_frame()) == {}
    assert check_second_market(ignored, check_frame()) == {
        "tried": "the second market's roll shows: add `other_roll_gap` to what `state` holds of "
        "it (`tried`, first in row 200)"
    }


@pytest.mark.parametrize(
    ("rule", "first_session", "is_right"),
    [
        ("resets", 0.0, True),
        ("resets", 2.0, True),
        ("continuous", 2.0, False),
        ("resets", 99.0, False),
        ("continuous", 99.0, True),
    ],
)
def test_check_session_rule_compares_it_with_bars_that_never_begin_one(
    rule, first_session, is_right
):
    features = tried_set(sessions_step, session_rule=rule, parameters=(first_session,))
    assert (check_session_rule(features, sessions_frame()) == {}) == is_right


def test_check_roll_needs_many_sessions_to_find_a_price_that_shows_late():
    features = tried_set(late_price_step, state_size=3, session_rule="resets")
    sound = tried_set(late_price_step, state_size=3, session_rule="resets", price_state=((1, 3),))
    assert check_roll(features, check_frame()) == {}
    assert set(check_roll(features, sessions_frame())) == {"tried"}
    assert check_roll(sound, sessions_frame()) == {}


def test_poisoned_bars_have_rolls_of_both_markets_from_the_row_on():
    frame = poisoned(walking_frame(10), 4)
    for name in ("roll_gap", "other_roll_gap"):
        assert frame[name].tolist() == [0.0] * 4 + [3_000.0] * 6
    assert np.isfinite(FeatureSet(["atr"]).compute(check_frame())[20:]).all()
