"""Tests of which levels are tracked and how fast."""

import numpy as np

from models.forecast.tracker import tracked_levels, tracker_rates


def test_tracked_levels_are_the_outer_two_of_each_side():
    np.testing.assert_array_equal(tracked_levels(), [0.01, 0.05, 0.95, 0.99])


def test_tracker_rates_are_divided_by_the_horizon():
    np.testing.assert_allclose(tracker_rates((2, 10), 0.02), [0.01, 0.002], atol=1e-15)
