"""What a predictor learns from: windows of features, and the move that each could have caught.

The label of row t is the move from the open of bar t + 1, where a decision at the close of t fills,
to the open of bar t + 2, where the next one does. It is known at that open only, so the last rows
of the training have none.

Warning:
    Labels look ahead on purpose. A predictor that is asked about a row must not have learnt from
    rows whose window or label overlaps its own: `held_out_folds` keeps them apart.
"""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.settings import EnvSettings
from env.market import Market
from utils.errors import DataError

Floats = NDArray[np.float64]

LABEL_BARS = 2
"""Bars after a row until its label is known."""

N_FOLDS = 5
MIN_LABELS = 30
"""Labelled windows that there are to learn from, whichever block is held out."""


class Fold(NamedTuple):
    """One block of windows to be forecast, and the windows that may be learnt from for it.

    Attributes:
        start: First window of the block.
        stop: Window after its last.
        gap_start: First window that is not learnt from.
        gap_stop: Window after the last one that is not learnt from.
    """

    start: int
    stop: int
    gap_start: int
    gap_stop: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalTask:
    """Rows to learn from. Window i ends with row i + lookback - 1.

    Attributes:
        features: (n, n_features + n_forecasts) float32, scaled, all finite, oldest first.
        moves: (n - lookback + 1,) ticks per contract, one per window; NaN where there is no label.
        lookback: Rows in a window.
        n_forecasts: How many of the columns, the last ones, are forecasts.
    """

    features: NDArray[np.float32]
    moves: Floats
    lookback: int
    n_forecasts: int = 0

    @property
    def n_features(self) -> int:
        """Columns that are none."""
        return int(self.features.shape[1]) - self.n_forecasts

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """Whether a window can be learnt from, shape (n - lookback + 1,)."""
        return np.asarray(np.isfinite(self.moves))

    def is_free(self, fold: Fold) -> NDArray[np.bool_]:
        """Return which windows may be learnt from for a fold, shape (n - lookback + 1,)."""
        is_free = self.has_label
        is_free[fold.gap_start : fold.gap_stop] = False
        return is_free


def signal_task(market: Market, settings: EnvSettings, stop: int) -> SignalTask:
    """Return what may be learnt from the rows of `market` before row `stop`.

    Args:
        market: Bars and scaled features.
        settings: The account; `lookback_window` is used, and whether it holds over sessions.
        stop: Row after the last that is used, labels included.

    Raises:
        DataError: If a block that is held out leaves fewer than MIN_LABELS windows with a label.
    """
    first, lookback = market.first_valid, settings.lookback_window
    moves = next_moves(market, settings, stop)[first + lookback - 1 :]
    task = SignalTask(
        features=market.features[first:stop],
        moves=moves,
        lookback=lookback,
        n_forecasts=market.n_forecasts,
    )
    n_free = min(int(task.is_free(fold).sum()) for fold in held_out_folds(len(moves), lookback))
    if n_free < MIN_LABELS:
        raise DataError(
            f"a forecast needs at least {MIN_LABELS} windows to learn from while a fifth is held "
            f"out, had {n_free} in {stop} bars ({first} warm the features up, `lookback_window` "
            f"{lookback}); give more bars"
        )
    return task


def next_moves(market: Market, settings: EnvSettings, stop: int) -> Floats:
    """Return the label of each row before `stop`, ticks per contract, shape (stop,).

    NaN for the last rows, whose label lies beyond; for a move into a new contract, which is no
    move; and for one into a new session where the account is flat by then.
    """
    opens = market.bars.open[:stop].astype(np.float64)
    moves = np.full(stop, np.nan)
    moves[:-LABEL_BARS] = opens[LABEL_BARS:] - opens[1:-1]
    is_cut = market.is_roll[:stop].copy()
    if settings.flatten_minutes_before_close is not None:
        dates = market.trade_dates[:stop]
        is_cut[1:] |= dates[1:] != dates[:-1]
    moves[:-LABEL_BARS][is_cut[LABEL_BARS:]] = np.nan
    return moves


def held_out_folds(n_windows: int, lookback: int, n_folds: int = N_FOLDS) -> list[Fold]:
    """Return consecutive blocks that cover all windows, each with a gap to what it is learnt from.

    The gap of `lookback + 2` windows either side leaves no bar that both a window or label inside
    and one outside have seen.
    """
    purge = lookback + LABEL_BARS
    bounds = [round(number * n_windows / n_folds) for number in range(n_folds + 1)]
    return [
        Fold(start, stop, max(start - purge, 0), min(stop + purge, n_windows))
        for start, stop in itertools.pairwise(bounds)
    ]
