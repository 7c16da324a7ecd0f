"""The exact gradient where the state is a position and its entry, as under a stop.

As models.compiled.recursion, with a position told apart by the decision that it was entered by: at
close t of a chunk, entry j <= t; entry 0 stands for all from before the chunk, as if they had been
entered by the decision before its first one, and j + 1 for the chunk's own decision j. Whoever is
not stopped out moves as without stops; whoever is, is flat.
"""

import numpy as np
from numpy.typing import NDArray

from utils.jit import lean_jit

Floats = NDArray[np.float64]

SHORT, FLAT, LONG = range(3)

Chunk = tuple[
    NDArray[np.int8],
    Floats,
    NDArray[np.int8],
    Floats,
    NDArray[np.int64],
    Floats,
    int,
    NDArray[np.bool_],
]
"""Of one chunk of T decisions: next position without stops (T, 3, a) and rewards, likewise; next
position (T, a) and rewards of what is entered flat; for each entry (T + 1, 2) the step in which its
stop ends it, or less than 0, and the reward of that; the action that closes; whether an action
keeps a position, (3, a)."""


@lean_jit
def occupy_entries(chunk: Chunk, probabilities: Floats, likely: Floats, expected: Floats) -> None:
    """Write how likely each state is at each close, and what is expected of each step.

    Args:
        chunk: What decisions lead to.
        probabilities: (T, s, a) of each action in each state: s is 3, short, flat and long, where
            the policy does not see the entry, else 1 + 2 (T + 1), flat, shorts by entry, longs.
        likely: (T + 1, 1 + 2 (T + 1)) flat, shorts by entry, longs; row 0 is given.
        expected: (T,), written over.
    """
    n_steps, n_states, n_actions = probabilities.shape
    n_entries = n_steps + 1
    sees_entry = n_states != 3
    for t in range(n_steps):
        for state in range(likely.shape[1]):
            likely[t + 1, state] = 0.0
        expected[t] = 0.0
        for i in range(2):
            side = SHORT if i == 0 else LONG
            for j in range(t + 1):
                here = likely[t, 1 + i * n_entries + j]
                if here == 0.0:
                    continue
                s = 1 + i * n_entries + j if sees_entry else side
                for a in range(n_actions):
                    mass = here * probabilities[t, s, a]
                    target, reward = _move(chunk, t, side, j, a)
                    likely[t + 1, target] += mass
                    expected[t] += mass * reward
        s = 0 if sees_entry else FLAT
        for a in range(n_actions):
            mass = likely[t, 0] * probabilities[t, s, a]
            target, reward = _enter(chunk, t, a)
            likely[t + 1, target] += mass
            expected[t] += mass * reward


@lean_jit
def appraise_entries(
    chunk: Chunk,
    probabilities: Floats,
    likely: Floats,
    slopes: Floats,
    worth: Floats,
    weights: Floats,
) -> None:
    """Write what each state is worth, and the weights of the gradient.

    Args:
        chunk: What decisions lead to.
        probabilities: As for `occupy_entries`.
        likely: As that has written it.
        slopes: (T,) what each step's expected reward counts.
        worth: (T + 1, 1 + 2 (T + 1)); the last row is given, the others are written.
        weights: (T, s, a), of which states that the policy cannot tell apart share one, the sum.
    """
    n_steps, n_states, n_actions = probabilities.shape
    n_entries = n_steps + 1
    sees_entry = n_states != 3
    for t in range(n_steps - 1, -1, -1):
        for s in range(n_states):
            for a in range(n_actions):
                weights[t, s, a] = 0.0
        for i in range(2):
            side = SHORT if i == 0 else LONG
            for j in range(t + 1):
                state = 1 + i * n_entries + j
                s = state if sees_entry else side
                value = 0.0
                for a in range(n_actions):
                    target, reward = _move(chunk, t, side, j, a)
                    value += probabilities[t, s, a] * (slopes[t] * reward + worth[t + 1, target])
                worth[t, state] = value
                for a in range(n_actions):
                    target, reward = _move(chunk, t, side, j, a)
                    gain = slopes[t] * reward + worth[t + 1, target] - value
                    weights[t, s, a] += likely[t, state] * gain
        s = 0 if sees_entry else FLAT
        value = 0.0
        for a in range(n_actions):
            target, reward = _enter(chunk, t, a)
            value += probabilities[t, s, a] * (slopes[t] * reward + worth[t + 1, target])
        worth[t, 0] = value
        for a in range(n_actions):
            target, reward = _enter(chunk, t, a)
            weights[t, s, a] += likely[t, 0] * (slopes[t] * reward + worth[t + 1, target] - value)


@lean_jit
def _move(chunk: Chunk, t: int, side: int, entry: int, action: int) -> tuple[int, float]:
    """Return the state that an action leads to from a position, and its reward."""
    following, rewards, _, _, end_steps, end_rewards, close, is_kept = chunk
    i = 0 if side == SHORT else 1
    if is_kept[side, action]:
        if end_steps[entry, i] == t:
            return 0, float(end_rewards[entry, i])
        state = 1 + i * len(end_steps) + entry if following[t, side, action] == side else 0
        return state, float(rewards[t, side, action])
    if action == close:
        return 0, float(rewards[t, side, close])
    state, entered = _enter(chunk, t, action)
    return state, float(rewards[t, side, close] + entered)


@lean_jit
def _enter(chunk: Chunk, t: int, action: int) -> tuple[int, float]:
    """Return the state that an action leads to from no position, and its reward."""
    _, _, entry_following, entry_rewards, end_steps, _, _, _ = chunk
    target = entry_following[t, action]
    if target == FLAT:
        return 0, float(entry_rewards[t, action])
    i = 0 if target == SHORT else 1
    return 1 + i * len(end_steps) + t + 1, float(entry_rewards[t, action])
