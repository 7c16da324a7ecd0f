"""What forecasts are called: levels, horizons, heads, and the columns that they have in a frame.

A forecast at row t is of the log return from the close of bar t to that of bar t + horizon, or of
the lowest and highest price between the two. What makes forecasts is left to models/forecast.
"""

from enum import StrEnum

LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Quantile levels of every forecast, rising."""

N_LEVELS = len(LEVELS)

HORIZONS = (3, 12, 36)
"""Bars ahead, unless told otherwise: a quarter of an hour, an hour and three, in 5-minute bars."""

PREFIX = "forecast_"
"""What every column of a forecast begins with, and no other column may."""

TRAINED_UNTIL = f"{PREFIX}trained_until"
"""Column: stamp of the last bar that the row's forecasts were learnt from, labels included."""


class Head(StrEnum):
    """What of the bars ahead is forecast, as a log ratio to the close of the bar it is made at."""

    RETURN = "return"
    """The last close."""
    MAE = "mae"
    """The lowest low: maximum adverse excursion of a long position, <= 0."""
    MFE = "mfe"
    """The highest high: maximum favourable excursion of a long position, >= 0."""


HEADS = tuple(Head)


def horizon_prefix(horizon: int) -> str:
    """Return what the columns of a horizon begin with, e.g. `forecast_h12_`."""
    return f"{PREFIX}h{horizon}_"


def quantile_column(horizon: int, level: float, head: Head = Head.RETURN) -> str:
    """Return the name of a quantile's column.

    `forecast_h12_q05` is the .05 quantile of the return over 12 bars, `forecast_h12_mae_q05` that
    of its lowest point.
    """
    middle = "" if head == Head.RETURN else f"{head}_"
    return f"{horizon_prefix(horizon)}{middle}q{round(100 * level):02d}"


def fallback_column(horizon: int) -> str:
    """Return the name of the column that is 1 where the fallback's forecast stands, else 0."""
    return f"{horizon_prefix(horizon)}fallback"
