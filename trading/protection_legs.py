"""The stops and targets of a contract, as the book has them, in the words of the protector."""

import math
from collections.abc import Mapping

from config.instrument_type import Instrument
from trading.booked_order import BookedOrder
from trading.order_identity import STOPS, TARGETS
from trading.order_transitions import OrderState
from trading.protection import Leg, Standing
from trading.trader_books import TraderBooks

_STANDINGS = {
    OrderState.INTENT: Standing.PENDING,
    OrderState.SENT: Standing.PENDING,
    OrderState.WORKING: Standing.RESTING,
    OrderState.PARTIAL: Standing.RESTING,
    OrderState.UNKNOWN: Standing.DOUBTFUL,
}
"""How surely an order of each state that may still fill is there."""


def legs(
    orders: Mapping[str, BookedOrder], con_id: int, instrument: Instrument
) -> tuple[tuple[Leg, ...], tuple[Leg, ...]]:
    """Return the stops and the targets of a contract that may still fill; extras are left out.

    Prices and sizes are the broker's, once it has told the order as it was sent last.

    Args:
        orders: All orders by key.
        con_id: The contract.
        instrument: What it is, for its ticks; a price off the grid counts as the nearest tick, and
            one that is none protects nothing.
    """
    ours = {
        key: booked
        for key, booked in orders.items()
        if booked.order.con_id == con_id and booked.is_live and not booked.is_extra
    }
    stops = [key for key, booked in ours.items() if booked.name.role in STOPS]
    targets = [key for key, booked in ours.items() if booked.name.role in TARGETS]
    return (
        tuple(_leg(key, orders, instrument) for key in stops),
        tuple(_leg(key, orders, instrument) for key in targets),
    )


def is_matched(books: TraderBooks, position: int) -> bool:
    """Return whether stops that rest at the broker close a position, neither more nor less."""
    stops, _ = legs(books.orders.orders, books.con_id, books.instrument)
    resting = [leg.quantity for leg in stops if leg.standing is Standing.RESTING]
    return sum(resting) == -position


def _leg(key: str, orders: Mapping[str, BookedOrder], instrument: Instrument) -> Leg:
    booked = orders[key]
    total, price = _held(booked)
    is_priced = price is not None and math.isfinite(price)
    return Leg(
        key=key,
        quantity=booked.side * max(total - booked.life.executed, 0),
        price_ticks=round(price / instrument.tick_size) if price is not None and is_priced else 0,
        oca_group=booked.order.oca_group,
        standing=_standing(booked, orders) if is_priced else Standing.DOUBTFUL,
    )


def _held(booked: BookedOrder) -> tuple[int, float | None]:
    """Return an exit's size and price: as told since it was sent last, else as sent."""
    is_stop = booked.name.role in STOPS
    seen, sent = booked.seen, booked.life.sent
    is_newer = sent is None or (booked.seen_at is not None and booked.seen_at > sent)
    if seen is not None and is_newer:
        return seen.quantity, seen.aux_price if is_stop else seen.limit_price
    order = booked.order
    return order.quantity, order.stop_price if is_stop else order.limit_price


def _standing(booked: BookedOrder, orders: Mapping[str, BookedOrder]) -> Standing:
    parent = orders.get(booked.parent_ref)
    if parent is not None and parent.life.may_still_fill:
        return Standing.DORMANT
    dies_with_it = parent is not None and parent.life.executed < parent.life.quantity
    if booked.life.is_cancelling or dies_with_it:
        return Standing.DOUBTFUL
    return _STANDINGS[booked.life.state]
