"""Rows that somebody sent, sorted out: those that are bars, and those that are not, with why."""

import numpy as np
import pandas as pd

from config.instruments import get_instrument
from data.bars import check_bars
from data.row_checks import ROW_CHECKS, found_rows, may_be_negative
from utils.errors import DataError


def sorted_out(sent: pd.DataFrame, symbol: str, where: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sound rows as bars, oldest first, and the others with a column `reason`.

    Args:
        sent: Rows with `timestamp` (UTC) as index and OHLCV, in any order and state.
        symbol: What they are bars of.
        where: What to call them in an error.

    Raises:
        DataError: If none of them is sound.
    """
    instrument = get_instrument(symbol)
    rows = found_rows(sent.sort_index(kind="stable"), where)
    reasons = np.full(len(sent), "", dtype=object)
    for code, check in ROW_CHECKS.items():
        mask = check(rows, instrument) & (reasons == "")
        if code != "not_positive" or not may_be_negative(instrument, "none"):
            reasons[mask] = code
    frame = rows.frame.set_index("timestamp")
    is_sound = reasons == ""
    if not is_sound.any():
        raise DataError(f"none of the {len(sent)} {where} is sound, first: {reasons[0]}")
    bars = check_bars(frame[is_sound], instrument, where=where)
    return bars, frame[~is_sound].assign(reason=reasons[~is_sound])
