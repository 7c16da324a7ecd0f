"""An actor-critic network that decides for an agent."""

from collections.abc import Mapping
from typing import Any

from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from config.settings import EnvSettings
from env.action_modes import Decision
from env.market import Market
from env.observation import Observation
from models.actor_critic import load_weights, weights_of
from models.inference import most_probable_action, sampled_action


class NetworkDecider:
    """Decides by the probabilities that a network gives; see `models.decider`.

    Attributes:
        network: The network.
    """

    def __init__(self, network: ActorCriticPolicy):
        self.network = network

    def predict(
        self, observation: Observation, state: Any = None, deterministic: bool = True
    ) -> tuple[Decision, None]:
        """Return the most probable action, or a draw from all; the network keeps no memory."""
        choose = most_probable_action if deterministic else sampled_action
        return choose(self.network, observation), None

    def begin(self, market: Market, settings: EnvSettings) -> None:
        """Nothing to prepare."""

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return the most probable action."""
        return most_probable_action(self.network, observation)

    def weights(self) -> dict[str, Tensor]:
        """Return CPU copies of the weights by name."""
        return weights_of(self.network)

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Copy `weights` into the network; see `models.actor_critic.load_weights`."""
        load_weights(self.network, weights, where)
