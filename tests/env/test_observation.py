"""Observations: the window, the four numbers, and whose memory they are."""

import numpy as np
import pytest

from config.settings import EnvSettings
from env.observation import MAX_PAGE_BARS, observation_space
from env.simulation import Simulation
from tests.helpers.markets import B0, B1, plain_market, plain_simulation

ROWS = (B0, B1, (20009, 20012, 20005, 20006), (20006, 20007, 20005, 20006), B0, B0)


def test_window_ends_with_the_bar_that_has_just_closed():
    simulation = Simulation(plain_market(ROWS), EnvSettings(lookback_window=3))
    assert simulation.first_decision == 2
    simulation.reset(2, len(ROWS))
    assert simulation.observation()["market_features"].tolist() == [[0], [1], [2]]
    simulation.step(0)
    assert simulation.observation()["market_features"].tolist() == [[1], [2], [3]]


def test_position_info_follows_the_account():
    simulation = Simulation(
        plain_market(ROWS),
        EnvSettings(lookback_window=2, initial_balance=1_000, max_position=2, margin="none"),
    )
    simulation.reset(1, len(ROWS))
    assert simulation.observation()["position_info"].tolist() == [0, 0, 0, 1]
    simulation.step(2)  # short 2 at 20008.75; close 20006: +11 USD, fees 1.24
    info = simulation.observation()["position_info"]
    assert info == pytest.approx([-1, 0.011, 0, 1.00976])
    simulation.step(0)  # one bar later, of a lookback of 2
    assert simulation.observation()["position_info"] == pytest.approx([-1, 0.011, 0.5, 1.00976])
    simulation.step(3)  # bought back at 20000.25: 8.50 points x 4 - 4 x 0.62
    assert simulation.observation()["position_info"] == pytest.approx([0, 0, 0, 1.03152])


def test_position_info_counts_from_the_reversal_anew():
    simulation = plain_simulation(ROWS)
    for action in (1, 0, 2):
        simulation.step(action)
    assert simulation.observation()["position_info"][2] == 0.0
    simulation.step(0)
    assert simulation.observation()["position_info"][2] == 1.0


def test_observation_belongs_to_its_receiver():
    """What a receiver writes is seen by no later observation, nor by the market."""
    simulation = plain_simulation(ROWS)
    simulation.step(0)
    for part in simulation.observation().values():
        part[:] = 99
    simulation.step(0)
    assert simulation.observation()["market_features"].tolist() == [[2]]
    assert simulation.observation()["position_info"][3] == 1
    assert simulation.market.features.max() == len(ROWS) - 1


@pytest.mark.parametrize("lookback", [1, 3])
def test_observations_of_a_long_episode_are_the_windows_of_its_bars(lookback):
    """They are made a page at a time: none is lost or shown twice at its edges."""
    n_bars = 2 * MAX_PAGE_BARS + 7
    market = plain_market((B0,) * n_bars)
    simulation = Simulation(market, EnvSettings(lookback_window=lookback))
    simulation.reset(lookback - 1, n_bars)
    while not simulation.is_done:
        simulation.step(0)
        first = simulation.bar + 1 - lookback
        window = market.features[first : simulation.bar + 1]
        assert np.array_equal(simulation.observation()["market_features"], window)


def test_observation_space_contains_observations():
    space = observation_space(1, 1)
    observation = plain_simulation(ROWS).observation()
    assert space.contains(observation)
    assert observation["market_features"].dtype == np.float32
