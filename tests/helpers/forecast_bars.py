"""Bars that tests of forecasts share."""

import pandas as pd

from data import feature_frames


def poisoned(bars: pd.DataFrame, row: int) -> pd.DataFrame:
    """Return the bars with absurd ones from `row` on, also in what their range is to their price.

    Another level alone would leave log ranges, and so volatilities, as they are.
    """
    found = feature_frames.poisoned(bars, row)
    found.iloc[row:, found.columns.get_loc("high")] *= 1.5
    found.iloc[row:, found.columns.get_loc("low")] *= 0.8
    return found
