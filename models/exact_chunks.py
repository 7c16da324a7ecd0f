"""Which chunks of the market are visited, in which order, and what is remembered of the last visit.

A chunk begins as likely in each position, and ends as good in each, as the visit before left these
rows. So chunks hang together over time, and no critic is needed.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from utils.errors import ConfigError


class Chunks:
    """Passes over a span of rows, each in another order and on another grid.

    Attributes:
        n_steps: Decisions in a chunk.
        likely: (n, k) how likely each position was at each close; flat at first.
        worth: (n, k) what each was worth there, less what flat was.
    """

    def __init__(self, rows: range, n_steps: int, n_positions: int, seed: int):
        """Begin with the first pass.

        Args:
            rows: Rows at whose close a chunk may begin; decisions go on for `n_steps` from there.
            n_steps: Decisions in a chunk.
            n_positions: k, odd; the middle one is flat.
            seed: Of the order.

        Raises:
            ConfigError: If there is no such row.
        """
        if len(rows) < 1:
            raise ConfigError(
                f"`n_steps` of {n_steps} decisions, after a first full window, do not fit into the "
                "bars that are learnt from; give more bars, or a smaller `n_steps`"
            )
        self._rows = rows
        self._seed = seed
        self._pass, self._place = 0, 0
        self.n_steps = n_steps
        n_rows = rows.stop + n_steps
        self.likely: NDArray[np.float64] = np.zeros((n_rows, n_positions))
        self.likely[:, n_positions // 2] = 1.0
        self.worth: NDArray[np.float64] = np.zeros((n_rows, n_positions))
        self._order = self._ordered()

    def draw(self, count: int) -> NDArray[np.int64]:
        """Return the first rows of the next `count` chunks, (count,)."""
        starts = [self._next() for _ in range(count)]
        return np.array(starts, dtype=np.int64)

    def remember(
        self, starts: NDArray[np.int64], likely: NDArray[np.float64], worth: NDArray[np.float64]
    ) -> None:
        """Keep what a visit has found.

        Args:
            starts: (c,) first rows.
            likely: (c, n_steps + 1, k) how likely each position is, its first row as it was given.
            worth: (c, n_steps + 1, k) what each is worth, its last row as it was given.
        """
        flat = worth.shape[2] // 2
        rows = starts[:, None] + np.arange(self.n_steps)
        self.likely[rows + 1] = likely[:, 1:]
        self.worth[rows] = worth[:, :-1] - worth[:, :-1, flat : flat + 1]

    def arrays(self) -> dict[str, Tensor]:
        """Return all that the next visits depend on, by name."""
        return {
            "likely": torch.from_numpy(self.likely.copy()),
            "worth": torch.from_numpy(self.worth.copy()),
            "pass_and_place": torch.tensor([self._pass, self._place]),
        }

    def set_arrays(self, arrays: Mapping[str, Tensor]) -> None:
        """Take over what `arrays` returned."""
        self.likely[:] = arrays["likely"].numpy()
        self.worth[:] = arrays["worth"].numpy()
        self._pass, self._place = (int(each) for each in arrays["pass_and_place"])
        self._order = self._ordered()

    def _next(self) -> int:
        if self._place == len(self._order):
            self._pass, self._place = self._pass + 1, 0
            self._order = self._ordered()
        self._place += 1
        return int(self._order[self._place - 1])

    def _ordered(self) -> NDArray[np.int64]:
        """Return the chunks of this pass: a grid with an offset of its own, shuffled."""
        random = np.random.default_rng([self._seed, self._pass])
        offset = int(random.integers(min(self.n_steps, len(self._rows))))
        return random.permutation(
            np.arange(self._rows.start + offset, self._rows.stop, self.n_steps)
        )
