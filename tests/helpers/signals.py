"""Small tasks and agents for tests of forecasts and of the plans made on them."""

from typing import Any

import numpy as np

from config.settings import AgentSettings, EnvSettings
from data.planted_edge import PlantedEdge
from env.market import Market, build_market
from env.trading_env import TradingEnv
from models.signal_task import SignalTask
from tests.helpers.planted_market import planted_bars

LOOKBACK = 12

EDGE = PlantedEdge(sd_ticks=4.0, half_life_bars=8.0, n_signals=2, signal_noise=1.0)

ACCOUNT = EnvSettings(lookback_window=LOOKBACK, stop_loss_ticks=None)

DP = AgentSettings(algorithm="DP", hidden_size=8, dropout=0.0)


def random_features(n_rows: int, n_features: int = 3, seed: int = 0) -> np.ndarray:
    """Return (n_rows, n_features) float32, standard normal."""
    return np.random.default_rng(seed).normal(size=(n_rows, n_features)).astype(np.float32)


def linear_task(n_rows: int = 1_500, noise: float = 1.0, seed: int = 0) -> SignalTask:
    """Return a task whose moves are twice the newest value of the first feature, under noise."""
    features = random_features(n_rows, seed=seed)
    drawn = np.random.default_rng(seed + 1).normal(size=n_rows - LOOKBACK + 1)
    moves = 2.0 * features[LOOKBACK - 1 :, 0].astype(np.float64) + noise * drawn
    moves[-2:] = np.nan
    return SignalTask(features=features, moves=moves, lookback=LOOKBACK)


def planted_market(n_bars: int = 3_000, seed: int = 0) -> Market:
    """Return a market with EDGE in it, and its signals as features."""
    bars, _ = planted_bars(n_bars, EDGE, seed)
    return build_market(bars, EDGE.signal_columns)


def planted_env(n_bars: int = 3_000, seed: int = 0, **overrides: Any) -> TradingEnv:
    """Return an environment over such a market."""
    bars, _ = planted_bars(n_bars, EDGE, seed)
    return TradingEnv(bars, EDGE.signal_columns, settings=ACCOUNT.model_copy(update=overrides))
