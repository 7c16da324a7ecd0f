"""Markets that the environment's speed is measured on: a random walk, and features beside it."""

import numpy as np
import pandas as pd

from config.settings import EnvSettings
from env.trading_env import TradingEnv
from utils.errors import SimulationError

LOOKBACK = 50
SETTINGS = EnvSettings(
    lookback_window=LOOKBACK, stop_loss_ticks=200.0, margin="none", initial_balance=1e9
)
"""An account that trades to the end, whatever random actions do to it."""

MIN_TRADES = 100

N_BAR_COLUMNS = 5


def random_env(n_bars: int, n_features: int) -> TradingEnv:
    """Return an environment on `random_bars` that shows their features."""
    bars = random_bars(n_bars, n_features)
    return TradingEnv(bars, [*bars.columns[N_BAR_COLUMNS:]], settings=SETTINGS)


def random_bars(n_bars: int, n_features: int) -> pd.DataFrame:
    """Return a random walk on the tick grid, and behind its columns float32 features."""
    rng = np.random.default_rng(1)
    close = 20_000.0 + 0.25 * np.cumsum(rng.integers(-20, 21, n_bars))
    open_ = np.concatenate(([20_000.0], close[:-1]))
    wick = 0.25 * rng.integers(0, 10, (2, n_bars))
    columns = {
        "open": open_,
        "high": np.maximum(open_, close) + wick[0],
        "low": np.minimum(open_, close) - wick[1],
        "close": close,
        "volume": np.ones(n_bars),
    }
    for i in range(n_features):
        columns[f"feature_{i}"] = rng.standard_normal(n_bars, dtype=np.float32)
    stamps = pd.date_range("1975-01-06", periods=n_bars, freq="5min", tz="UTC", name="timestamp")
    return pd.DataFrame(columns, index=stamps)


def check_traded(n_trades: int) -> None:
    """Raise where too little was traded to call it work."""
    if n_trades <= MIN_TRADES:
        raise SimulationError(f"the steps made {n_trades} trades, must be > {MIN_TRADES}")
