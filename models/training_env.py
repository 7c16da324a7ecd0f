"""The environments that an algorithm learns in: clones over one market, with random windows.

Only training sees these; evaluation and back-test use the environment as the user made it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecEnvWrapper, VecMonitor
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from config.settings import AgentSettings
from env.rewards import RATIO_REWARDS
from env.trading_env import TradingEnv
from utils.errors import ConfigError

CHECKS = (OrderEnforcing, PassiveEnvChecker)
"""What `gymnasium.make` wraps around an environment; they change nothing."""


class Clones(DummyVecEnv):
    """Environments one after the other, each with random starts that no other seed shares."""

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Draw one seed per clone from `seed`.

        Stable-Baselines3 itself counts on from it, so that the neighbouring seeds of two agents
        would share all their streams but one.
        """
        drawn = np.random.SeedSequence(seed).generate_state(self.num_envs)
        self._seeds = [int(each) for each in drawn]
        return self._seeds


class RewardUnit(VecEnvWrapper):
    """Divide rewards by a constant, so that a critic meets numbers near one.

    The environment's reward is a fraction of the balance: on one bar some 1e-4, which drowns in the
    noise of a freshly drawn value head. A constant leaves the optimal policy as it is.
    """

    def __init__(self, venv: VecEnv, unit: float):
        super().__init__(venv)
        self.unit = unit

    def reset(self) -> VecEnvObs:
        """Return the first observations."""
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        """Return the step with its rewards in units."""
        observations, rewards, dones, infos = self.venv.step_wait()
        return observations, rewards / self.unit, dones, infos


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


def make_vec_env(env: TradingEnv, settings: AgentSettings) -> VecEnv:
    """Return `n_envs` clones of `env` that share its market.

    Where `env` passes over all its bars, each clone walks random windows of `training_episode_bars`
    decisions instead, or of as many as the bars allow; sessions stay sessions. Finished episodes
    are logged with unscaled rewards.

    Args:
        env: The user's environment; not stepped.
        settings: `n_envs` and `training_episode_bars` are used.
    """
    episode_bars = training_episode_bars(env, settings)

    def make_clone() -> TradingEnv:
        if env.settings.episode_mode == "session":
            return env.clone()
        return env.clone(episode_bars=episode_bars, episode_mode="window")

    makers: list[Callable[[], gymnasium.Env[Any, Any]]] = [make_clone] * settings.n_envs
    return RewardUnit(VecMonitor(Clones(makers)), reward_unit(env))


def training_episode_bars(env: TradingEnv, settings: AgentSettings) -> int:
    """Return the decisions per training episode."""
    if env.settings.episode_bars is not None:
        return env.settings.episode_bars
    first_decision = env.market.first_decision(env.settings.lookback_window)
    return min(settings.training_episode_bars, env.market.n_bars - 1 - first_decision)


def reward_unit(env: TradingEnv) -> float:
    """Return what rewards are divided by, so that the critic sees numbers of order one.

    For rewards in USD per initial balance, the typical PnL of one bar at the largest position: the
    standard deviation of the close-to-close changes of all training bars; 1 where prices never
    move. 1 for ratios, which are of order one by themselves.
    """
    if env.settings.reward in RATIO_REWARDS:
        return 1.0
    changes_ticks = np.diff(env.market.bars.close).astype(np.float64)
    spread_usd = float(np.std(changes_ticks)) * env.market.instrument.tick_value_usd
    unit = spread_usd * env.simulation.terms.max_position / env.settings.initial_balance
    return unit if unit > 0 else 1.0
