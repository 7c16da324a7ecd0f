"""Chains whose optimum is known in closed form."""

import numpy as np
import pytest

from models.position_chain import solve_chain
from utils.errors import ConfigError

POSITIONS = np.array([-1.0, 0.0, 1.0])
UP_AND_DOWN = np.array([3.0, -3.0])
"""Two states, either of which is left with a chance of one tenth per step."""
STAYS = np.array([[0.9, 0.1], [0.1, 0.9]])


@pytest.mark.parametrize(
    ("cost", "gain"),
    [
        (0.0, 3.0),  # always on the right side, for nothing
        (2.0, 2.6),  # 3 less a tenth of a reversal, which trades two contracts
        (10.0, 1.0),
        (15.0, 0.0),  # following just pays its costs
        (40.0, 0.0),  # never trading beats 3 - 0.1 * 80
    ],
)
def test_solve_chain_two_states_have_the_closed_form(cost, gain):
    solution = solve_chain(UP_AND_DOWN, STAYS, POSITIONS, cost)
    assert solution.gain == pytest.approx(gain, abs=1e-7)


def test_solve_chain_two_states_follow_the_state_where_it_pays():
    solution = solve_chain(UP_AND_DOWN, STAYS, POSITIONS, 10.0)
    from_short, from_long = solution.worth_of_trading(0, 2), solution.worth_of_trading(2, 0)
    assert (from_short[0] > 0, from_short[1] > 0) == (True, False)
    assert (from_long[0] > 0, from_long[1] > 0) == (False, True)
    # 6 more in this step; then a reversal, 20, is saved with chance 0.9 and owed with 0.1
    assert solution.position_values[0, 2] - solution.position_values[0, 0] == pytest.approx(22.0)


def test_solve_chain_two_states_stay_where_trading_costs_too_much():
    solution = solve_chain(UP_AND_DOWN, STAYS, POSITIONS, 40.0)
    for start in range(3):
        for target in {0, 1, 2} - {start}:
            assert (solution.worth_of_trading(start, target) < 0).all()


def test_solve_chain_of_one_sided_moves_takes_the_side_once():
    solution = solve_chain(np.array([2.0, 1.0]), STAYS, np.array([-2.0, 0.0, 2.0]), 5.0)
    assert solution.gain == pytest.approx(3.0)  # two contracts, 1.5 a step on average


def test_solve_chain_refuses_a_negative_cost():
    with pytest.raises(ConfigError, match="`cost` per contract must be >= 0, was -1.0"):
        solve_chain(UP_AND_DOWN, STAYS, POSITIONS, -1.0)


def test_solve_chain_that_alternates_for_ever_is_refused():
    alternates = np.array([[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises(ConfigError, match="not solved after"):
        solve_chain(np.array([3.0, 1.0]), alternates, POSITIONS, 1.0)
