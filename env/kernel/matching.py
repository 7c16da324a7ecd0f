"""Where an order fills inside one bar; every ambiguity of a bar is settled by one row here.

| order | at the open | within the bar's range |
|---|---|---|
| market | fills at the open, slipped | never waits that long |
| stop, working before the bar | opens at or beyond the trigger: fills at the open, slipped: a stop is a promise to sell, not a price | trades at or through the trigger: fills at the trigger, slipped |
| stop, born inside the bar | is not asked: it did not see the open | as above; where the whole range lies beyond the trigger, at the best price the bar traded, slipped |

Orders that can fill at the open do so before any range logic; advance.py asks, and in which order.
At the end of the data what is left fills at the close, slipped.
"""  # noqa: E501 - a table row is one line

import math

import numpy as np

from env.kernel.costs import slipped_ticks
from env.kernel.types import OrderKind
from utils.jit import jit

NO_FILL = -(2**62)
"""No price: the order waits on. Never leaves the kernel."""

GRID_TOLERANCE_TICKS = 1e-6
"""Float noise of an average entry that must not move a stop by a tick."""


@jit
def fill_ticks_at_open(order: np.record, bar: np.record, costs: np.record) -> int:
    """Return where `order` fills at the bar's open, or NO_FILL.

    Args:
        order: ORDER record that rested before the bar; an empty slot never fills.
        bar: BAR_TICKS record.
        costs: COSTS record.
    """
    if order.kind == OrderKind.MARKET:
        return slipped_ticks(bar.open, order.quantity, costs)
    if order.kind == OrderKind.STOP:
        if order.quantity < 0 and bar.open <= order.trigger_ticks:
            return slipped_ticks(bar.open, order.quantity, costs)
        if order.quantity > 0 and bar.open >= order.trigger_ticks:
            return slipped_ticks(bar.open, order.quantity, costs)
    return NO_FILL


@jit
def fill_ticks_in_range(order: np.record, bar: np.record, costs: np.record) -> int:
    """Return where `order` fills after the open, or NO_FILL; arguments as at the open."""
    if order.kind == OrderKind.STOP:
        if order.quantity < 0 and bar.low <= order.trigger_ticks:
            return slipped_ticks(min(order.trigger_ticks, bar.high), order.quantity, costs)
        if order.quantity > 0 and bar.high >= order.trigger_ticks:
            return slipped_ticks(max(order.trigger_ticks, bar.low), order.quantity, costs)
    return NO_FILL


@jit
def protective_stop_ticks(position: int, entry_ticks: float, offset_ticks: float) -> int:
    """Return the trigger of the stop that protects a position.

    Off the grid, a sell stop rounds up and a buy stop down: towards the smaller loss.

    Args:
        position: Signed contracts; never 0.
        entry_ticks: Average entry, ticks; may be fractional.
        offset_ticks: Distance from the entry, ticks, >= 1; may be fractional.
    """
    if position > 0:
        return math.ceil(entry_ticks - offset_ticks - GRID_TOLERANCE_TICKS)
    return math.floor(entry_ticks + offset_ticks + GRID_TOLERANCE_TICKS)
