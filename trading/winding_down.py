"""An orderly end: nothing more is opened, what is open stays with its stop, or is closed."""

import asyncio
from enum import StrEnum

from config.trader_settings import SessionSettings
from trading.modes import Hold, Link
from trading.order_desk import OrderDesk
from trading.order_identity import Role
from trading.protection import uncovered
from trading.protection_legs import legs

LOOK_SECONDS = 0.02
_IN_REACH = (Link.SYNCING, Link.RECONCILED)


class Left(StrEnum):
    """What an ended process leaves at the broker."""

    FLAT = "flat"
    PROTECTED = "a position with its stop"
    UNPROTECTED = "a position without its whole stop"
    DISPUTED = "a position that the broker counts otherwise"


async def wind_down(
    desk: OrderDesk, why: str, settings: SessionSettings, *, should_flatten: bool
) -> Left:
    """Bring orders to rest while the desk still runs, and return what is left.

    It takes no longer than `stop_seconds`; without a connection nothing can be done, and no time is
    lost.

    Args:
        desk: Which still runs.
        why: It ends.
        settings: How long it may take.
        should_flatten: Whether the position is to be closed.
    """
    manager = desk.manager
    manager.modes.hold(Hold.STOPPING, why)
    manager.cancel_entries()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settings.stop_seconds
    while loop.time() < deadline and manager.modes.link in _IN_REACH:
        if should_flatten and manager.books.position != 0 and not manager.is_flattening:
            manager.flatten(why)  # an entry may have been filled while it was being cancelled
        elif _is_at_rest(desk, should_flatten=should_flatten):
            break
        await asyncio.sleep(LOOK_SECONDS)
    return what_is_left(desk)


def _is_at_rest(desk: OrderDesk, *, should_flatten: bool) -> bool:
    """Return whether nothing may change any more but by the stop of a position that stays."""
    books = desk.manager.books
    if desk.manager.guarded_position == 0:
        return not books.live_of(*Role)  # a stop that is left alone would open a position
    is_moving = bool(books.live_of(Role.ENTRY, Role.EXIT, Role.FLATTEN))
    return not (should_flatten or is_moving) and what_is_left(desk) is not Left.UNPROTECTED


def what_is_left(desk: OrderDesk) -> Left:
    """Return how the position stands at the broker, by our books and its last list."""
    books = desk.manager.books
    stops, _ = legs(books.orders.orders, books.con_id, books.instrument)
    if uncovered(desk.manager.guarded_position, stops):
        return Left.UNPROTECTED
    if Hold.POSITION_MISMATCH in desk.manager.modes.state.holds:
        return Left.DISPUTED
    return Left.PROTECTED if books.position else Left.FLAT
