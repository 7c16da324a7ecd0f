"""The environments that an algorithm learns in: a batch over the training rows, random windows.

Only training sees these; evaluation and back-test use the environment as the user made it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from config.settings import AgentSettings
from env.account_setup import chosen_settings
from env.batch_observation import INDICES
from env.observation import observation_space
from env.rewards import RATIO_REWARDS
from env.trading_env import TradingEnv
from env.vector_env import TradingVectorEnv
from models.batched_env import BatchedEnv
from models.validation_span import learnt_until
from utils.errors import ConfigError

CHECKS = (OrderEnforcing, PassiveEnvChecker)
"""What `gymnasium.make` wraps around an environment; they change nothing."""


class RewardUnit(VecEnvWrapper):
    """Divide rewards by a constant, so that a critic meets numbers near one.

    The environment's reward is a fraction of the balance: on one bar some 1e-4, which drowns in the
    noise of a freshly drawn value head. A constant leaves the optimal policy as it is.
    """

    def __init__(self, batch: BatchedEnv, unit: float):
        super().__init__(batch)
        self._batch = batch
        self.unit = unit

    def reset(self) -> VecEnvObs:
        """Return the first observations."""
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        """Return the step with its rewards in units."""
        observations, rewards, dones, infos = self.venv.step_wait()
        return observations, rewards / self.unit, dones, infos

    def snapshot(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the state of the batch, see `BatchedEnv.snapshot`."""
        return self._batch.snapshot()

    def restore(self, arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any]) -> None:
        """Go on from the state of a batch, see `BatchedEnv.restore`."""
        self._batch.restore(arrays, values)


def trading_env(env: object) -> TradingEnv:
    """Return `env` itself, or the TradingEnv that `gymnasium.make` has put into its own checks.

    Raises:
        ConfigError: If it is something else, or in a wrapper that may change what is learnt.
    """
    inner = env
    while isinstance(inner, CHECKS):
        inner = inner.env
    if not isinstance(inner, TradingEnv):
        raise ConfigError(
            f"`env` must be a TradingEnv, was {type(inner).__name__}; pass the TradingEnv itself: "
            f"an agent learns in clones of it, which no wrapper would reach"
        )
    return inner


def make_vec_env(env: TradingEnv, settings: AgentSettings) -> RewardUnit:
    """Return `n_envs` accounts on the training rows of `env`'s market, seen by their indices.

    Where `env` passes over all its bars, each walks random windows of `training_episode_bars`
    decisions instead, or of as many as the bars allow; sessions stay sessions. Finished episodes
    are logged with unscaled rewards.

    Args:
        env: The user's environment; not stepped.
        settings: `n_envs`, `shared_paths`, `training_episode_bars` and what is held back to choose
            the weights are used.

    Raises:
        ConfigError: If `shared_paths` does not divide `n_envs`, or the rows that are left to
            training have no room for an episode.
    """
    stop = training_stop(env, settings)
    market, episodes = env.market.head(stop), env.settings
    if episodes.episode_mode != "session":
        changes = {"episode_bars": training_episode_bars(env, settings), "episode_mode": "window"}
        episodes = chosen_settings(episodes, changes, "training")
    try:
        envs = TradingVectorEnv.over(
            market, episodes, settings.n_envs, INDICES, settings.shared_paths
        )
    except ConfigError as error:
        n_held_back = env.market.n_bars - stop
        if n_held_back == 0 or settings.n_envs % settings.shared_paths:
            raise
        asked = f"`validation_fraction` of {settings.validation_fraction:g}"
        cause = asked if settings.validation_bars is None else "the validation"
        raise ConfigError(f"{error}; {cause} holds the last {n_held_back} bars back") from error
    return RewardUnit(BatchedEnv(envs), reward_unit(env, stop))


def window_space(venv: VecEnv) -> spaces.Dict:
    """Return the space of the windows that the index observations of `venv` stand for."""
    market, settings = venv.get_attr("market")[0], venv.get_attr("settings")[0]
    return observation_space(settings.lookback_window, market.n_features, market.n_forecasts)


def training_episode_bars(env: TradingEnv, settings: AgentSettings) -> int:
    """Return the decisions per training episode."""
    if env.settings.episode_bars is not None:
        return env.settings.episode_bars
    first_decision = env.market.first_decision(env.settings.lookback_window)
    last_bar = training_stop(env, settings) - 1
    return min(settings.training_episode_bars, last_bar - first_decision)


def training_stop(env: TradingEnv, settings: AgentSettings) -> int:
    """Return the row after the last bar that training may touch; see `models.validation_span`."""
    first_decision = env.market.first_decision(env.settings.lookback_window)
    return learnt_until(env.market.n_bars, first_decision, settings)


def reward_unit(env: TradingEnv, stop: int) -> float:
    """Return what rewards are divided by, so that the critic sees numbers of order one.

    For rewards in USD per initial balance, the typical PnL of one bar at the largest position: the
    standard deviation of the close-to-close changes of all training bars; 1 where prices never
    move. 1 for ratios, which are of order one by themselves.

    Args:
        env: Its rewards.
        stop: Row after the last training bar.
    """
    if env.settings.reward in RATIO_REWARDS:
        return 1.0
    changes_ticks = np.diff(env.market.bars.close[:stop]).astype(np.float64)
    spread_usd = float(np.std(changes_ticks)) * env.market.instrument.tick_value_usd
    unit = spread_usd * env.simulation.terms.max_position / env.settings.initial_balance
    return unit if unit > 0 else 1.0
