"""The PIT of nine quantiles: by hand, uniform where it should be, and seen where it is not."""

from statistics import NormalDist

import numpy as np
import pytest

from data.forecast_names import LEVELS
from models.forecast.calibration import pit_histogram, pit_moments, pit_values

NINE = np.array([[-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0]])
TRUE = np.array([NormalDist().inv_cdf(level) for level in LEVELS])


def normal_histogram(seed, stretch=1.0, shift=0.0):
    y = np.random.default_rng(seed).normal(size=4_000)
    return pit_histogram(y, np.tile(stretch * TRUE + shift, (len(y), 1)))


def test_pit_values_by_hand_are_linear_between_levels():
    y = np.array([-4.0, -3.5, -1.0, 0.5, 3.0, 4.0])
    found = pit_values(y, np.repeat(NINE, 6, axis=0))
    assert found == pytest.approx([0.01, 0.03, 0.25, 0.625, 0.95, 0.99])


def test_pit_values_beyond_the_outer_quantiles_fall_off_exponentially():
    # the outermost stretch has the density .04 per unit: .01 exp(-4 x distance)
    y = np.array([-5.0, -4.5, 4.5, 5.0, 1e6, -1e6])
    found = pit_values(y, np.repeat(NINE, 6, axis=0))
    below = [0.01 * 0.0183156, 0.01 * 0.1353353]
    assert found == pytest.approx([*below, 1 - below[1], 1 - below[0], 1.0, 0.0], abs=1e-8)


def test_pit_values_where_quantiles_coincide_count_the_label_above_them():
    flat = np.zeros((3, 9))
    assert pit_values(np.array([-1.0, 0.0, 1.0]), flat).tolist() == [0.0, 0.99, 1.0]


def test_pit_values_of_unknown_rows_are_unknown():
    quantiles = np.repeat(NINE, 3, axis=0)
    quantiles[1] = np.nan
    found = pit_values(np.array([np.nan, 0.0, 0.0]), quantiles)
    assert np.isnan(found).tolist() == [True, True, False]


def test_pit_values_never_fall_as_the_label_rises():
    quantiles = np.sort(np.random.default_rng(0).normal(size=9))
    y = np.linspace(-6, 6, 2_001)
    found = pit_values(y, np.tile(quantiles, (len(y), 1)))
    assert (np.diff(found) >= 0).all()
    assert 0.0 <= found[0] < found[-1] <= 1.0


def test_pit_histogram_by_hand_counts_between_the_levels():
    found = pit_histogram(np.array([-9.0, -4.0, -3.9, 0.0, 0.1, 9.0]), np.repeat(NINE, 6, axis=0))
    assert found.counts == (2, 1, 0, 0, 1, 1, 0, 0, 0, 1)
    # shares over the bins' probabilities: 2 / 6 / .01, 1 / 6 / .04, 1 / 6 / .25
    assert found.density[:2] == pytest.approx((33.3333, 4.16667), rel=1e-5)
    assert found.density[5] == pytest.approx(0.666667, rel=1e-5)
    assert found.p_value is None
    assert found.n_rows == 6


def test_pit_histogram_of_true_quantiles_stays_in_its_band_about_nineteen_times_in_twenty():
    found = [normal_histogram(seed) for seed in range(300)]
    inside = [
        all(low <= d <= high for low, d, high in zip(h.low, h.density, h.high, strict=True))
        for h in found
    ]
    assert 0.91 < np.mean(inside) <= 1.0
    assert 0.02 < np.mean([h.p_value < 0.05 for h in found]) < 0.09


@pytest.mark.parametrize(("stretch", "shift"), [(0.9, 0.0), (1.1, 0.0), (1.0, 0.1)])
def test_pit_histogram_of_wrong_quantiles_is_rejected(stretch, shift):
    assert normal_histogram(1, stretch, shift).p_value < 0.001


def test_pit_moments_tell_too_high_from_too_narrow():
    y = np.random.default_rng(2).normal(size=20_000)

    def moments(quantiles):
        return pit_moments(pit_values(y, np.tile(quantiles, (len(y), 1))))

    assert moments(TRUE) == pytest.approx((0.5, 0.2887), abs=0.006)
    assert moments(TRUE + 0.3)[0] < 0.45
    assert moments(0.6 * TRUE)[1] > 0.32
    assert np.isnan(pit_moments(np.array([np.nan]))).all()
