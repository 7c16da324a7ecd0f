"""The agent: a network and an algorithm that learn in a TradingEnv, decide, and can be saved.

Which algorithms and towers there are is `models.algorithms`' and `models.networks`' business; how a
model lies on disk is `models.artifacts`'.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import gymnasium
from stable_baselines3.common.callbacks import BaseCallback

from config.settings import AgentSettings, EnvSettings, overridden
from env.action_modes import Decision
from env.market import Market
from env.observation import Observation
from models.actor_critic import resolve_device
from models.algorithms import ALGORITHMS
from models.artifacts import WEIGHTS, load_model, save_model
from models.callback_checkpoint import CheckpointPlan, CheckpointWriter
from models.callback_signals import was_stopped
from models.decider import Opinion
from models.determinism import RandomStreams, torch_threads
from models.forecasts_seen import check_forecasts
from models.learner import Learner
from models.lineage import market_provenance
from models.manifest import ModelDescription
from models.own_settings import check_own_settings
from models.training_env import trading_env
from utils.clock import Clock, SystemClock
from utils.errors import ArtifactError, ConfigError
from utils.provenance import code_provenance
from utils.registry import lookup

__all__ = ["ALGORITHMS", "TradingAgent"]


class TradingAgent:
    """Learn a policy in an environment, or use a saved one.

    Training walks clones of the environment that share its market; the environment passed in is
    never stepped. With one seed, one thread count and the CPU, two agents get bit-identical
    weights, whatever runs in between.

    Attributes:
        name: What reports call it, e.g. "PPO-lstm".
        settings: How it learns.
        env_settings: The account that it is made for.
        feature_set: The features that it sees, in order, and the forecasts beside them.
        scaler: How they are scaled.
        provenance: Where it comes from: versions, git revision, bars, timesteps. JSON values; a
            script may add its own before `save`.
    """

    def __init__(
        self,
        env: gymnasium.Env[Observation, int],
        algorithm: str | None = None,
        feature_extractor: str | None = None,
        settings: AgentSettings | None = None,
        **overrides: Any,
    ):
        """Create an untrained agent.

        Args:
            env: The TradingEnv that it learns in, as made by hand or by `gymnasium.make`; gives
                features, scaler, account and bars.
            algorithm: Key of ALGORITHMS; None takes the settings' own, "PPO" by default.
            feature_extractor: Key of EXTRACTORS; None takes the settings' own, "lstm" by default.
            settings: How it learns; None takes the defaults.
            **overrides: Single fields of AgentSettings, e.g. learning_rate=3e-4.

        Raises:
            ConfigError: If `env` is no TradingEnv, a setting is unknown or out of bounds, or there
                is no such GPU.
        """
        named = {"algorithm": algorithm, "feature_extractor": feature_extractor, **overrides}
        chosen = overridden(settings or AgentSettings(), named, "TradingAgent")
        algorithm_of = lookup(ALGORITHMS, chosen.algorithm, "algorithm")
        check_own_settings(chosen)
        device = resolve_device(chosen.device)
        inner = trading_env(env)
        origin = {**code_provenance(), **market_provenance(inner.market), "timesteps": 0}
        self._describe(
            ModelDescription(
                env_settings=inner.settings,
                agent_settings=chosen,
                feature_set=inner.feature_set,
                scaler=inner.scaler,
                provenance=origin,
            )
        )
        with self._random.installed(), torch_threads(chosen.threads):
            learner = algorithm_of.make_learner(inner, chosen, device)
        self._learner: Learner | None = learner
        self._decider = learner.decider

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Return the agent saved in a directory; it predicts as before, bit for bit, on the CPU.

        Raises:
            ArtifactError: If the directory is missing, damaged, edited, or of other features or
                versions.
        """
        folder = Path(path)
        description, weights = load_model(folder)
        agent = cls.__new__(cls)
        agent._describe(description)
        agent._learner = None
        make_decider = ALGORITHMS[description.agent_settings.algorithm].make_decider
        with agent._random.installed():
            agent._decider = make_decider(
                description.agent_settings,
                description.env_settings,
                len(description.feature_set.columns) - len(description.feature_set.forecasts),
                len(description.feature_set.forecasts),
            )
        agent._decider.load_weights(weights, str(folder / WEIGHTS))
        return agent

    def _describe(self, description: ModelDescription) -> None:
        self.settings = description.agent_settings
        self.env_settings = description.env_settings
        self.feature_set = description.feature_set
        self.scaler = description.scaler
        self.provenance = dict(description.provenance)
        self.name = self.settings.title
        self._random = RandomStreams(self.settings.seed)

    def train(
        self,
        total_timesteps: int,
        callbacks: Sequence[BaseCallback] = (),
        tensorboard: Path | str | None = None,
        checkpoints: CheckpointPlan | None = None,
    ) -> None:
        """Learn for `total_timesteps` more steps, rounded up to whole rollouts of all copies.

        Args:
            total_timesteps: Environment steps, all copies together, >= 1.
            callbacks: Further Stable-Baselines3 callbacks, e.g. RichProgress().
            tensorboard: Folder for TensorBoard's files; None writes none.
            checkpoints: Where and when to write some, and whether to go on from the last one of an
                agent made just as this one was; None writes none.

        Raises:
            ArtifactError: If it is to go on from a checkpoint that is damaged or of another
                training.
            ConfigError: If the agent was loaded and has no environment, or the training is too
                short for its settings, or diverges.
        """
        if self._learner is None:
            raise ConfigError(
                "a loaded agent has no environment to train in; make a TradingAgent(env)"
            )
        watching = list(callbacks)
        if checkpoints is not None:
            watching.append(CheckpointWriter(checkpoints, self._identity(), total_timesteps))
        self.provenance["is_finished"] = False
        try:
            with self._random.installed(), torch_threads(self.settings.threads):
                self._learner.learn(total_timesteps, watching, tensorboard)
            self.provenance["is_finished"] = not was_stopped(callbacks)
        finally:
            self.provenance["timesteps"] = self._learner.num_timesteps
            self.provenance.update(self._learner.notes)

    def _identity(self) -> dict[str, Any]:
        """Return all that decides what is learnt, as JSON values."""
        return {
            "env_settings": self.env_settings.model_dump(mode="json"),
            "agent_settings": self.settings.model_dump(mode="json"),
            "feature_set": self.feature_set.to_dict(),
            "scaler": self.scaler.to_dict(),
            "market_fingerprint": self.provenance["market_fingerprint"],
            "versions": self.provenance["versions"],
        }

    def predict(
        self, observation: Observation, deterministic: bool = True, state: Any = None
    ) -> tuple[Decision, Any]:
        """Return the action for one observation, and the memory of recurrent policies, else None.

        Args:
            observation: As the environment gives it: `market_features` (lookback, n_features) and
                `position_info` (4,), at the close of the bar that its last row is, and `forecast`
                (n_forecasts,) if the agent sees forecasts.
            deterministic: The most probable action; else a draw from the agent's own random stream.
            state: What the call before returned; None begins an episode.

        Raises:
            ConfigError: If keys or shapes are not those of the training environment.
            DataError: If a value is NaN or infinite.
        """
        # one thread: on a single window the hand-over to a second costs more than it saves
        with torch_threads(1):
            if deterministic:
                return self._decider.predict(observation, state)
            with self._random.installed():
                return self._decider.predict(observation, state, deterministic=False)

    def opinion(self, observation: Observation, state: Any = None) -> tuple[Opinion, Any]:
        """Return what is behind `predict`: each action's probability, or the share wanted.

        Args:
            observation: As for `predict`; errors as there.
            state: What the call before returned; None begins an episode.
        """
        with torch_threads(1):
            return self._decider.opinion(observation, state)

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Prepare for one pass over a market of this agent's features; see `models.policy`.

        Raises:
            ArtifactError: If its features, their scaling or the size of its bars differ.
        """
        if market.bar_seconds != self.provenance["bar_seconds"]:
            raise ArtifactError(
                f"the model was trained on bars of {self.provenance['bar_seconds']} s, these are "
                f"of {market.bar_seconds} s; give bars of its own size or re-train"
            )
        check_forecasts(self.feature_set, market.feature_set.forecasts)
        if market.feature_set.hash != self.feature_set.hash:
            raise ArtifactError(
                f"the model sees {list(self.feature_set.names)}, the market has "
                f"{list(market.feature_set.names)}; use the model's features or re-train"
            )
        if market.scaler != self.scaler:
            raise ArtifactError(
                "the market's features are scaled by another scaler; pass the model's own"
            )
        with torch_threads(self.settings.threads):
            self._decider.begin(market, settings)

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return the most probable action at the close of row `bar`."""
        with torch_threads(1):
            return self._decider.decide(bar, observation)

    def opinion_at(self, bar: int, observation: Observation) -> Opinion:
        """Return what is behind `decide`, in its place."""
        with torch_threads(1):
            return self._decider.opinion_at(bar, observation)

    @property
    def agreement(self) -> None:
        """Nothing: an agent decides alone."""
        return None

    def save(self, path: Path | str, clock: Clock | None = None) -> None:
        """Write the model directory `path`, whole or not at all.

        Args:
            path: Directory to create; must not hold anything yet.
            clock: Gives the time of creation; None takes the machine's.

        Raises:
            ArtifactError: If the weights are not finite.
            ConfigError: If the directory exists with content or cannot be written.
        """
        created_at = (clock or SystemClock()).now().isoformat(timespec="seconds")
        description = ModelDescription(
            env_settings=self.env_settings,
            agent_settings=self.settings,
            feature_set=self.feature_set,
            scaler=self.scaler,
            provenance={**self.provenance, "created_at": created_at},
        )
        save_model(Path(path), description, self._decider.weights())
