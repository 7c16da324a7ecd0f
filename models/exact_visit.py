"""One visit of some chunks: from the policy's probabilities to the weights of its gradient.

Rewards are in units, so that a bar's typical PnL is about one, and costs count by a scale. The
recursions themselves are compiled, in models/compiled.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.settings import AgentSettings
from env.exogenous import Exogenous
from models.compiled.entry_recursion import Chunk, appraise_entries, occupy_entries
from models.compiled.recursion import appraise, expected_rewards, occupy
from models.exact_chunks import Chunks
from models.exact_objectives import OBJECTIVES

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a visit of c chunks of T decisions found, s states being told apart by the policy.

    Attributes:
        weights: (c, T, s, a) of the gradient: that of the sum of probabilities x weights.
        likely: (c, T, s) how likely each state is.
        expected: (c, T) what is expected of each step, in units.
    """

    weights: Floats
    likely: Floats
    expected: Floats


class Visitor:
    """Visits chunks of a described market."""

    def __init__(
        self, problem: Exogenous, chunks: Chunks, settings: AgentSettings, unit_usd: float
    ):
        """Prepare for visits.

        Args:
            problem: The description; with runs, states are positions and their entries.
            chunks: What is remembered from visit to visit.
            settings: `objective` and what belongs to it.
            unit_usd: What rewards are divided by.
        """
        self._problem = problem
        self._chunks = chunks
        self._settings = settings
        self._unit_usd = unit_usd
        self._slopes = OBJECTIVES[settings.objective]

    def visit(self, starts: NDArray[np.int64], probabilities: Floats, cost_scale: float) -> Visit:
        """Return what the chunks came to, and remember it.

        Args:
            starts: (c,) their first rows.
            probabilities: (c, T, s, a): s positions, lowest first; or, where the policy sees the
                entry, 1 + 2 (T + 1) states, see models.compiled.entry_recursion.
            cost_scale: Share of the costs that counts.
        """
        if self._problem.runs is None:
            return self._visit_positions(starts, probabilities, cost_scale)
        return self._visit_entries(starts, probabilities, cost_scale)

    def _visit_positions(
        self, starts: NDArray[np.int64], probabilities: Floats, cost_scale: float
    ) -> Visit:
        rows = starts[:, None] + np.arange(self._chunks.n_steps)
        following, gains_usd, costs_usd = (table[rows] for table in self._problem.tables)
        rewards = self._in_units(gains_usd, costs_usd, cost_scale)
        likely, worth = self._boundaries(starts, rewards.shape[2])
        expected, weights = np.empty(rewards.shape[:2]), np.empty_like(rewards)
        occupy(following, rewards, probabilities, likely)
        expected_rewards(rewards, probabilities, likely, expected)
        slopes = self._slopes(expected, self._settings)[:, :, None, None]
        appraise(following, slopes * rewards, probabilities, likely, worth, weights)
        self._chunks.remember(starts, likely, worth)
        return Visit(weights=weights, likely=likely[:, :-1], expected=expected)

    def _visit_entries(
        self, starts: NDArray[np.int64], probabilities: Floats, cost_scale: float
    ) -> Visit:
        n_chunks, n_steps = probabilities.shape[:2]
        chunks = [self._entry_chunk(int(start), cost_scale) for start in starts]
        likely, worth = self._entry_boundaries(starts)
        expected, weights = np.empty((n_chunks, n_steps)), np.empty_like(probabilities)
        for c, chunk in enumerate(chunks):
            occupy_entries(chunk, probabilities[c], likely[c], expected[c])
        slopes = self._slopes(expected, self._settings)
        for c, chunk in enumerate(chunks):
            appraise_entries(chunk, probabilities[c], likely[c], slopes[c], worth[c], weights[c])
        by_position = _by_position(likely), _worth_by_position(likely, worth)
        self._chunks.remember(starts, *by_position)
        seen = likely if probabilities.shape[2] != by_position[0].shape[2] else by_position[0]
        return Visit(weights=weights, likely=seen[:, :-1], expected=expected)

    def _in_units(self, gains_usd: Floats, costs_usd: Floats, cost_scale: float) -> Floats:
        return (gains_usd + (1.0 - cost_scale) * costs_usd) / self._unit_usd

    def _boundaries(self, starts: NDArray[np.int64], n_positions: int) -> tuple[Floats, Floats]:
        """Return room for `likely` and `worth`, the first and the last row of each chunk given."""
        n_steps = self._chunks.n_steps
        likely, worth = (np.zeros((len(starts), n_steps + 1, n_positions)) for _ in range(2))
        likely[:, 0] = self._chunks.likely[starts]
        worth[:, -1] = self._chunks.worth[starts + n_steps]
        return likely, worth

    def _entry_boundaries(self, starts: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return the same for states by entry; who is in since before the chunk has entry 0."""
        n_entries = self._chunks.n_steps + 1
        n_states = 1 + 2 * n_entries
        before, after = self._boundaries(starts, 3)
        likely, worth = (np.zeros((len(starts), n_entries, n_states)) for _ in range(2))
        runs = self._problem.runs
        assert runs is not None
        is_gone = (runs.end_rows[starts - 1] > 0) & (runs.end_rows[starts - 1] <= starts[:, None])
        short, flat, long = before[:, 0].T
        likely[:, 0, 1] = np.where(is_gone[:, 0], 0.0, short)
        likely[:, 0, 1 + n_entries] = np.where(is_gone[:, 1], 0.0, long)
        likely[:, 0, 0] = flat + np.where(is_gone, np.stack([short, long], axis=1), 0.0).sum(axis=1)
        worth[:, -1, 0] = after[:, -1, 1]
        worth[:, -1, 1 : 1 + n_entries] = after[:, -1, :1]
        worth[:, -1, 1 + n_entries :] = after[:, -1, 2:]
        return likely, worth

    def _entry_chunk(self, start: int, cost_scale: float) -> Chunk:
        """Return what decisions lead to in the chunk that begins at the close of `start`."""
        problem, n_steps = self._problem, self._chunks.n_steps
        assert problem.runs is not None
        runs, rows = problem.runs, slice(start, start + n_steps)
        entered = slice(start - 1, start + n_steps)
        following, gains_usd, costs_usd = (table[rows] for table in problem.tables)
        entry_following, entry_gains, entry_costs = (table[rows] for table in runs.entries)
        ends_usd = runs.end_gains_usd[entered], runs.end_costs_usd[entered]
        return (
            following,
            self._in_units(gains_usd, costs_usd, cost_scale),
            entry_following,
            self._in_units(entry_gains, entry_costs, cost_scale),
            runs.end_rows[entered] - 1 - start,
            self._in_units(*ends_usd, cost_scale),
            problem.close_action,
            problem.is_kept,
        )


def _by_position(likely: Floats) -> Floats:
    """Return how likely each position is, (c, T + 1, 3), whatever its entry."""
    n_entries = (likely.shape[2] - 1) // 2
    shorts, longs = likely[:, :, 1 : 1 + n_entries], likely[:, :, 1 + n_entries :]
    return np.stack([shorts.sum(axis=2), likely[:, :, 0], longs.sum(axis=2)], axis=2)


def _worth_by_position(likely: Floats, worth: Floats) -> Floats:
    """Return what each position is worth, (c, T + 1, 3): the mean over entries, as likely.

    Where a position is not held at all, that of the one entered last.
    """
    n_entries = (likely.shape[2] - 1) // 2
    closes = np.arange(n_entries)
    columns = []
    for first in (1, 1 + n_entries):
        masses = likely[:, :, first : first + n_entries]
        values = worth[:, :, first : first + n_entries]
        total = masses.sum(axis=2)
        mean = (masses * values).sum(axis=2) / np.where(total > 0, total, 1.0)
        columns.append(np.where(total > 0, mean, values[:, closes, closes]))
    return np.stack([columns[0], worth[:, :, 0], columns[1]], axis=2)
