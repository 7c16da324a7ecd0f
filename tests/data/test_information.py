"""Information coefficients, their errors and chances, and clusters: numbers by hand."""

import math

import numpy as np
import pytest

from data.information import adjusted_chances, chance, coefficients, standard_errors
from data.redundancy import clusters, rank_correlations


def test_coefficient_by_hand():
    """Products 1, -2, 6: mean 5 / 3. Mean squares (1 + 4 + 4) / 3 = 3 and (1 + 1 + 9) / 3."""
    found = coefficients(np.array([[1.0], [2.0], [2.0]]), np.array([1.0, -1.0, 3.0]))
    assert found[0] == pytest.approx((5 / 3) / math.sqrt(3 * 11 / 3))


def test_coefficient_of_zeros_is_zero():
    assert coefficients(np.zeros((3, 1)), np.ones(3)).tolist() == [0.0]
    assert standard_errors(np.zeros((3, 1)), np.ones(3), 1).tolist() == [0.0]


def test_standard_error_by_hand():
    """Products 1, -1, 1, -1 of sizes 1. With at most 3 lags the weights are 3/4, 2/4, 1/4.

    Sums of lagged products: 4, then -3, 2, -1, so 4 + 2 (-9/4 + 1 - 1/4) = 1; times 4 / (4 - 3),
    the root is 2, and over 4 rows 0.5.
    """
    scores = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    assert standard_errors(scores, np.ones(4), 1)[0] == pytest.approx(0.5)


def test_standard_error_is_the_spread_of_coefficients_of_overlapping_moves():
    """Moves are sums of 6 draws, scores change slowly: neighbours say much the same."""
    rng = np.random.default_rng(0)
    found, errors = [], []
    for _ in range(300):
        draws = rng.normal(size=1_005)
        moves = np.convolve(draws, np.ones(6), mode="valid")
        scores = np.convolve(rng.normal(size=1_019), np.ones(20), mode="valid")[:, None]
        found.append(coefficients(scores, moves)[0])
        errors.append(standard_errors(scores, moves, 6)[0])
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.12)
    assert np.std(found) > 2.0 / math.sqrt(1_000)  # twice what independent rows would have


@pytest.mark.parametrize(("t", "expected"), [(0.0, 0.5), (1.6449, 0.05), (-1.6449, 0.95)])
def test_chance_by_hand(t, expected):
    assert chance(t) == pytest.approx(expected, abs=1e-4)


def test_adjusted_chances_by_hand():
    """0.01 x 3, then 0.02 x 2 = 0.04, then 0.03 x 1, which may not be below the one before."""
    found = adjusted_chances(np.array([0.02, 0.01, 0.03]))
    np.testing.assert_allclose(found, [0.04, 0.03, 0.04])
    assert adjusted_chances(np.array([0.6, 0.7])).tolist() == [1.0, 1.0]


def test_rank_correlations_by_hand():
    """The cubes keep the order, the negatives turn it; 1 2 3 4 against 2 1 4 3 gives 0.6."""
    first = np.array([1.0, 2.0, 3.0, 4.0])
    rows = np.column_stack([first, first**3, -first, [2.0, 1.0, 4.0, 3.0], np.ones(4)])
    found = rank_correlations(rows)[0]
    np.testing.assert_allclose(found, [1.0, 1.0, -1.0, 0.6, 0.0], atol=1e-12)


def test_clusters_by_hand():
    """0 and 2 are nearest, 0.9; 1 correlates 0.8 and 0.4 with them, 0.6 on average."""
    correlations = np.eye(4)
    for first, second, value in ((0, 2, -0.9), (0, 1, 0.8), (1, 2, 0.4), (3, 1, 0.1)):
        correlations[first, second] = correlations[second, first] = value
    assert clusters(correlations, 0.7).tolist() == [0, 1, 0, 2]
    assert clusters(correlations, 0.6).tolist() == [0, 0, 0, 1]
    assert clusters(correlations, 1.0).tolist() == [0, 1, 2, 3]
    assert clusters(np.eye(1), 0.5).tolist() == [0]
