"""The algorithm "DP": a predictor learnt from a market's past, and dynamic programming on it."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback

from config.settings import AgentSettings, EnvSettings
from env.market import Market
from env.trading_env import TradingEnv
from models.signal_chain import fit_chain
from models.signal_decider import SignalDecider
from models.signal_predictors import PREDICTORS
from models.signal_task import signal_task
from models.training_env import training_stop
from utils.errors import ConfigError
from utils.logger import get_logger
from utils.registry import lookup


def fresh_signal_decider(
    settings: AgentSettings, env_settings: EnvSettings, n_columns: int, n_forecasts: int = 0
) -> SignalDecider:
    """Return a decider that fits the settings and stays flat, with weights still to be loaded.

    Raises:
        ConfigError: If there is no such predictor.
    """
    kind = lookup(PREDICTORS, settings.predictor, "predictor")
    predictor = kind.fresh(settings, env_settings.lookback_window, n_columns, n_forecasts)
    return SignalDecider(predictor, env_settings, n_columns, n_forecasts)


def learn_signal(
    decider: SignalDecider,
    market: Market,
    stop: int,
    env_settings: EnvSettings,
    settings: AgentSettings,
) -> int:
    """Let `decider` learn from the rows of `market` before row `stop`.

    Returns:
        How many windows had a label to learn from.

    Raises:
        ConfigError: If there is no such predictor.
        DataError: If there are too few rows.
    """
    task = signal_task(market, env_settings, stop)
    fitted = lookup(PREDICTORS, settings.predictor, "predictor").fit(task, settings)
    decider.learn(fitted.predictor, fit_chain(fitted.held_out, task.moves))
    return int(task.has_label.sum())


class SignalLearner:
    """Learns a predictor and the worth of its forecasts, in one go.

    There are no steps: whatever number of timesteps is asked for, all training rows are learnt from
    once, and once more gives the same. Callbacks and TensorBoard, which follow steps, are not used.
    """

    def __init__(self, env: TradingEnv, settings: AgentSettings):
        """Prepare to learn.

        Args:
            env: The user's environment; not stepped.
            settings: How to learn.

        Raises:
            ConfigError: If there is no such predictor.
        """
        self._env, self._settings = env, settings
        columns = env.market.n_features, env.market.n_forecasts
        self._decider = fresh_signal_decider(settings, env.settings, *columns)
        self._n_learnt = 0

    @property
    def decider(self) -> SignalDecider:
        """What is being learnt, as it is now."""
        return self._decider

    @property
    def num_timesteps(self) -> int:
        """Windows learnt from so far."""
        return self._n_learnt

    @property
    def notes(self) -> Mapping[str, Any]:
        """Nothing: no row chose among weights."""
        return {}

    def learn(
        self,
        total_timesteps: int,
        callbacks: Sequence[BaseCallback],
        tensorboard: Path | str | None,
    ) -> None:
        """Learn from all training rows, behind a status line where the output is a terminal.

        Args:
            total_timesteps: Has no meaning here beyond being >= 1.
            callbacks: Not called.
            tensorboard: Not written.

        Raises:
            ConfigError: If `total_timesteps` is below 1.
            DataError: If there are too few rows.
        """
        if total_timesteps < 1:
            raise ConfigError(f"`total_timesteps` must be >= 1, was {total_timesteps}")
        env, settings = self._env, self._settings
        stop = training_stop(env, settings)
        first = env.market.first_valid  # what comes before only warms up, or has no forecast
        since = env.market.timestamps[first]
        n_bars = max(stop - first, 0)
        what = f"learning to forecast from {n_bars:,} bars since {since} by {settings.predictor}"
        with _status(what):
            self._n_learnt = learn_signal(self._decider, env.market, stop, env.settings, settings)


def _status(text: str) -> Any:
    """Show that something goes on: a spinner in a terminal, a line elsewhere."""
    console = Console(stderr=True)
    if console.is_terminal:
        return console.status(text)
    get_logger("training").info(text)
    return nullcontext()
