"""The drift's filter: by hand, and against the drift that it estimates."""

import math

import numpy as np
import pytest

from data.drift_filter import filtered_drift, steady_filter
from data.planted_edge import EDGES, PlantedEdge, latent_drift
from utils.errors import ConfigError
from utils.seeding import generator

HAND_EDGE = PlantedEdge(sd_ticks=1.0, half_life_bars=1.0, n_signals=4, signal_noise=2.0)
"""phi 1/2, and a mean view whose noise has variance 2^2 / 4 = 1."""


def test_steady_filter_by_hand():
    # error before the signals: p^2 + p (1 - 1/4 - 3/4) - 3/4 = 0, so p = sqrt(3/4);
    # gain p / (1 + p) = .4641, and 1 - .4641 = .5359 = (sqrt(3) - 1)^2 is what is known
    steady = steady_filter(HAND_EDGE)
    assert steady.persistence == 0.5
    assert steady.gain == pytest.approx(0.464102, abs=1e-6)
    assert steady.sd_ticks == pytest.approx(0.732051, abs=1e-6)
    assert steady.error_sd_ticks == pytest.approx(0.681250, abs=1e-6)


def test_steady_filter_with_moves_by_hand():
    # shocks of sd 1 halve the noise: p^2 - .375 p - .375 = 0, p = .827934; gain p / (1 + p)
    steady = steady_filter(HAND_EDGE, shock_sd_ticks=1.0)
    assert steady.gain == pytest.approx(0.452934, abs=1e-6)
    assert steady.sd_ticks == pytest.approx(math.sqrt(1.0 - 0.452934), abs=1e-6)


def test_steady_filter_without_noise_knows_the_drift():
    steady = steady_filter(PlantedEdge(sd_ticks=3.0, signal_noise=0.0))
    assert (steady.gain, steady.error_sd_ticks) == (1.0, 0.0)
    assert steady.sd_ticks == pytest.approx(3.0)


@pytest.mark.parametrize("noise", [1e2, 1e4, 1e6, 4e7, 8e7, 1e8])
@pytest.mark.parametrize(("half_life", "sd"), [(1.0, 2.309401), (2.0, 2.828427)])
def test_steady_filter_of_very_noisy_signals_keeps_its_digits(noise, half_life, sd):
    # so little is known that nothing of it is lost but by age: gain / (1 - phi^2) is its variance
    edge = PlantedEdge(sd_ticks=1.0, half_life_bars=half_life, n_signals=4, signal_noise=noise)
    steady = steady_filter(edge)
    assert steady.sd_ticks == pytest.approx(sd / noise, rel=1e-3)
    assert steady.gain == pytest.approx(4.0 / noise**2, rel=1e-3)
    assert steady.error_sd_ticks == pytest.approx(1.0, rel=1e-3)


def test_steady_filter_of_a_drift_that_hardly_ever_changes_knows_it_but_for_the_changes():
    # 1 - phi^2 = 1.386294e-9 is fresh; p^2 = fresh x noise of 1, so p = 3.723297e-5
    steady = steady_filter(PlantedEdge(sd_ticks=1.0, half_life_bars=1e9, signal_noise=2.0))
    assert steady.gain == pytest.approx(3.7232e-5, rel=1e-3)
    assert steady.error_sd_ticks == pytest.approx(6.1018e-3, rel=1e-3)
    assert steady_filter(PlantedEdge(sd_ticks=1.0, half_life_bars=1e18)).sd_ticks < 1.0


def test_steady_filter_of_signals_that_tell_nothing_is_refused():
    with pytest.raises(ConfigError) as caught:
        steady_filter(PlantedEdge(sd_ticks=1.0, signal_noise=1.01e8))
    assert str(caught.value) == (
        "`signal_noise` must be <= 1e+08 for a drift to be seen in its signals, was 1.01e+08"
    )


def test_steady_filter_scales_with_the_drift():
    weak, strong = steady_filter(EDGES["weak"]), steady_filter(EDGES["strong"])
    assert strong.gain == pytest.approx(weak.gain)
    assert strong.sd_ticks == pytest.approx(4.0 * weak.sd_ticks)


def test_filtered_drift_by_hand():
    # one signal of noise 2 has loading 1 / sqrt(5); a view is sqrt(5) x the signals' mean
    signals = np.array([[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]) / math.sqrt(5.0)
    # first 0.464102 x 1, then half of it less 0.464102 of that
    np.testing.assert_allclose(filtered_drift(signals, HAND_EDGE), [0.464102, 0.124356], atol=1e-6)


@pytest.mark.parametrize("strength", EDGES)
def test_filtered_drift_is_unbiased_and_as_exact_as_it_says(strength):
    edge = EDGES[strength]
    drift, signals = latent_drift(300_000, edge, generator(11))
    means, steady = filtered_drift(signals, edge), steady_filter(edge)
    known, error = means[100:-1], drift[101:] - means[100:-1]
    assert known.std() == pytest.approx(steady.sd_ticks, rel=0.02)
    assert error.std() == pytest.approx(steady.error_sd_ticks, rel=0.02)
    # nothing is left in the error that the filter, or any signal, could have told
    for column in (known, *signals[100:-1].T):
        assert abs(np.corrcoef(column, error)[0, 1]) < 0.01
    assert np.corrcoef(known[1:], known[:-1])[0, 1] == pytest.approx(edge.persistence, abs=0.005)


def test_filtered_drift_ignores_later_signals():
    _, signals = latent_drift(300, EDGES["medium"], generator(2))
    poisoned = signals.copy()
    poisoned[200:] = 1e6
    before, after = (filtered_drift(rows, EDGES["medium"]) for rows in (signals, poisoned))
    np.testing.assert_array_equal(after[:200], before[:200])
    assert (after[200:] != before[200:]).all()


def test_filter_refuses_other_signals_and_impossible_shocks():
    with pytest.raises(ConfigError, match=r"shape \(n, 4\) of this edge, was \(10, 3\)"):
        filtered_drift(np.zeros((10, 3)), HAND_EDGE)
    with pytest.raises(ConfigError, match="`shock_sd_ticks` must be > 0, was 0.0"):
        steady_filter(HAND_EDGE, 0.0)
