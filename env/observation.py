"""What an agent sees at a bar's close: a window of scaled features, four numbers on its account.

Warning:
    The window of bar t ends with row t and holds rows <= t only; the account is as of the close of
    t, before the order that is decided on now.
"""

from typing import TypedDict

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from utils.jit import jit

N_POSITION_INFO = 4


class Observation(TypedDict):
    """One observation; the arrays belong to the receiver.

    Attributes:
        market_features: (lookback, n_features) float32, oldest bar first.
        position_info: (4,) float32: position / largest position; open PnL / initial balance; bars
            since entry / lookback, 0 on the entry bar and when flat; equity / initial balance.
    """

    market_features: NDArray[np.float32]
    position_info: NDArray[np.float32]


def observation_space(lookback: int, n_features: int) -> spaces.Dict:
    """Return the space of an observation."""
    return spaces.Dict(
        {
            "market_features": spaces.Box(-np.inf, np.inf, (lookback, n_features), np.float32),
            "position_info": spaces.Box(-np.inf, np.inf, (N_POSITION_INFO,), np.float32),
        }
    )


def observe(
    features: NDArray[np.float32], bar: int, lookback: int, position_info: NDArray[np.float32]
) -> Observation:
    """Return the observation at the close of row `bar`, copied: callers may keep or change it.

    Args:
        features: (n, n_features) scaled.
        bar: Row, >= lookback - 1.
        lookback: Rows in the window, that of `bar` included.
        position_info: (4,) as `write_position_info` left it.
    """
    return {
        "market_features": features[bar + 1 - lookback : bar + 1].copy(),
        "position_info": position_info.copy(),
    }


@jit
def write_position_info(account: np.record, lookback: int, info: NDArray[np.float32]) -> None:
    """Write the four numbers on the account into `info`, (4,)."""
    info[0] = account.position / account.limits.max_position
    info[1] = account.open_pnl_usd / account.initial_usd
    info[2] = (account.bar - account.entry_bar) / lookback if account.position != 0 else 0.0
    info[3] = account.equity_usd / account.initial_usd
