"""What an agent sees at a bar's close: a window of scaled features, four numbers on its account.

Where the market has forecasts, the row's own are seen beside these.

Warning:
    The window of bar t ends with row t and holds rows <= t only; the account is as of the close of
    t, before the order that is decided on now. The forecasts of row t were learnt long before it.
"""

from typing import NamedTuple, NotRequired, TypedDict

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
        forecast: (n_forecasts,) float32, scaled, of the last bar; only where there are forecasts.
    """

    market_features: NDArray[np.float32]
    position_info: NDArray[np.float32]
    forecast: NotRequired[NDArray[np.float32]]


class Page(NamedTuple):
    """What is shown at the closes of some rows in turn; made at once, it takes half the time.

    Attributes:
        windows: market_features of each row, as far as there are rows.
        position_infos: position_info of each, zeros until they are written.
        forecasts: forecast of each; None where there are none.
    """

    windows: list[NDArray[np.float32]]
    position_infos: list[NDArray[np.float32]]
    forecasts: list[NDArray[np.float32]] | None


def observation_space(lookback: int, n_features: int, n_forecasts: int = 0) -> spaces.Dict:
    """Return the space of an observation; `forecast` is part of it where there are any."""
    shapes = {"market_features": (lookback, n_features), "position_info": (N_POSITION_INFO,)}
    if n_forecasts > 0:
        shapes["forecast"] = (n_forecasts,)
    return spaces.Dict(
        {key: spaces.Box(-np.inf, np.inf, shape, np.float32) for key, shape in shapes.items()}
    )


def page_from(
    features: NDArray[np.float32],
    bar: int,
    lookback: int,
    forecasts: NDArray[np.float32] | None = None,
) -> Page:
    """Return the page that begins with row `bar`.

    Args:
        features: (n, n_features) scaled.
        bar: Row, >= lookback - 1.
        lookback: Rows in a window, its own included.
        forecasts: (n, n_forecasts) scaled; None where there are none.
    """
    n_bars = page_bars(lookback, features.shape[1])
    rows = features[bar + 1 - lookback : bar + n_bars]
    shape = len(rows) + 1 - lookback, lookback, rows.shape[1]
    windows = np.ndarray(shape, np.float32, rows, strides=(rows.strides[0], *rows.strides))
    position_infos = np.zeros((n_bars, N_POSITION_INFO), np.float32)
    own = None if forecasts is None else list(forecasts[bar : bar + n_bars].copy())
    return Page(list(windows.copy()), list(position_infos), own)


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
