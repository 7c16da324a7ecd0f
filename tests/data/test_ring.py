"""The ring: the last n values side by side, oldest first, wherever it is written."""

import math

import numpy as np
import pytest

from data.indicators.ring import (
    ring_put,
    wide_distance,
    wide_mean,
    wide_products,
    wide_statistics,
)
from data.indicators.window import mean


def put(ring, value, n_seen):
    first = ring_put(ring, value, n_seen)
    return ring[first : first + len(ring) // 2]


def test_ring_put_leads_to_the_last_values_oldest_first():
    ring = np.zeros(6)
    seen = [put(ring, 10.0 * n, float(n)).tolist() for n in range(1, 6)]
    assert seen[0] == [0.0, 0.0, 10.0]
    assert seen[2] == [10.0, 20.0, 30.0]
    assert seen[3] == [20.0, 30.0, 40.0]
    assert seen[4] == [30.0, 40.0, 50.0]


@pytest.mark.parametrize("length", [1, 3, 4, 12, 276])
def test_wide_mean_is_the_mean_whatever_the_length(length):
    window = np.random.default_rng(length).normal(size=length)
    assert wide_mean(window) == pytest.approx(mean(window), abs=1e-15)


def test_wide_mean_does_not_depend_on_where_the_ring_stands():
    values = np.random.default_rng(5).normal(size=40)
    early, late = np.zeros(20), np.zeros(20)
    for n, value in enumerate(values, start=1):
        window = put(early, value, float(n))
    for n, value in enumerate(values[17:], start=1):
        other = put(late, value, float(n))
    assert wide_mean(window) == wide_mean(other)


def test_wide_statistics_of_eight_values_worked_out_by_hand():
    window = np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    assert wide_statistics(window, 0) == (5.0, 2.0)
    assert wide_statistics(window, 1) == (5.0, math.sqrt(32.0 / 7.0))


@pytest.mark.parametrize("length", [2, 3, 7, 276])
def test_wide_statistics_of_equal_values_are_exactly_still(length):
    assert wide_statistics(np.full(length, 0.1), 0) == (0.1, 0.0)


@pytest.mark.parametrize("first", [20_000.0, 0.0, 1e9])
def test_wide_statistics_lose_no_digits_to_an_outlying_oldest_value(first):
    window = 20_000.0 + np.random.default_rng(3).normal(size=276)
    window[0] = first
    centre, deviation = wide_statistics(window, 0)
    assert centre == pytest.approx(math.fsum(window) / 276, rel=1e-13)
    squares = math.fsum((value - math.fsum(window) / 276) ** 2 for value in window)
    assert deviation == pytest.approx(math.sqrt(squares / 276), rel=1e-11)


def test_wide_products_of_five_pairs_worked_out_by_hand():
    first, second = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 0.0, 1.0, 5.0, 7.0])
    assert wide_products(first, second, 3.0, 3.0) == 2.0 + 3.0 + 0.0 + 2.0 + 8.0


def test_wide_distance_of_five_pairs_worked_out_by_hand():
    first, second = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 0.0, 1.0, 5.0, 9.0])
    assert wide_distance(first, second) == (1.0 + 2.0 + 2.0 + 1.0 + 4.0) / 5.0
