"""A recurrent actor-critic that decides for an agent: it remembers the bars of its episode."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.distributions import Distribution
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from config.settings import EnvSettings
from env.action_modes import Decision
from env.market import Market
from env.observation import Observation
from models.actor_critic import load_weights, weights_of
from models.decider import Opinion
from models.inference import action_in, as_batch, decision_of, opinion_in, opinion_of_outputs
from models.market_encodings import MarketEncodings
from models.recurrent_policy import RecurrentMarketPolicy

Memory = tuple[Tensor, Tensor]
"""Hidden and cell state of the policy's LSTM, (1, 1, hidden_size) each."""


class RecurrentDecider:
    """Decides by a RecurrentMarketPolicy; see `models.decider`.

    After `begin`, the tower runs over blocks of the market; LSTM and policy head run bar by bar, so
    that each call of `decide` or `opinion_at` is the bar after the last.

    Attributes:
        network: The network.
    """

    def __init__(self, network: ActorCriticPolicy, settings: EnvSettings):
        """Create a decider.

        Args:
            network: A RecurrentMarketPolicy; may go on learning.
            settings: The account; not asked.
        """
        self.network = cast(RecurrentMarketPolicy, network)
        self._encodings: MarketEncodings | None = None
        self._memory: Memory | None = None

    def predict(
        self, observation: Observation, state: Any = None, deterministic: bool = True
    ) -> tuple[Decision, Memory]:
        """Return the most probable action, or a draw from all, and what to hand in next time."""
        with torch.inference_mode():
            distribution, memory = self._distribution(observation, state)
            return action_in(distribution, self.network.action_space, deterministic), memory

    def opinion(self, observation: Observation, state: Any = None) -> tuple[Opinion, Memory]:
        """Return what is behind `predict`, and what to hand in next time."""
        with torch.inference_mode():
            distribution, memory = self._distribution(observation, state)
            return opinion_in(distribution, self.network.action_space), memory

    def begin(self, market: Market, settings: EnvSettings) -> None:
        """Forget what was, and take the weights as they are for the decisions over `market`."""
        self._encodings = MarketEncodings(self.network.features_extractor, market)
        self._memory = None

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return the most probable action after the bars that were decided on before."""
        return decision_of(self._outputs(bar, observation), self.network.action_space)

    def opinion_at(self, bar: int, observation: Observation) -> Opinion:
        """Return what is behind `decide`."""
        return opinion_of_outputs(self._outputs(bar, observation), self.network.action_space)

    def weights(self) -> dict[str, Tensor]:
        """Return CPU copies of the weights by name."""
        return weights_of(self.network)

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Copy `weights` into the network; see `models.actor_critic.load_weights`."""
        load_weights(self.network, weights, where)
        self._encodings = self._memory = None

    def _distribution(
        self, observation: Observation, state: Memory | None
    ) -> tuple[Distribution, Memory]:
        """Return what the whole network makes of one observation, and its memory after it."""
        tensors = as_batch(self.network, observation)
        self.network.set_training_mode(False)
        shape, device = self.network.lstm_hidden_state_shape, self.network.device
        before = (torch.zeros(shape, device=device),) * 2 if state is None else state
        goes_on = torch.zeros(1, device=device)
        distribution, after = self.network.get_distribution(tensors, before, goes_on)
        return distribution, cast(Memory, after)

    def _outputs(self, bar: int, observation: Observation) -> NDArray[np.float32]:
        """Return logits or the mean share, and remember the bar."""
        network = self.network
        with torch.inference_mode():
            features = self._features(bar, observation)
            seen, self._memory = network.lstm_actor(features[None], self._memory)
            latent = network.mlp_extractor.forward_actor(seen[0])
            outputs: Tensor = network.action_net(latent)[0]
        return np.asarray(outputs.cpu().numpy())

    def _features(self, bar: int, observation: Observation) -> Tensor:
        """Return the encoding beside the account, (1, width)."""
        extractor, encodings = self.network.features_extractor, self._encodings
        if encodings is None or not encodings.has(bar):
            tensors = as_batch(self.network, observation)
            self.network.set_training_mode(False)
            return cast(Tensor, extractor(tensors))
        device = self.network.device
        encoded = torch.as_tensor(encodings.of(bar)[None], device=device)
        position_info = torch.as_tensor(observation["position_info"][None], device=device)
        return extractor.join(encoded, position_info)
