"""A market with nothing in it but a planted edge: moves are its drift, plus plain noise."""

import numpy as np
import pandas as pd

from data.planted_edge import PlantedEdge, latent_drift
from tests.helpers.bars import SESSION_OPEN
from utils.seeding import generator

START_TICKS = 1_000_000
MNQ_TICK_SIZE = 0.25


def planted_bars(
    n_bars: int, edge: PlantedEdge, seed: int, shock_sd_ticks: float = 10.0
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return MNQ bars with the signals of an edge, and the drift in them, (n_bars,) ticks."""
    drift_rng, shock_rng = generator(seed).spawn(2)
    drift, signals = latent_drift(n_bars, edge, drift_rng)
    moves = drift + shock_sd_ticks * shock_rng.standard_normal(n_bars)
    close = np.rint(START_TICKS + np.cumsum(moves))
    return bars_of(close, signals, edge), drift


def bars_of(close_ticks: np.ndarray, signals: np.ndarray, edge: PlantedEdge) -> pd.DataFrame:
    """Return bars that open where the last one closed, with the signal columns of an edge."""
    close = MNQ_TICK_SIZE * np.asarray(close_ticks, dtype=np.float64)
    open_ = np.concatenate([close[:1], close[:-1]])
    bars = pd.DataFrame(
        {
            "open": open_,
            "high": np.maximum(open_, close),
            "low": np.minimum(open_, close),
            "close": close,
            "volume": 100.0,
        },
        index=pd.date_range(SESSION_OPEN, periods=len(close), freq="5min", name="timestamp"),
    )
    for column, values in zip(edge.signal_columns, signals.T, strict=True):
        bars[column] = values
    return bars
