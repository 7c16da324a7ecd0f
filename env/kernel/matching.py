"""Where an order fills inside one bar; every ambiguity of a bar is settled by one row here.

| order | at the open | within the bar's range |
|---|---|---|
| market | fills at the open, slipped | never waits that long |
| stop | opens at or beyond the trigger: fills at the open, slipped: a stop is a promise to sell, not a price | trades at or through the trigger: fills at the trigger, slipped |
| limit | opens beyond the limit: fills at the open, a better price | trades beyond the limit by `through_ticks`: fills at the limit, never slipped |
| stop-limit | opens at or beyond the trigger: is a limit from now on, at this very open too | trades at or through the trigger: is a limit from the next bar on |
| trailing stop | as a stop, with the trigger of the last close | as a stop; the trigger follows the open, and the bar's extreme once the bar is over |
| stop born at the open | is not asked: it did not rest before the bar | as a stop; where the whole range lies beyond its trigger, at the best price the bar traded, slipped |
| limit born at the open | is not asked | as a limit; where the whole range lies beyond it, at the worst price the bar traded |
| stop born inside the bar | is not asked | hit when the range holds its trigger, after all else; fills as one born at the open |
| limit born inside the bar | is not asked | waits for the next bar |
| a day order | is gone at the first bar of the next session | |

Which goes first: at the open, market orders, then stops, then limits; each in order of its slot.
Within the range the path policy says, in `touch_ticks`; then the slot; then what was born inside.
At the end of the data, and of a session that is flattened with no further bar, what is open fills
at the close, slipped.
"""  # noqa: E501 - a table row is one line

import math

import numpy as np

from env.kernel.costs import slipped_ticks
from env.kernel.names import Birth, OrderKind, PathPolicy
from env.kernel.types import Records
from utils.jit import lean_jit

NO_FILL = -(2**62)
"""No price: the order waits on. Never leaves the kernel."""

NEVER = 2**62
"""The touch of an order that the bar does not reach."""

LIMITS_LAST = 2**61
"""Under the policy WORST, limits come after all stops."""

BORN_INSIDE_LAST = 2**61 + 1
"""What was born inside the bar comes after all that was there before."""

GRID_TOLERANCE_TICKS = 1e-6
"""Float noise of an average entry that must not move a stop by a tick."""


@lean_jit
def fill_ticks_at_open(order: np.record, bar: np.record, costs: np.record) -> int:
    """Return where `order` fills at the bar's open, or NO_FILL.

    Args:
        order: ORDER record that rested before the bar; an empty slot never fills, nor does a
            stop-limit before it is a limit.
        bar: BAR_TICKS record.
        costs: COSTS record.
    """
    if order.kind == OrderKind.MARKET:
        return slipped_ticks(bar.open, order.quantity, bar, costs)
    if order.kind == OrderKind.STOP and is_triggered_at_open(order, bar):
        return slipped_ticks(bar.open, order.quantity, bar, costs)
    if order.kind == OrderKind.LIMIT and (
        (order.quantity > 0 and bar.open < order.limit_ticks)
        or (order.quantity < 0 and bar.open > order.limit_ticks)
    ):
        return int(bar.open)
    return NO_FILL


@lean_jit
def is_triggered_at_open(order: np.record, bar: np.record) -> bool:
    """Return whether a stop or stop-limit finds the open at or beyond its trigger."""
    if order.quantity > 0:
        return bool(bar.open >= order.trigger_ticks)
    return bool(bar.open <= order.trigger_ticks)


@lean_jit
def touch_ticks(
    order: np.record, bar: np.record, first_is_high: bool, is_worst: bool, through_ticks: int
) -> int:
    """Return when the bar's range reaches `order`, as ticks travelled from the open, or NEVER.

    Args:
        order: ORDER record.
        bar: BAR_TICKS record.
        first_is_high: Whether the path goes from the open to the high, and then to the low.
        is_worst: Whether stops go before limits instead, whatever the path.
        through_ticks: How far beyond its limit the price must go for a limit to fill.
    """
    if order.kind == OrderKind.LIMIT:
        if order.birth == Birth.INSIDE:
            return NEVER
        beyond = through_ticks if order.quantity < 0 else -through_ticks
        price = order.limit_ticks + beyond
        is_reached = bar.high >= price if order.quantity < 0 else bar.low <= price
    elif order.kind in (OrderKind.STOP, OrderKind.STOP_LIMIT):
        price = order.trigger_ticks
        is_reached = bar.high >= price if order.quantity > 0 else bar.low <= price
    else:
        return NEVER
    if not is_reached:
        return NEVER
    if order.birth == Birth.INSIDE:
        return BORN_INSIDE_LAST
    if is_worst:
        return LIMITS_LAST if order.kind == OrderKind.LIMIT else 0
    return _travelled(price, bar, first_is_high)


