"""Which position to hold, and what that is worth, where the expected move follows a Markov chain.

At each step the state x is seen, a position p' is chosen, |p' - p| is paid for at a fixed price per
contract, p' times the state's expected move is earned, and the chain moves on. The best long-run
average per step, `gain`, and the value of being in a state solve

    gain + v(x, p) = max over p' of [ q(x, p') - cost |p' - p| ]
    q(x, p') = p' move(x) + sum over y of T(x, y) v(y, p')

and are found by relative value iteration. What the states are is left to backtest/optimum.py
and models/signal_chain.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utils.errors import ConfigError

Floats = NDArray[np.float64]

TOLERANCE = 1e-9
"""How far apart the bounds of the gain may lie at the end, in largest expected moves."""

MAX_ITERATIONS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChainSolution:
    """The optimum of one chain.

    Attributes:
        gain: Best average per step, in the unit of the moves.
        position_values: (n, k) what holding each position in each state is worth, before the cost
            of getting there and up to one constant: q above.
        positions: (k,) signed contracts that may be held.
        cost: Per contract that is traded.
    """

    gain: float
    position_values: Floats
    positions: Floats
    cost: float

    def worth_of_trading(self, start: int, target: int) -> Floats:
        """Return how much better going to `target` is than the best else, in each state.

        Args:
            start: Index of the position that is held.
            target: Index of the position to compare with all others.

        Returns:
            (n,) in the unit of the moves; >= 0 where `target` is optimal.
        """
        worth = self.position_values - self.cost * np.abs(self.positions - self.positions[start])
        others = np.delete(worth, target, axis=1)
        return np.asarray(worth[:, target] - others.max(axis=1))


def solve_chain(moves: Floats, transition: Floats, positions: Floats, cost: float) -> ChainSolution:
    """Return the optimal average and the worth of each position.

    Args:
        moves: (n,) what one contract is expected to earn in the step after each state.
        transition: (n, n) probabilities from row to column; rows add up to 1, no periods.
        positions: (k,) signed contracts that may be held, at least two.
        cost: Per contract that is traded, >= 0, in the unit of the moves.

    Raises:
        ConfigError: If the cost is negative, or the chain mixes too slowly to be solved.
    """
    if not (np.isfinite(cost) and cost >= 0):
        raise ConfigError(f"`cost` per contract must be >= 0, was {cost}")
    fees = cost * np.abs(positions[:, None] - positions[None, :])
    earned = moves[:, None] * positions
    tolerance = TOLERANCE * float(np.abs(moves).max())
    values = np.zeros_like(earned)
    for _ in range(MAX_ITERATIONS):
        worth = earned + transition @ values
        updated = (worth[:, None, :] - fees).max(axis=2)
        change = updated - values
        lowest, highest = float(change.min()), float(change.max())
        if highest - lowest <= tolerance:
            return ChainSolution(
                gain=0.5 * (lowest + highest),
                position_values=worth,
                positions=positions,
                cost=cost,
            )
        values = updated - updated[0, 0]
    raise ConfigError(
        f"the chain of expected moves is not solved after {MAX_ITERATIONS:,} iterations: it mixes "
        "too slowly; shorten its half-life"
    )
