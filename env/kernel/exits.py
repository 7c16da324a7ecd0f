"""Exits: the stop and target of the whole position, and those that one filled order brings.

Both follow the actual fill, on the tick grid. A trailing stop follows the price.
"""

import numpy as np

from env.kernel.matching import protective_stop_ticks, target_limit_ticks
from env.kernel.names import Birth, OrderKind, Reason
from env.kernel.orders import free_slot
from env.kernel.types import NO_OFFSET, STOP_SLOT, TARGET_SLOT
from utils.jit import lean_jit


@lean_jit
def protect(account: np.record, birth: int) -> None:
    """Bring the account's own stop and target into line with its position after a fill.

    They are cancelled when flat, new after an entry or a reversal, moved after an addition.

    Args:
        account: Account record.
        birth: What of the bar an order that is new, or moved, has seen: one of Birth.
    """
    stop, target = account.orders[STOP_SLOT], account.orders[TARGET_SLOT]
    if account.position == 0:
        stop.kind = OrderKind.NONE
        target.kind = OrderKind.NONE
        return
    if account.stop_offset_ticks != NO_OFFSET or account.trail_offset_ticks != NO_OFFSET:
        _protect_by_stop(account, stop, birth)
    if account.target_offset_ticks != NO_OFFSET:
        _protect_by_target(account, target, birth)


@lean_jit
def _protect_by_stop(account: np.record, order: np.record, birth: int) -> None:
    """Aim the account's stop; one that has trailed nearer on the same side stays there."""
    was_there = order.kind == OrderKind.STOP and order.quantity * account.position < 0
    before, reason_before = order.trigger_ticks, order.reason
    aim_stop(
        order,
        account.position,
        account.entry_ticks,
        account.stop_offset_ticks,
        account.trail_offset_ticks,
    )
    order.quantity = -account.position
    order.is_reduce_only = 1
    if was_there and order.trail_ticks != NO_OFFSET and _is_nearer(order, before):
        order.trigger_ticks = before
        order.reason = reason_before
    if not was_there or order.trigger_ticks != before:
        order.birth = birth


@lean_jit
def _protect_by_target(account: np.record, order: np.record, birth: int) -> None:
    was_there = order.kind == OrderKind.LIMIT and order.quantity * account.position < 0
    before = order.limit_ticks
    aim_target(order, account.position, account.entry_ticks, account.target_offset_ticks)
    order.quantity = -account.position
    order.is_reduce_only = 1
    if not was_there or order.limit_ticks != before:
        order.birth = birth


@lean_jit
def bring_exits(
    account: np.record, entry: np.record, opened: int, price_ticks: int, birth: int
) -> None:
    """Place the stop and target that a filled entry asks for, around its own fill.

    Args:
        account: Account record; its book was proved to have room when the entry was submitted.
        entry: ORDER record that has filled and left its slot; it may be overwritten here.
        opened: Signed contracts that it opened; 0 brings nothing.
        price_ticks: Of the fill.
        birth: One of Birth.
    """
    stop, target = entry.stop_offset_ticks, entry.target_offset_ticks
    trail, parent = entry.trail_offset_ticks, entry.id
    if opened == 0:
        return
    if stop != NO_OFFSET or trail != NO_OFFSET:
        order = _new_exit(account, opened, parent, birth)
        aim_stop(order, opened, price_ticks, stop, trail)
    if target != NO_OFFSET:
        order = _new_exit(account, opened, parent, birth)
        aim_target(order, opened, price_ticks, target)


@lean_jit
def _new_exit(account: np.record, opened: int, parent: int, birth: int) -> np.record:
    """Return a slot for an exit of `opened` contracts; exits of one parent cancel each other."""
    order: np.record = account.orders[free_slot(account)]
    account.last_id += 1
    order.id = account.last_id
    order.group = -parent
    order.birth = birth
    order.quantity = -opened
    order.is_day = 0
    order.is_reduce_only = 1
    order.stop_offset_ticks = NO_OFFSET
    order.target_offset_ticks = NO_OFFSET
    order.trail_offset_ticks = NO_OFFSET
    return order


@lean_jit
def aim_stop(
    order: np.record, position: int, entry_ticks: float, offset_ticks: float, trail_ticks: float
) -> None:
    """Make `order` the stop of a position: at its own offset, or else at its trailing distance."""
    order.kind = OrderKind.STOP
    order.reason = Reason.STOP
    order.trail_ticks = trail_ticks
    distance = trail_ticks if offset_ticks == NO_OFFSET else offset_ticks
    order.trigger_ticks = protective_stop_ticks(position, entry_ticks, distance)


@lean_jit
def aim_target(order: np.record, position: int, entry_ticks: float, offset_ticks: float) -> None:
    """Make `order` the target of a position."""
    order.kind = OrderKind.LIMIT
    order.reason = Reason.TARGET
    order.trail_ticks = NO_OFFSET
    order.limit_ticks = target_limit_ticks(position, entry_ticks, offset_ticks)


@lean_jit
def follow(order: np.record, price_ticks: int) -> None:
    """Let a trailing stop follow the price, if that is nearer than its trigger is."""
    if order.kind != OrderKind.STOP or order.trail_ticks == NO_OFFSET:
        return
    trigger = protective_stop_ticks(-order.quantity, price_ticks, order.trail_ticks)
    if _is_nearer(order, trigger):
        order.trigger_ticks = trigger
        if order.reason == Reason.STOP:
            order.reason = Reason.TRAILING_STOP


@lean_jit
def _is_nearer(order: np.record, trigger_ticks: int) -> bool:
    """Return whether a trigger lies nearer to the market than the order's own."""
    if order.quantity < 0:
        return bool(trigger_ticks > order.trigger_ticks)
    return bool(trigger_ticks < order.trigger_ticks)


@lean_jit
def follow_open(account: np.record, bar: np.record) -> None:
    """Let trailing stops that rested before the bar follow its open."""
    for slot in range(STOP_SLOT, len(account.orders)):
        if account.orders[slot].birth == Birth.RESTED:
            follow(account.orders[slot], bar.open)


@lean_jit
def follow_bar(account: np.record, bar: np.record) -> None:
    """Let trailing stops follow the bar that is over; all orders now rest.

    The bar's extreme counts, or its close for a stop that was born inside it.
    """
    for slot in range(STOP_SLOT, len(account.orders)):
        order = account.orders[slot]
        extreme = bar.high if order.quantity < 0 else bar.low
        follow(order, bar.close if order.birth == Birth.INSIDE else extreme)
        order.birth = Birth.RESTED
