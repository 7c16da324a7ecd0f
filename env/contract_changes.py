"""Where a frame of bars changes contract, and by how many ticks the price jumps there.

The columns are those of data/continuous.py; any of them may be absent, and row t says whether
something changed between bar t - 1 and bar t.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from utils.errors import DataError

GAP_COLUMN = "roll_gap"
MARK_COLUMN = "is_roll"
CONTRACT_COLUMN = "contract"

MAX_GAP_TICKS = 2**31 - 1
"""As much as a BAR_TICKS record holds."""


def roll_gaps(bars: pd.DataFrame, instrument: Instrument) -> NDArray[np.int32]:
    """Return by how many ticks each bar's contract trades above the one before, shape (n,).

    Zeros where the same contract goes on, where the prices are adjusted, and where the frame has
    no such column.

    Raises:
        DataError: If a gap is no number, or no whole number of ticks.
    """
    if GAP_COLUMN not in bars.columns:
        return np.zeros(len(bars), dtype=np.int32)
    points = pd.to_numeric(bars[GAP_COLUMN], errors="coerce").to_numpy(dtype=np.float64)
    wrong = instrument.off_grid(points) | ~(np.abs(points / instrument.tick_size) <= MAX_GAP_TICKS)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{int(wrong.sum())} of {len(bars)} values of `{GAP_COLUMN}` are no whole number of "
            f"{instrument.symbol} ticks of {instrument.tick_size} points, first "
            f"{bars[GAP_COLUMN].iloc[row]} at {bars.index[row]}; correct them: 0 between rolls, "
            "and at a roll what the new contract trades above the old one"
        )
    return instrument.to_ticks(points).astype(np.int32)


def contract_changes(bars: pd.DataFrame, gaps: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return whether each bar is the first of a new contract, shape (n,); row 0 never is.

    A gap says so, or a mark, or another contract's name: adjusted prices have no gap.

    Args:
        bars: As `check_bars` returns them.
        gaps: Of `roll_gaps`.
    """
    is_change = gaps != 0
    if MARK_COLUMN in bars.columns:
        is_change |= bars[MARK_COLUMN].eq(1).to_numpy(dtype=np.bool_, na_value=False)
    if CONTRACT_COLUMN in bars.columns:
        codes = pd.factorize(bars[CONTRACT_COLUMN])[0]
        is_change[1:] |= codes[1:] != codes[:-1]
    is_change[:1] = False
    return np.asarray(is_change)
