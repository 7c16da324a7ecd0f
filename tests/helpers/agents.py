"""Small observations, bars and environments for tests of agents."""

from typing import Any

import numpy as np
import pandas as pd
from gymnasium import spaces

from config.settings import AgentSettings
from env.observation import Observation, observation_space
from env.trading_env import TradingEnv

LOOKBACK = 6
N_FEATURES = 3
MOVE_POINTS = 10.0

SMALL = AgentSettings(
    n_envs=2,
    n_steps=8,
    batch_size=8,
    n_epochs=2,
    hidden_size=4,
    training_episode_bars=12,
    validation_fraction=0.0,
    significance=1.0,
    threads=1,
)
"""Settings of an agent that is trained in a moment, also beside other tests, on all of its bars.

Where a test holds some back, the best evaluation is kept though nothing tells it from luck."""


def small_space() -> spaces.Dict:
    """Return the space of `observation`."""
    return observation_space(LOOKBACK, N_FEATURES)


def observation(seed: int = 0) -> Observation:
    """Return one random observation of `small_space()`."""
    random = np.random.default_rng(seed)
    return {
        "market_features": random.normal(size=(LOOKBACK, N_FEATURES)).astype(np.float32),
        "position_info": np.array([1.0, 0.01, 0.5, 1.01], dtype=np.float32),
    }


def told_bars(n_bars: int = 60, seed: int = 0) -> pd.DataFrame:
    """Return bars that rise or fall by MOVE_POINTS at random, and a column that tells beforehand.

    Each bar opens at the last close; `hint` is 1 where the next bar rises, else -1.
    """
    direction = np.random.default_rng(seed).choice([-1.0, 1.0], size=n_bars + 1)
    close = 20_000.0 + MOVE_POINTS * np.cumsum(direction[:-1])
    open_ = close - MOVE_POINTS * direction[:-1]
    stamps = pd.date_range("2024-03-04 00:00", periods=n_bars, freq="5min", tz="UTC")
    return pd.DataFrame(
        {
            "open": open_,
            "high": np.maximum(open_, close),
            "low": np.minimum(open_, close),
            "close": close,
            "volume": 100.0,
            "hint": direction[1:],
        },
        index=stamps.rename("timestamp"),
    )


def small_env(**overrides: Any) -> TradingEnv:
    """Return an environment over `told_bars()` with the hint as its only feature."""
    settings: dict[str, Any] = {"lookback_window": 2, "stop_loss_ticks": None, "reward": "pnl"}
    return TradingEnv(told_bars(), ["hint"], **{**settings, **overrides})
