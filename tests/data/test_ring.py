"""The ring: the last n values side by side, oldest first, wherever it is written."""

import numpy as np
import pytest

from data.indicators.ring import ring_put, wide_mean
from data.indicators.window import mean


def test_ring_put_returns_the_last_values_oldest_first():
    ring = np.zeros(6)
    seen = [ring_put(ring, 10.0 * n, float(n)).tolist() for n in range(1, 6)]
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
        window = ring_put(early, value, float(n))
    for n, value in enumerate(values[17:], start=1):
        other = ring_put(late, value, float(n))
    assert wide_mean(window) == wide_mean(other)
