"""What the policy sees in each state is what the environment shows there."""

import numpy as np
import pytest

from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from env.exogenous import describe
from env.market import build_market
from env.observation import write_position_info
from env.simulation import Simulation
from models.exact_states import entries_seen, positions_seen

N_STEPS, START = 6, 120
N_ENTRIES = N_STEPS + 1


@pytest.fixture(scope="module")
def problem():
    settings = EnvSettings(
        stop_loss_ticks=None, initial_balance=1e6, lookback_window=5, max_position=2
    )
    market = build_market(synthetic_bars(300, "martingale", seed=1), ["log_return"])
    return describe(market, settings, max_age=N_STEPS + 1, has_open_pnl=True)


def _shown(simulation: Simulation, lookback: int) -> np.ndarray:
    info = np.zeros(4, np.float32)
    write_position_info(simulation.account, lookback, info)
    return info


@pytest.mark.parametrize(("action", "side"), [(2, 0), (1, 1)])
@pytest.mark.parametrize("entry", range(N_STEPS))
def test_entries_seen_are_the_environments_position_open_pnl_and_age(problem, action, side, entry):
    seen = entries_seen(problem, np.array([START]), N_STEPS).numpy()[0]
    simulation = Simulation(problem.market, problem.settings)
    decided = START - 1 + entry
    simulation.reset(decided, problem.market.n_bars)
    simulation.step(action)
    for step in range(entry, N_STEPS):
        state = 1 + side * N_ENTRIES + entry
        assert simulation.bar == START + step
        assert seen[step, state, :3] == pytest.approx(_shown(simulation, 5)[:3], abs=1e-7)
        simulation.step(0)
    assert (seen[:entry, 1 + side * N_ENTRIES + entry] == 0.0).all()


def test_flat_is_seen_as_zeros_and_the_equity_never(problem):
    seen = entries_seen(problem, np.array([START, START + 50]), N_STEPS).numpy()
    assert seen.shape == (2, N_STEPS, 1 + 2 * N_ENTRIES, 4)
    assert (seen[:, :, 0] == 0.0).all()
    assert (seen[..., 3] == 0.0).all()


def test_positions_are_seen_as_shares_of_the_largest(problem):
    assert positions_seen(problem).tolist() == [[-1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
