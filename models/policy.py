"""What may decide in a simulation: a baseline, or a trained agent."""

from typing import Protocol

from config.settings import EnvSettings
from env.action_modes import Decision
from env.market import Market
from env.observation import Observation


class Policy(Protocol):
    """Anything that turns what is known at a bar's close into an action.

    Attributes:
        name: What reports call it.
    """

    name: str

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Prepare for one pass over `market` with the account of `settings`, costs and all.

        May look ahead only as far as `decide` is causal.
        """
        ...

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return an action in the account's mode at the close of `bar`; uses bars <= `bar` only.

        See env.action_modes; an `env.actions.Action` in the mode "discrete".
        """
        ...
