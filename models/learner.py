"""What learns for an agent, whatever the algorithm: it makes a decider better, step by step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from config.settings import AgentSettings
from models.decider import Decider
from models.network_decider import NetworkDecider
from models.training_run import run_training


class Learner(Protocol):
    """An algorithm on its environments."""

    @property
    def decider(self) -> Decider:
        """What is being learnt, as it is now."""
        ...

    @property
    def num_timesteps(self) -> int:
        """Bars lived through so far, all copies together."""
        ...

    def learn(
        self,
        total_timesteps: int,
        callbacks: Sequence[BaseCallback],
        tensorboard: Path | str | None,
    ) -> None:
        """Learn for `total_timesteps` more; see `TradingAgent.train`."""
        ...


class NetworkLearner:
    """Any on-policy algorithm of Stable-Baselines3, or of its kind, with its actor-critic.

    Attributes:
        algorithm: The algorithm itself.
    """

    def __init__(self, algorithm: OnPolicyAlgorithm, settings: AgentSettings):
        self.algorithm = algorithm
        self._settings = settings
        self._decider = NetworkDecider(algorithm.policy)

    @property
    def decider(self) -> NetworkDecider:
        """What is being learnt, as it is now."""
        return self._decider

    @property
    def num_timesteps(self) -> int:
        """Bars lived through so far, all copies together."""
        return int(self.algorithm.num_timesteps)

    def learn(
        self,
        total_timesteps: int,
        callbacks: Sequence[BaseCallback],
        tensorboard: Path | str | None,
    ) -> None:
        """Learn for `total_timesteps` more; see `run_training`."""
        run_training(self.algorithm, self._settings, total_timesteps, callbacks, tensorboard)