@lean_jit
def first_touched(
    orders: Records, first_slot: int, bar: np.record, path_policy: int, through_ticks: int
) -> tuple[int, int]:
    """Return the slot of the order that the bar's range reaches first, and how many it reaches.

    Args:
        orders: ORDER records; empty slots, and market orders, are never reached.
        first_slot: Slots before it are not asked.
        bar: BAR_TICKS record.
        path_policy: One of PathPolicy.
        through_ticks: How far beyond its limit the price must go for a limit to fill.

    Returns:
        The slot, which means nothing where the count is 0, and the count.
    """
    first_is_high = is_high_first(path_policy, bar)
    is_worst = is_worst_first(path_policy, bar)
    first, slot_of_first, n_touched = NEVER, 0, 0
    for slot in range(first_slot, len(orders)):
        touch = touch_ticks(orders[slot], bar, first_is_high, is_worst, through_ticks)
        n_touched += touch != NEVER
        is_tie = touch == first and touch != NEVER
        if touch < first or (is_tie and is_nearer(orders[slot], orders[slot_of_first])):
            first, slot_of_first = touch, slot
    return slot_of_first, n_touched


@lean_jit
def is_nearer(order: np.record, other: np.record) -> bool:
    """Return whether the price cannot reach `other` before `order`, whatever its path.

    So it is with two stops, or two limits, of one side: the one that is nearer to the market comes
    first. Of others nothing is known.
    """
    is_limit = order.kind == OrderKind.LIMIT
    if order.quantity * other.quantity <= 0 or is_limit != (other.kind == OrderKind.LIMIT):
        return False
    side = 1 if order.quantity > 0 else -1
    if is_limit:
        return bool(side * order.limit_ticks > side * other.limit_ticks)
    return bool(side * order.trigger_ticks < side * other.trigger_ticks)


@lean_jit
def _travelled(price: int, bar: np.record, first_is_high: bool) -> int:
    """Return the ticks from the open to `price` along open, one extreme, the other extreme."""
    if first_is_high:
        if price >= bar.open:
            return int(price - bar.open)
        return int(bar.high - bar.open + bar.high - price)
    if price <= bar.open:
        return int(bar.open - price)
    return int(bar.open - bar.low + price - bar.low)


@lean_jit
def is_high_first(policy: int, bar: np.record) -> bool:
    """Return whether the path policy takes a bar's high to have come before its low."""
    if policy == PathPolicy.ADAPTIVE:
        return bool(bar.high - bar.open < bar.open - bar.low)
    return bool(policy == PathPolicy.OHLC)


@lean_jit
def is_worst_first(policy: int, bar: np.record) -> bool:
    """Return whether stops go before limits: also where ADAPTIVE finds both extremes as near."""
    if policy == PathPolicy.ADAPTIVE:
        return bool(bar.high - bar.open == bar.open - bar.low)
    return bool(policy == PathPolicy.WORST)


@lean_jit
def fill_ticks_in_range(order: np.record, bar: np.record, costs: np.record) -> int:
    """Return where a stop or limit fills that the bar's range reaches.

    One born in a bar that lies wholly beyond its price fills at the nearest price of the bar: for a
    stop the best, for a limit the worst.
    """
    if order.kind == OrderKind.LIMIT:
        if order.quantity < 0:
            return int(max(order.limit_ticks, bar.low))
        return int(min(order.limit_ticks, bar.high))
    if order.quantity < 0:
        return slipped_ticks(min(order.trigger_ticks, bar.high), order.quantity, bar, costs)
    return slipped_ticks(max(order.trigger_ticks, bar.low), order.quantity, bar, costs)


@lean_jit
def protective_stop_ticks(position: int, entry_ticks: float, offset_ticks: float) -> int:
    """Return the trigger of the stop that protects a position.

    Off the grid, a sell stop rounds up and a buy stop down: towards the smaller loss.

    Args:
        position: Signed contracts; never 0.
        entry_ticks: Average entry, ticks; may be fractional.
        offset_ticks: Distance from the entry, ticks, > 0; may be fractional.
    """
    if position > 0:
        return math.ceil(entry_ticks - offset_ticks - GRID_TOLERANCE_TICKS)
    return math.floor(entry_ticks + offset_ticks + GRID_TOLERANCE_TICKS)


@lean_jit
def target_limit_ticks(position: int, entry_ticks: float, offset_ticks: float) -> int:
    """Return the limit of the target of a position; off the grid it rounds to the better price.

    Args:
        position: Signed contracts; never 0.
        entry_ticks: Average entry, ticks; may be fractional.
        offset_ticks: Distance from the entry, ticks, > 0; may be fractional.
    """
    if position > 0:
        return math.ceil(entry_ticks + offset_ticks - GRID_TOLERANCE_TICKS)
    return math.floor(entry_ticks - offset_ticks + GRID_TOLERANCE_TICKS)
