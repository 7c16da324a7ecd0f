"""Which last rows choose the weights."""

import pytest

from config.settings import AgentSettings
from models.training_env import training_stop
from models.validation_span import is_validated, learnt_until, validated_from
from tests.helpers.agents import SMALL, small_env
from utils.errors import DataError


def share(fraction, **changes):
    return AgentSettings(validation_fraction=fraction, **changes)


def bars(number, purged=0):
    return AgentSettings(validation_bars=number, validation_purge_bars=purged)


def test_learning_with_nothing_held_back_touches_all_rows():
    assert learnt_until(60, 1, share(0.0)) == 60
    assert not is_validated(share(0.0))


@pytest.mark.parametrize(
    ("fraction", "stop"),
    # decisions at the closes of rows 1 to 58: 58 of them
    [(0.15, 52), (0.5, 31), (0.99, 3), (0.018, 59)],
)
def test_share_held_back_is_of_the_decisions(fraction, stop):
    assert learnt_until(60, 1, share(fraction)) == stop
    assert validated_from(60, 1, share(fraction)) == stop - 1


def test_share_held_back_is_purged_before():
    purged = share(0.15, validation_purge_bars=4)
    assert (learnt_until(60, 1, purged), validated_from(60, 1, purged)) == (48, 51)


@pytest.mark.parametrize(
    ("settings", "stop", "first"),
    [(bars(10), 50, 50), (bars(10, 3), 47, 50), (bars(2, 0), 58, 58), (bars(20, 37), 3, 40)],
)
def test_bars_held_back_are_the_last_ones_and_purged_before(settings, stop, first):
    assert learnt_until(60, 1, settings) == stop
    assert validated_from(60, 1, settings) == first
    assert is_validated(settings)


def test_share_without_a_single_decision_says_what_to_do():
    with pytest.raises(
        DataError,
        match=r"`validation_fraction` of 0.017 leaves none of 58 decisions .*; give more bars, a "
        r"larger share, or 0 to keep the last weights",
    ):
        learnt_until(60, 1, share(0.017))


def test_validation_that_leaves_nothing_to_learn_from_says_how_many_bars_are_missing():
    with pytest.raises(
        DataError,
        match="leaves 2 of 60 bars to learn from, 38 purged before it, .* needs 3: 1 bars are",
    ):
        learnt_until(60, 1, bars(20, 38))


def test_training_stop_counts_decisions_of_the_environment():
    half = SMALL.model_copy(update={"validation_fraction": 0.5})
    assert training_stop(small_env(), half) == 31
    assert training_stop(small_env(lookback_window=10), half) == 35
    assert training_stop(small_env(), SMALL) == 60
