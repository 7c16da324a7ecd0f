"""What an agent sees at a bar's close: a window of scaled features, four numbers on its account.

Warning:
    The window of bar t ends with row t and holds rows <= t only; the account is as of the close of
    t, before the order that is decided on now.
"""

from typing import NamedTuple, TypedDict

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from utils.jit import jit

N_POSITION_INFO = 4

PAGE_BYTES = 2**19
MIN_PAGE_BARS, MAX_PAGE_BARS = 8, 128


class Observation(TypedDict):
    """One observation; the arrays belong to the receiver.

    Attributes:
        market_features: (lookback, n_features) float32, oldest bar first.
        position_info: (4,) float32: position / largest position; open PnL / initial balance; bars
            since entry / lookback, 0 on the entry bar and when flat; equity / initial balance.
    """

    market_features: NDArray[np.float32]
    position_info: NDArray[np.float32]


class Page(NamedTuple):
    """What is shown at the closes of some rows in turn; made at once, it takes half the time.

    Attributes:
        windows: market_features of each row, as far as there are rows.
        position_infos: position_info of each, zeros until they are written.
    """

    windows: list[NDArray[np.float32]]
    position_infos: list[NDArray[np.float32]]


def observation_space(lookback: int, n_features: int) -> spaces.Dict:
    """Return the space of an observation."""
    return spaces.Dict(
        {
            "market_features": spaces.Box(-np.inf, np.inf, (lookback, n_features), np.float32),
            "position_info": spaces.Box(-np.inf, np.inf, (N_POSITION_INFO,), np.float32),
        }
    )


def page_from(features: NDArray[np.float32], bar: int, lookback: int) -> Page:
    """Return the page that begins with row `bar`.

    Args:
        features: (n, n_features) scaled.
        bar: Row, >= lookback - 1.
        lookback: Rows in a window, its own included.
    """
    n_bars = page_bars(lookback, features.shape[1])
    rows = features[bar + 1 - lookback : bar + n_bars]
    shape = len(rows) + 1 - lookback, lookback, rows.shape[1]
    windows = np.ndarray(shape, np.float32, rows, strides=(rows.strides[0], *rows.strides))
    return Page(list(windows.copy()), list(np.zeros((n_bars, N_POSITION_INFO), np.float32)))


def page_bars(lookback: int, n_features: int) -> int:
    """Return how many rows a page has: such that its windows stay in the processor's cache."""
    window_bytes = lookback * n_features * np.dtype(np.float32).itemsize
    return min(max(PAGE_BYTES // window_bytes, MIN_PAGE_BARS), MAX_PAGE_BARS)


@jit
def write_position_info(account: np.record, lookback: int, info: NDArray[np.float32]) -> None:
    """Write the four numbers on the account into `info`, (4,)."""
    info[0] = account.position / account.limits.max_position
    info[1] = account.open_pnl_usd / account.initial_usd
    info[2] = (account.bar - account.entry_bar) / lookback if account.position != 0 else 0.0
    info[3] = account.equity_usd / account.initial_usd
