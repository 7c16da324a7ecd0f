"""The exact gradient where the state is the position: how likely each is, what each is worth.

On a chunk of T decisions, with probabilities pi of each action a in each position p,

    d_(t+1)(p') = sum over p, a that lead to p' of d_t(p) pi_t(a | p)
    V_t(p) = sum over a of pi_t(a | p) Q_t(p, a),     Q_t(p, a) = r_t(p, a) + V_(t+1)(p')

and the gradient of what is expected of the chunk is that of the sum of pi times the weights
d_t(p) [Q_t(p, a) - V_t(p)], in which d, Q and V are constants. Every chunk is one loop of its own.
"""

import numpy as np
from numpy.typing import NDArray

from utils.jit import lean_jit

Floats = NDArray[np.float64]


@lean_jit
def occupy(
    following: NDArray[np.int8], rewards: Floats, probabilities: Floats, likely: Floats
) -> None:
    """Write how likely each position is at each close of each chunk.

    Args:
        following: (c, T, k, a) index of the next position.
        rewards: (c, T, k, a), only for its shape.
        probabilities: (c, T, k, a) of each action in each position; adds up to 1 over actions.
        likely: (c, T + 1, k); row 0 of each chunk is given, the others are written.
    """
    n_chunks, n_steps, n_positions, n_actions = rewards.shape
    for c in range(n_chunks):
        for t in range(n_steps):
            for p in range(n_positions):
                likely[c, t + 1, p] = 0.0
            for p in range(n_positions):
                for a in range(n_actions):
                    target = following[c, t, p, a]
                    likely[c, t + 1, target] += likely[c, t, p] * probabilities[c, t, p, a]


@lean_jit
def expected_rewards(
    rewards: Floats, probabilities: Floats, likely: Floats, expected: Floats
) -> None:
    """Write what is expected of each step, (c, T), given how likely each position is."""
    n_chunks, n_steps, n_positions, n_actions = rewards.shape
    for c in range(n_chunks):
        for t in range(n_steps):
            total = 0.0
            for p in range(n_positions):
                for a in range(n_actions):
                    total += likely[c, t, p] * probabilities[c, t, p, a] * rewards[c, t, p, a]
            expected[c, t] = total


@lean_jit
def appraise(
    following: NDArray[np.int8],
    rewards: Floats,
    probabilities: Floats,
    likely: Floats,
    worth: Floats,
    weights: Floats,
) -> None:
    """Write what each position is worth, and the weights of the gradient.

    Args:
        following: As for `occupy`.
        rewards: (c, T, k, a).
        probabilities: (c, T, k, a).
        likely: (c, T + 1, k).
        worth: (c, T + 1, k); the last row of each chunk is given, the others are written.
        weights: (c, T, k, a), written over.
    """
    n_chunks, n_steps, n_positions, n_actions = rewards.shape
    for c in range(n_chunks):
        for t in range(n_steps - 1, -1, -1):
            for p in range(n_positions):
                value = 0.0
                for a in range(n_actions):
                    after = worth[c, t + 1, following[c, t, p, a]]
                    weights[c, t, p, a] = rewards[c, t, p, a] + after
                    value += probabilities[c, t, p, a] * weights[c, t, p, a]
                worth[c, t, p] = value
                for a in range(n_actions):
                    weights[c, t, p, a] = likely[c, t, p] * (weights[c, t, p, a] - value)
