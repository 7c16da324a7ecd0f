"""Which last rows of the training bars are not learnt from, but choose the weights to keep."""

import math

from config.settings import AgentSettings
from utils.errors import DataError


def learnt_until(n_bars: int, first_decision: int, settings: AgentSettings) -> int:
    """Return the row after the last bar that learning may touch.

    Args:
        n_bars: Rows in all.
        first_decision: First row at whose close a decision can be made.
        settings: Which rows are held back.

    Raises:
        DataError: If no decision is left to choose by, or none to learn from.
    """
    purged = settings.validation_purge_bars
    if settings.validation_bars is None and settings.validation_fraction == 0:
        return n_bars
    first = validated_from(n_bars, first_decision, settings)
    stop = (first + 1 if settings.validation_bars is None else first) - purged
    if stop < first_decision + 2:
        needed = first_decision + 2 - stop
        raise DataError(
            f"the validation leaves {max(stop, 0)} of {n_bars} bars to learn from, {purged} purged "
            f"before it, and the first decision needs {first_decision + 2}: {needed} bars are "
            f"missing; give more bars, or validate on less"
        )
    return stop


def validated_from(n_bars: int, first_decision: int, settings: AgentSettings) -> int:
    """Return the row at whose close the first decision is made that chooses the weights.

    Where a share is held back, it is the row before those: its fill lies in bars that training has
    never seen. Where a number of bars is, it is the first of them.

    Args:
        n_bars: Rows in all.
        first_decision: First row at whose close a decision can be made.
        settings: Which rows are held back; some must be.

    Raises:
        DataError: If the share holds no decision at all.
    """
    if settings.validation_bars is not None:
        return n_bars - settings.validation_bars
    n_decisions = n_bars - 1 - first_decision
    n_held_back = math.floor(settings.validation_fraction * n_decisions)
    if n_held_back < 1:
        raise DataError(
            f"`validation_fraction` of {settings.validation_fraction:g} leaves none of "
            f"{n_decisions} decisions to choose the weights by; give more bars, a larger share, or "
            f"0 to keep the last weights"
        )
    return n_bars - n_held_back - 1


def is_validated(settings: AgentSettings) -> bool:
    """Return whether any rows are held back to choose the weights by."""
    return settings.validation_bars is not None or settings.validation_fraction > 0
