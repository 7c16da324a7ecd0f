"""What is usual at a time of day: by hand, smoothed but for events; and what lies ahead."""

import numpy as np
import pytest

from models.forecast.seasonality import bars_ahead, seasonal_variances, variance_ahead

SEASONAL = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
IS_OPEN = np.array([[True, True, False, True, True, False]])


def _sessions(shape, levels):
    """Return variances, slots and sessions of days of one shape, each at its own level."""
    variances = np.concatenate([level * np.asarray(shape) for level in levels])
    slots = np.tile(np.arange(len(shape)), len(levels))
    return variances, slots, np.repeat(np.arange(len(levels)), len(shape))


def test_seasonal_variances_count_a_wild_session_as_any_other():
    calm, wild = [1.0, 1.0, 1.0, 1.0], [9.0, 9.0, 9.0, 9.0]
    variances = np.array([*calm, *calm, *wild])
    found = seasonal_variances(variances, np.tile(np.arange(4), 3), np.repeat([0, 1, 2], 4), 4)
    # a flat day at the mean level, 11 / 3
    np.testing.assert_allclose(found, 11 / 3)


def test_seasonal_variances_take_their_own_mean_out():
    variances, slots, sessions = _sessions([1.0, 2.0, 3.0, 2.0, 1.0], [1.0, 5.0, 2.0])
    found = seasonal_variances(variances, slots, sessions, 5)
    assert np.mean(variances / found[slots]) == pytest.approx(1.0)


def test_seasonal_variances_smooth_noise_and_keep_an_event():
    shape = np.ones(40)
    shape[10] = 1.1
    shape[25] = 6.0
    variances, slots, sessions = _sessions(shape, np.ones(100))
    found = seasonal_variances(variances, slots, sessions, 40)
    assert found[10] / found[0] == pytest.approx(1.1 ** (1 / 3))  # 3 ninths of it, in logarithms
    assert found[25] / found[0] == pytest.approx(6.0)
    # next to it smoothing would move a slot by as much, further away by less
    assert found[24] / found[0] == pytest.approx(1.0)
    assert found[23] / found[0] == pytest.approx(6.0 ** (1 / 9))


def test_seasonal_variances_of_few_sessions_do_not_keep_what_may_be_chance():
    shape = np.ones(40)
    shape[25] = 2.0
    few = seasonal_variances(*_sessions(shape, np.ones(9)), 40)
    assert few[25] / few[0] == pytest.approx(2.0 ** (1 / 3))


def test_seasonal_variances_do_not_smooth_over_slots_without_bars():
    variances = np.tile([1.0, 1.0, 1.2, 1.2], 50)
    slots, sessions = np.tile([0, 1, 8, 9], 50), np.repeat(np.arange(50), 4)
    found = seasonal_variances(variances, slots, sessions, 12)
    assert found[8] / found[1] == pytest.approx(1.2)
    assert (found > 0.0).all()


def test_bars_ahead_are_those_that_the_session_still_has():
    np.testing.assert_array_equal(bars_ahead(IS_OPEN, 2), [[2, 2, 2, 1, 0, 0]])


def test_variance_ahead_is_the_sum_over_open_slots():
    found = variance_ahead(SEASONAL, IS_OPEN, 2)
    # slots 1 and 3; 3 and 4; of a bar in the break 3 and 4; only 4; none left: its own
    np.testing.assert_array_equal(found, [[2 + 8, 8 + 16, 8 + 16, 16, 16, 32]])


def test_variance_ahead_faded_weighs_each_bar_less_than_the_one_before():
    found = variance_ahead(SEASONAL, IS_OPEN, 3, decay=0.5)
    np.testing.assert_array_equal(found[0, :4], [2 + 4 + 4, 8 + 8, 8 + 8, 16])


def test_variance_ahead_of_a_day_without_a_session_is_one_bar_of_its_slot():
    np.testing.assert_array_equal(variance_ahead(SEASONAL, ~IS_OPEN & False, 2), [SEASONAL])
