"""The planted edge: its drift and signals have the moments they say, and no foresight."""

import numpy as np
import pytest

from data.planted_edge import EDGES, PlantedEdge, latent_drift
from utils.errors import ConfigError
from utils.seeding import generator

N_BARS = 400_000


@pytest.fixture(scope="module")
def long_run():
    return latent_drift(N_BARS, EDGES["medium"], generator(1))


def test_edges_have_the_documented_strengths():
    assert list(EDGES) == ["weak", "medium", "strong"]
    assert [edge.sd_ticks for edge in EDGES.values()] == [1.0, 2.0, 4.0]
    for edge in EDGES.values():
        assert (edge.half_life_bars, edge.n_signals, edge.signal_noise) == (8.0, 4, 4.0)
        assert edge.signal_columns == ("signal_1", "signal_2", "signal_3", "signal_4")


def test_edge_persistence_leaves_half_after_the_half_life():
    assert PlantedEdge(sd_ticks=1.0, half_life_bars=1.0).persistence == 0.5
    assert PlantedEdge(sd_ticks=1.0, half_life_bars=8.0).persistence ** 8 == pytest.approx(0.5)


def test_latent_drift_shapes_and_types_are_the_promised_ones():
    drift, signals = latent_drift(7, EDGES["weak"], generator(0))
    assert (drift.shape, signals.shape) == ((7,), (7, 4))
    assert (drift.dtype, signals.dtype) == (np.float64, np.float64)


def test_latent_drift_has_its_deviation_and_half_life(long_run):
    drift, _ = long_run
    # a mean of N_BARS values with phi .917 has a standard error of 2 sqrt(23) / sqrt(N) = .015
    assert drift.mean() == pytest.approx(0.0, abs=0.05)
    assert drift.std() == pytest.approx(2.0, rel=0.02)
    assert np.corrcoef(drift[8:], drift[:-8])[0, 1] == pytest.approx(0.5, abs=0.02)


def test_signals_are_of_unit_variance_with_noise_of_their_own(long_run):
    _, signals = long_run
    # noise 4 leaves 1 / 17 of a signal's variance to the drift, which all share
    expected = np.full((4, 4), 1 / 17)
    np.fill_diagonal(expected, 1.0)
    np.testing.assert_allclose(np.cov(signals.T), expected, atol=0.01)


def test_signals_view_the_next_bar_s_drift(long_run):
    drift, signals = long_run
    with_next = np.corrcoef(signals[:-1].mean(axis=1), drift[1:])[0, 1]
    assert with_next == pytest.approx(1 / np.sqrt(5.0), abs=0.01)  # noise 4 / sqrt(4) = 2


def test_signals_know_nothing_of_innovations_after_the_next_bar(long_run):
    drift, signals = long_run
    phi = 0.5 ** (1 / 8)
    innovation = drift[2:] - phi * drift[1:-1]  # enters bar t + 2
    for column in signals[:-2].T:
        assert abs(np.corrcoef(column, innovation)[0, 1]) < 4.0 / np.sqrt(N_BARS)


def test_signals_without_noise_are_the_next_drift_itself():
    edge = PlantedEdge(sd_ticks=2.0, n_signals=1, signal_noise=0.0)
    drift, signals = latent_drift(50, edge, generator(3))
    np.testing.assert_allclose(2.0 * signals[:-1, 0], drift[1:])


def test_latent_drift_longer_market_begins_with_the_shorter_one():
    drift, signals = latent_drift(500, EDGES["strong"], generator(4))
    longer_drift, longer_signals = latent_drift(800, EDGES["strong"], generator(4))
    np.testing.assert_array_equal(longer_drift[:500], drift)
    np.testing.assert_array_equal(longer_signals[:500], signals)


def test_latent_drift_leaves_its_generator_s_own_numbers_alone():
    used, fresh = generator(5), generator(5)
    latent_drift(10, EDGES["weak"], used)
    assert used.random() == fresh.random()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sd_ticks": 0.0}, "`sd_ticks` of a planted edge must be > 0, was 0.0"),
        ({"sd_ticks": float("nan")}, "`sd_ticks` of a planted edge must be > 0, was nan"),
        ({"half_life_bars": -1.0}, "`half_life_bars` of a planted edge must be > 0, was -1.0"),
        ({"n_signals": 0}, "`n_signals` of a planted edge must be >= 1, was 0"),
        ({"signal_noise": -0.1}, "`signal_noise` of a planted edge must be >= 0, was -0.1"),
    ],
)
def test_edge_that_cannot_be_is_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        PlantedEdge(**{"sd_ticks": 1.0, **wrong})


def test_latent_drift_refuses_no_bars():
    with pytest.raises(ConfigError, match="`n_bars` must be >= 1, was 0"):
        latent_drift(0, EDGES["weak"], generator(0))
