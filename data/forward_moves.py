"""What a feature is asked to foretell: the move from the next open on, in average true ranges.

These are labels, which look ahead on purpose: they are for measuring features, never for showing to
an agent.
"""

import numpy as np
import pandas as pd

from data.feature_set import FeatureSet
from data.indicators.bar import Floats
from utils.errors import ConfigError

PERCENT = 100.0


def forward_moves(bars: pd.DataFrame, horizon: int) -> Floats:
    """Return the move that a decision at each close could catch, shape (n,).

    Row t is (close of bar t + horizon - open of bar t + 1) / average true range at bar t, the gaps
    of rolls between the two left out. NaN in the last `horizon` rows, which have no such bar, and
    where the range is not yet known or zero.

    Args:
        bars: Checked bars, oldest first; a column `roll_gap`, in points, is used where it is there.
        horizon: Bars from the decision to the end of the move, >= 1.

    Raises:
        ConfigError: If `horizon` is below 1.
    """
    if horizon < 1:
        raise ConfigError(f"`horizon` must be >= 1 bar, was {horizon}")
    moves = np.full(len(bars), np.nan)
    if len(bars) <= horizon:
        return moves
    close = bars["close"].to_numpy(dtype=np.float64)
    # at one level: without the gaps that came up to each bar
    level = np.cumsum(bars["roll_gap"].to_numpy(dtype=np.float64)) if "roll_gap" in bars else 0.0
    start, end = bars["open"].to_numpy(dtype=np.float64) - level, close - level
    ranges = FeatureSet(["atr"]).compute(bars)[:, 0] * close / PERCENT
    usable = np.where(ranges > 0.0, ranges, np.nan)
    moves[:-horizon] = (end[horizon:] - start[1 : len(bars) - horizon + 1]) / usable[:-horizon]
    return moves
