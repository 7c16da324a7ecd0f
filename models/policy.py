"""What may decide in a simulation: a baseline, a trained agent, or several of these together."""

from typing import Any, Protocol, runtime_checkable

from config.settings import EnvSettings
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
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


@runtime_checkable
class TrainedPolicy(Policy, Protocol):
    """A policy that was made for certain features and an account, by learning from certain bars.

    Attributes:
        env_settings: The account that it is made for.
        feature_set: The features that it sees, in order.
        scaler: How they are scaled.
        provenance: JSON values, among them `training_last`, the last bar that it has learnt from.
    """

    env_settings: EnvSettings
    feature_set: FeatureSet
    scaler: Scaler
    provenance: dict[str, Any]

    @property
    def agreement(self) -> float | None:
        """Mean share of its members that were for what it decided, since `reset`.

        None for a policy that has no members, or has decided nothing yet.
        """
        ...
