"""What decides for an agent, whatever it is made of: a network, or a forecast and a table."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from config.settings import EnvSettings
from env.action_modes import Decision
from env.market import Market
from env.observation import Observation

Opinion = NDArray[np.float64]
"""The probability of each numbered action, (n_actions,); or the share wanted, (1,) in [-1, 1].

Who decides without probabilities is wholly for the action that it takes.
"""


class Decider(Protocol):
    """Decides by weights that can be taken out and put in by name."""

    def predict(
        self, observation: Observation, state: Any = None, deterministic: bool = True
    ) -> tuple[Decision, Any]:
        """Return an action for one observation, and the memory to hand in with the next.

        Args:
            observation: At the close of the bar that its last row is.
            state: What the call before returned; None begins an episode. Who keeps no memory
                returns None.
            deterministic: The best action; else a draw from torch's generator.

        Raises:
            ConfigError: If keys or shapes are not those that it was made for.
            DataError: If a value is NaN or infinite.
        """
        ...

    def opinion(self, observation: Observation, state: Any = None) -> tuple[Opinion, Any]:
        """Return what is behind the best action of `predict`, and the memory; errors as there."""
        ...

    def begin(self, market: Market, settings: EnvSettings) -> None:
        """Prepare for one pass over `market`; begin again once the weights have changed.

        Args:
            market: Of the features that it was made for.
            settings: The account of the pass, costs and all.
        """
        ...

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return the best action at the close of `bar` of the market begun; uses bars <= `bar`."""
        ...

    def opinion_at(self, bar: int, observation: Observation) -> Opinion:
        """Return what is behind `decide`, in its place."""
        ...

    def weights(self) -> dict[str, Tensor]:
        """Return CPU copies of the weights by name."""
        ...

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Take over `weights`: exactly the names, shapes and types of its own, all finite.

        Raises:
            ArtifactError: Naming the file `where` and the first weight that does not fit.
        """
        ...
