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
from models.decider import Opinion
from models.inference import Allowed, most_probable_action, opinion_of, sampled_action
from models.policy_pass import PolicyPass, head_layers


class NetworkDecider:
    """Decides by the probabilities that a network gives; see `models.decider`.

    After `begin`, the tower runs over blocks of the market and only the layers that see the account
    run bar by bar, compiled: the same decisions, many times faster. Where the policy head is not of
    the usual kind, the whole network sees each observation instead.

    Attributes:
        network: The network.
    """

    def __init__(self, network: ActorCriticPolicy, allowed: Allowed = None):
        """Create a decider.

        Args:
            network: May go on learning: `predict` follows at once, `decide` from `begin` on.
            allowed: What may be chosen, for a network of sb3_contrib's maskable kind; see
                models/masked_actions.py. None: anything.
        """
        self.network = network
        self._allowed = allowed
        self._pass: PolicyPass | None = None

    def predict(
        self, observation: Observation, state: Any = None, deterministic: bool = True
    ) -> tuple[Decision, None]:
        """Return the most probable action, or a draw from all; the network keeps no memory."""
        choose = most_probable_action if deterministic else sampled_action
        return choose(self.network, observation, self._allowed), None

    def opinion(self, observation: Observation, state: Any = None) -> tuple[Opinion, None]:
        """Return what is behind `predict`; the network keeps no memory."""
        return opinion_of(self.network, observation, self._allowed), None

    def begin(self, market: Market, settings: EnvSettings) -> None:
        """Take the weights as they are now for the decisions over `market`."""
        layers = head_layers(self.network)
        if layers is None:
            self._pass = None
        else:
            self._pass = PolicyPass(self.network, layers, market, self._allowed)

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return the most probable action."""
        if self._pass is not None and self._pass.has(bar):
            return self._pass.decide(bar, observation["position_info"])
        return most_probable_action(self.network, observation, self._allowed)

    def opinion_at(self, bar: int, observation: Observation) -> Opinion:
        """Return what is behind `decide`."""
        if self._pass is not None and self._pass.has(bar):
            return self._pass.opinion(bar, observation["position_info"])
        return opinion_of(self.network, observation, self._allowed)

    def weights(self) -> dict[str, Tensor]:
        """Return CPU copies of the weights by name."""
        return weights_of(self.network)

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Copy `weights` into the network; see `models.actor_critic.load_weights`."""
        load_weights(self.network, weights, where)
        self._pass = None
