"""Which path through the market each account of a batch walks, alone or in a group with others.

Accounts of a group stand at one bar, always: one of them that is ruined early begins anew at the
group's own bar, and all of them draw the next path when theirs ends.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from env.batch import Integers
from env.episodes import Episodes, Span
from env.generators import Generators, Seeds
from utils.errors import ConfigError


class MarketPaths:
    """Where each account of a batch began, and where it will end.

    Attributes:
        starts: (n_accounts,) row of each one's first decision.
        stops: (n_accounts,) row after each one's last bar.
        generators: One for each account; a group draws from that of its first.
    """

    def __init__(self, episodes: Episodes, n_accounts: int, shared: int = 1) -> None:
        """Prepare; no path is drawn yet.

        Args:
            episodes: What there is to draw from.
            n_accounts: How many accounts.
            shared: How many neighbouring accounts walk one path; divides `n_accounts`.

        Raises:
            ConfigError: If it does not.
        """
        if not isinstance(shared, int) or shared < 1 or n_accounts % shared:
            raise ConfigError(
                f"`shared_paths` must be a whole number >= 1 that divides the number of "
                f"environments ({n_accounts}), was {shared!r}"
            )
        self.starts: Integers = np.zeros(n_accounts, np.int64)
        self.stops: Integers = np.zeros(n_accounts, np.int64)
        self.generators = Generators(n_accounts)
        self._episodes = episodes
        self._shared = shared

    def begin(self, seed: Seeds, span: Span | None) -> None:
        """Put all accounts at the beginning of `span`, or of paths drawn at random.

        Raises:
            ConfigError: If there are not as many seeds as accounts; nothing has changed.
        """
        self.generators.seed(seed)
        if span is None:
            self._draw(np.arange(len(self.starts)))
        else:
            self.starts[:], self.stops[:] = span

    def go_on(self, ended: Integers, rows: Integers) -> None:
        """Give each account whose episode has `ended` the next one.

        Args:
            ended: (k,) which accounts, in order.
            rows: (n_accounts,) where all stand.
        """
        if self._shared > 1:
            is_early = rows[ended] < self.stops[ended] - 1
            early, ended = ended[is_early], ended[~is_early]
            self.starts[early] = rows[early]
        if len(ended) > 0:
            self._draw(ended)

    def _draw(self, chosen: Integers) -> None:
        """Draw a path for the `chosen`, which are whole groups."""
        draw, generator_of = self._episodes.draw, self.generators.of
        spans = [draw(generator_of(i)) for i in chosen[:: self._shared].tolist()]
        each: NDArray[np.int64] = np.repeat(np.array(spans), self._shared, axis=0)
        self.starts[chosen], self.stops[chosen] = each.T

    def snapshot(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the state: arrays, copied, and the generators' as JSON values."""
        arrays = {"starts": self.starts.copy(), "stops": self.stops.copy()}
        return arrays, {"generators": self.generators.states()}

    def restore(self, arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any]) -> None:
        """Take over a state of as many accounts."""
        self.starts[:] = arrays["starts"]
        self.stops[:] = arrays["stops"]
        self.generators.set_states(values["generators"])
