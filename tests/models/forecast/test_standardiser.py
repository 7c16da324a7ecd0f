"""Inputs in deviations, by hand: the scale by its logarithm, outliers kept near."""

import math

import numpy as np
import pytest

from models.forecast.standardiser import Standardiser

ROWS = np.array([[math.exp(-1.0), 4.0, 7.0], [math.exp(1.0), 8.0, 7.0]])


def test_standardiser_brings_training_rows_to_mean_zero_and_deviation_one():
    """The logarithms of the scale are -1 and 1; the last input does not vary."""
    found = Standardiser.fit(ROWS).of(ROWS)
    np.testing.assert_allclose(found, [[-1.0, -1.0, 0.0], [1.0, 1.0, 0.0]], atol=1e-12)


def test_standardiser_keeps_outliers_at_three_deviations():
    far = np.array([[math.exp(2.0), 1_000.0, -50.0]])
    assert Standardiser.fit(ROWS).of(far)[0].tolist() == pytest.approx([2.0, 3.0, -3.0])


def test_standardiser_leaves_its_inputs_as_they_are_and_is_of_training_rows_alone():
    standardiser, rows = Standardiser.fit(ROWS), ROWS.copy()
    before = standardiser.of(rows[:1])
    rows[1] = 99.0
    assert np.array_equal(standardiser.of(rows[:1]), before)
    assert np.array_equal(rows[0], ROWS[0])
