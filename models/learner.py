"""What learns for an agent, whatever the algorithm: it makes a decider better, step by step."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from config.settings import AgentSettings
from env.trading_env import TradingEnv
from models.callback_validation import WHERE, Validation
from models.decider import Decider
from models.evaluation import EvaluationSpan
from models.network_decider import NetworkDecider
from models.training_run import ramp_of, run_training
from models.validation_span import is_validated, validated_from


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

    @property
    def notes(self) -> Mapping[str, Any]:
        """What there is to say of the last training, as JSON values, for the provenance."""
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

    def __init__(
        self,
        algorithm: OnPolicyAlgorithm,
        settings: AgentSettings,
        env: TradingEnv,
        decider: Decider | None = None,
    ):
        """Take an algorithm over.

        Args:
            algorithm: With its environments.
            settings: Those that it was made of.
            env: The user's own, on whose last rows it is validated; not stepped.
            decider: Decides by the algorithm's network; None makes a NetworkDecider of it.
        """
        self.algorithm = algorithm
        self._settings = settings
        self._env = env
        self._decider: Decider = decider or NetworkDecider(algorithm.policy)
        self._validation: Validation | None = None
        self._ramp: int | None = None

    @property
    def decider(self) -> Decider:
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
        if self._validation is not None and self._validation.learnt_weights is not None:
            self._decider.load_weights(self._validation.learnt_weights, WHERE)
        self._validation = self._planned_validation(total_timesteps)
        if self._ramp is None:
            self._ramp = ramp_of(self._settings, total_timesteps)
        run_training(
            self.algorithm,
            self._settings.model_copy(update={"cost_ramp_steps": self._ramp}),
            total_timesteps,
            callbacks,
            tensorboard,
            self._validation,
        )

    @property
    def notes(self) -> Mapping[str, Any]:
        """What the last training was validated by, if it was, under "validation"."""
        return {} if self._validation is None else {"validation": self._validation.to_dict()}

    def _planned_validation(self, total_timesteps: int) -> Validation | None:
        """Return the evaluations of a training; None where no row is held back for them."""
        env, settings = self._env, self._settings
        if not is_validated(settings):
            return None
        earliest = env.market.first_decision(env.settings.lookback_window)
        return Validation(
            self._decider,
            EvaluationSpan(
                market=env.market,
                settings=env.settings,
                first_decision=validated_from(env.market.n_bars, earliest, settings),
            ),
            total_timesteps=total_timesteps,
            n_evaluations=settings.n_evaluations,
            significance=settings.significance,
            patience=settings.patience,
        )
