"""What a forecast is worth: its levels, the move that follows each, and which level comes next.

All of it is learnt from forecasts of rows that the predictor had not learnt from, so that a
predictor which only remembers its rows is worth nothing here. From it, and from what a fill costs,
models/position_chain.py makes the best plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.position_chain import solve_chain
from models.signal_weights import as_tensor, check_names, floats_of

Floats = NDArray[np.float64]

N_LEVELS = 41
"""Levels that are told apart, of equally many rows each."""

DOUBT = 2.0
"""Standard errors that a slope must be above zero, to be believed in at all."""

BEND = 0.5
"""How far, in deviations of the straight line, a level's own mean may be expected to lie off it."""

FORGETTING = 1e-3
"""Chance per bar that the next level is drawn anew: smooths the transitions, and bounds memory."""

LEAST_WEIGHT = 1e-6
"""Weight of a level without rows."""

POSITIONS = np.array([-1.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalChain:
    """A forecast as a Markov chain.

    Attributes:
        edges: (N_LEVELS - 1,) forecasts between two levels, ticks, rising.
        moves: (N_LEVELS,) expected move of each level, ticks, never falling.
        transition: (N_LEVELS, N_LEVELS) probabilities from row to column.
    """

    edges: Floats
    moves: Floats
    transition: Floats

    def levels(self, signals: Floats) -> NDArray[np.int64]:
        """Return the level of each forecast, in [0, N_LEVELS - 1]."""
        return np.searchsorted(self.edges, signals, side="right")

    def targets(self, cost_ticks: float) -> NDArray[np.int8]:
        """Return the best position for each level and position held.

        Args:
            cost_ticks: What one contract pays per fill, ticks.

        Returns:
            (N_LEVELS, 3) of -1, 0, 1; the columns are short, flat and long held. Where nothing is
            better than what is held, it stays.
        """
        solution = solve_chain(self.moves, self.transition, POSITIONS, cost_ticks)
        targets = np.empty((N_LEVELS, len(POSITIONS)), dtype=np.int8)
        for held, position in enumerate(POSITIONS):
            fees = cost_ticks * np.abs(POSITIONS - position)
            worth = solution.position_values - fees
            best = worth.argmax(axis=1)
            gains = worth[np.arange(N_LEVELS), best] > worth[:, held]
            targets[:, held] = np.where(gains, POSITIONS[best], position)
        return targets

    def weights(self) -> dict[str, Tensor]:
        """Return all three as tensors by name."""
        return {
            "edges": as_tensor(self.edges),
            "moves": as_tensor(self.moves),
            "transition": as_tensor(self.transition),
        }


def worthless_chain() -> SignalChain:
    """Return the chain of a forecast that says nothing: no move is expected."""
    return SignalChain(
        edges=np.zeros(N_LEVELS - 1),
        moves=np.zeros(N_LEVELS),
        transition=np.full((N_LEVELS, N_LEVELS), 1.0 / N_LEVELS),
    )


def chain_of_weights(weights: Mapping[str, Tensor], where: str) -> SignalChain:
    """Return the chain whose `weights()` these are.

    Raises:
        ArtifactError: Naming the file `where` and the first that does not fit.
    """
    check_names(weights, {"edges", "moves", "transition"}, where)
    return SignalChain(
        edges=floats_of(weights, "edges", (N_LEVELS - 1,), where),
        moves=floats_of(weights, "moves", (N_LEVELS,), where),
        transition=floats_of(weights, "transition", (N_LEVELS, N_LEVELS), where),
    )


def fit_chain(signals: Floats, moves: Floats) -> SignalChain:
    """Return the chain of forecasts of rows that were not learnt from.

    The move of a level lies on a straight line through all rows, bent towards the level's own mean
    as far as its rows can prove it, and made to rise with the forecast. The slope of the line is
    brought nearer to zero by its own uncertainty. What the moves are on average is left out: a
    drift of its own, which no forecast is needed for, is hardly ever to be told from luck.

    Args:
        signals: (n,) forecasts, ticks, bar after bar.
        moves: (n,) what came of them, ticks; NaN where that is not known.
    """
    edges = np.quantile(signals, np.arange(1, N_LEVELS) / N_LEVELS)
    levels = np.searchsorted(edges, signals, side="right")
    is_known = np.isfinite(moves)
    expected = _expected_moves(signals[is_known], moves[is_known], levels[is_known])
    transition = _transition(levels)
    # exactly no drift in the long run, or else the plan would be to hold one side for ever
    expected -= stationary(transition) @ expected
    return SignalChain(edges=edges, moves=expected, transition=transition)


def _expected_moves(signals: Floats, moves: Floats, levels: NDArray[np.int64]) -> Floats:
    """Return the move that follows each level, (N_LEVELS,), never falling."""
    counts = np.bincount(levels, minlength=N_LEVELS).astype(np.float64)
    centred, errors = signals - signals.mean(), moves - moves.mean()
    slope, noise = _slope(centred, errors)
    straight = slope * _level_means(centred, levels, counts)
    own = _level_means(errors, levels, counts)
    bend = (BEND * slope) ** 2 * centred.var()
    share = counts * bend / (counts * bend + noise) if bend > 0.0 else np.zeros(N_LEVELS)
    bent = np.where(counts > 0, straight + share * (own - straight), straight)
    return monotone(bent, np.maximum(counts, LEAST_WEIGHT))


def _slope(signals: Floats, moves: Floats) -> tuple[float, float]:
    """Return the slope of the moves, as far as it is to be believed, >= 0, and their noise.

    Both are given without their means. Moves of one bar do not overlap, so that their errors are
    independent; their size may vary.
    """
    power = float(np.sum(signals**2))
    if power <= 0.0:
        return 0.0, float(moves.var())
    slope = float(np.sum(signals * moves)) / power
    errors = moves - slope * signals
    variance = float(np.sum(signals**2 * errors**2)) / power**2
    return believed(slope, variance), float(errors.var())


def believed(slope: float, variance: float) -> float:
    """Return a slope brought nearer to zero, which it is within DOUBT standard errors or below."""
    if slope <= 0.0:
        return 0.0
    return slope * max(1.0 - DOUBT**2 * variance / slope**2, 0.0)


def _level_means(values: Floats, levels: NDArray[np.int64], counts: Floats) -> Floats:
    """Return the mean of each level; that of the nearest lower one where a level has no rows."""
    sums = np.bincount(levels, weights=values, minlength=N_LEVELS)
    filled = np.flatnonzero(counts)
    nearest = filled[np.maximum(np.searchsorted(filled, np.arange(N_LEVELS), "right") - 1, 0)]
    return np.asarray((sums / np.maximum(counts, 1.0))[nearest])


def monotone(values: Floats, weights: Floats) -> Floats:
    """Return the never falling values nearest to `values`: neighbours that fall share their mean.

    Pool adjacent violators (Ayer et al. 1955).

    Args:
        values: (n,)
        weights: (n,) > 0.
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, total, size = value, weight, 1
        while pools and pools[-1][0] >= mean:
            before, more, length = pools.pop()
            mean = (before * more + mean * total) / (more + total)
            total, size = more + total, length + size
        pools.append((mean, total, size))
    return np.repeat([mean for mean, _, _ in pools], [size for _, _, size in pools])


def stationary(transition: Floats) -> Floats:
    """Return how often a chain without periods is in each state in the long run, (n,)."""
    n_states = len(transition)
    return np.asarray(np.linalg.solve(transition.T - np.eye(n_states) + 1.0, np.ones(n_states)))


def _transition(levels: NDArray[np.int64]) -> Floats:
    """Return how often each level is followed by each, a little smoothed; rows add up to 1."""
    pairs = levels[:-1] * N_LEVELS + levels[1:]
    counts = np.bincount(pairs, minlength=N_LEVELS**2).reshape(N_LEVELS, N_LEVELS)
    overall = np.bincount(levels, minlength=N_LEVELS) / len(levels)
    totals = counts.sum(axis=1, keepdims=True)
    own = np.where(totals > 0, counts / np.maximum(totals, 1), overall)
    return np.asarray((1.0 - FORGETTING) * own + FORGETTING * overall)
