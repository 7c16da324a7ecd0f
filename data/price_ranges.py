"""Prices that a product has never left in decades, with room beyond: bars outside are of another.

A wrong symbol whose tick grid is finer passes every other check: Nasdaq futures at 17,000 lie on
the grid of the euro, which trades near 1.
"""

import numpy as np
import pandas as pd

from config.instruments import Instrument
from data.bars import PRICE_COLUMNS
from data.row_masks import Mask

PRICE_RANGES: dict[str, tuple[float, float]] = {
    "MNQ": (500.0, 250_000.0),
    "NQ": (500.0, 250_000.0),
    "MES": (100.0, 70_000.0),
    "ES": (100.0, 70_000.0),
    "M2K": (100.0, 30_000.0),
    "MYM": (1_000.0, 500_000.0),
    "CL": (-100.0, 1_000.0),
    "MCL": (-100.0, 1_000.0),
    "BZ": (-100.0, 1_000.0),
    "GC": (50.0, 50_000.0),
    "MGC": (50.0, 50_000.0),
    "SI": (1.0, 1_000.0),
    "SIL": (1.0, 1_000.0),
    "ZC": (50.0, 5_000.0),
    "6E": (0.4, 4.0),
    "BTCUSDT": (100.0, 10_000_000.0),
}
"""Lowest and highest price in points, by symbol: of prices as traded, adjusted ones may be any."""


def out_of_range(bars: pd.DataFrame, instrument: Instrument, adjustment: str = "none") -> Mask:
    """Return which bars have a price that the product has never been near, shape (n,).

    None are where prices are adjusted, or an instrument is not in the table. NaN is in range.

    Args:
        bars: Open, high, low, close.
        instrument: What they are said to be bars of.
        adjustment: One of `data.store.ADJUSTMENTS`.
    """
    wrong = np.zeros(len(bars), dtype=np.bool_)
    if adjustment == "none" and instrument.symbol in PRICE_RANGES:
        lowest, highest = PRICE_RANGES[instrument.symbol]
        for name in PRICE_COLUMNS:
            prices = bars[name].to_numpy()
            wrong |= (prices < lowest) | (prices > highest)
    return wrong


def shown_range(instrument: Instrument) -> str:
    """Return the range of an instrument as text, e.g. "0.4 to 4"."""
    lowest, highest = PRICE_RANGES[instrument.symbol]
    return f"{lowest:,.10g} to {highest:,.10g}"
