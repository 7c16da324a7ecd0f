"""Which last rows of the training bars are not learnt from, but choose the weights to keep."""

import math

from utils.errors import DataError


def validation_start(n_bars: int, first_decision: int, fraction: float) -> int:
    """Return the row after the last bar that training may touch.

    The decisions held back are those at the closes of the row before it to the last but one: their
    fills lie in bars that training has never seen.

    Args:
        n_bars: Rows in all.
        first_decision: First row at whose close a decision can be made.
        fraction: Last share of the decisions to hold back, in [0, 1); 0 returns `n_bars`.

    Raises:
        DataError: If the share holds no decision at all.
    """
    if fraction == 0:
        return n_bars
    n_decisions = n_bars - 1 - first_decision
    n_held_back = math.floor(fraction * n_decisions)
    if n_held_back < 1:
        raise DataError(
            f"`validation_fraction` of {fraction:g} leaves none of {n_decisions} decisions to "
            f"choose the weights by; give more bars, a larger share, or 0 to keep the last weights"
        )
    return n_bars - n_held_back
