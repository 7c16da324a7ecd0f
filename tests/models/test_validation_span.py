"""Which last rows choose the weights."""

import pytest

from models.training_env import training_stop
from models.validation_span import validation_start
from tests.helpers.agents import SMALL, small_env
from utils.errors import DataError


def test_validation_start_of_nothing_held_back_is_all_rows():
    assert validation_start(60, 1, 0.0) == 60


@pytest.mark.parametrize(
    ("fraction", "start"),
    # decisions at the closes of rows 1 to 58: 58 of them
    [(0.15, 52), (0.5, 31), (0.99, 3), (0.018, 59)],
)
def test_validation_start_holds_back_the_last_share_of_the_decisions(fraction, start):
    assert validation_start(60, 1, fraction) == start


def test_validation_start_without_a_single_decision_says_what_to_do():
    with pytest.raises(
        DataError,
        match=r"`validation_fraction` of 0.017 leaves none of 58 decisions .*; give more bars, a "
        r"larger share, or 0 to keep the last weights",
    ):
        validation_start(60, 1, 0.017)


def test_training_stop_counts_decisions_of_the_environment():
    half = SMALL.model_copy(update={"validation_fraction": 0.5})
    assert training_stop(small_env(), half) == 31
    assert training_stop(small_env(lookback_window=10), half) == 35
    assert training_stop(small_env(), SMALL) == 60
