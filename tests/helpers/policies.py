"""Policies whose decisions a test writes down."""

from collections.abc import Sequence

from config.settings import EnvSettings
from env.market import Market
from env.observation import Observation


class ScriptedPolicy:
    """Take the given actions one after the other, whatever the market does."""

    name = "scripted"

    def __init__(self, actions: Sequence[int]):
        self._actions = actions
        self._n_decided = 0
        self.decided_at: list[int] = []

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Begin with the first action."""
        self._n_decided = 0
        self.decided_at = []

    def decide(self, bar: int, observation: Observation) -> int:
        """Return the next action, and remember the row it was asked for at."""
        self.decided_at.append(bar)
        self._n_decided += 1
        return int(self._actions[self._n_decided - 1])
