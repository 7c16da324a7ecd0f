"""The orders of the books as a status shows them: what may fill, and the stop behind a position.

Sizes and prices are the broker's, once it has told an order as it was sent last; sizes are what is
left to fill.
"""

import math
from collections.abc import Mapping

from trading.booked_order import BookedOrder
from trading.broker_events import OpenOrderSeen
from trading.order_transitions import OrderState
from trading.protection import Leg, Standing, uncovered
from trading.protection_legs import legs
from trading.status import StopStatus, WorkingOrder
from trading.trader_books import TraderBooks

FOREIGN = "foreign"
"""The role of an order that is not ours."""


def shown_orders(books: TraderBooks) -> tuple[WorkingOrder, ...]:
    """Return all orders that may fill in our account: ours, then those of others."""
    ours = [_ours(key, one, books) for key, one in books.orders.orders.items() if one.is_live]
    others = [_others(one) for one in books.orders.foreign if one.account == books.account]
    return (*ours, *others)


def shown_stop(books: TraderBooks) -> StopStatus | None:
    """Return the stop that rests behind the position; None where none does.

    One that only lost its confirmation, because the line is down, rests as far as is known. Where
    the position is flat, a stop that rests all the same is shown too: it covers nothing.
    """
    position = books.position
    stops, _ = legs(books.orders.orders, books.con_id, books.instrument)
    closing = [leg for leg in stops if position == 0 or leg.quantity * position < 0]
    sure = [leg for leg in closing if leg.standing is Standing.RESTING]
    if position == 0 or uncovered(position, sure) > 0:
        unsure = [leg for leg in closing if _is_only_unheard_of(leg, books.orders.orders)]
    else:
        unsure = []
    found = [leg for leg in (*sure, *unsure) if leg.quantity]
    if not found:
        return None
    quantity = sum(abs(leg.quantity) for leg in found)
    farthest = min if found[0].quantity < 0 else max
    last = farthest(leg.price_ticks for leg in found)
    return StopStatus(
        price=float(books.instrument.to_prices(last)),
        quantity=quantity,
        is_covering=position != 0 and quantity >= abs(position),
        is_confirmed=not unsure,
    )


def _is_only_unheard_of(leg: Leg, orders: Mapping[str, BookedOrder]) -> bool:
    """Return whether the broker had a stop, nobody cancels it, only news of it are missing."""
    life = orders[leg.key].life
    is_unheard_of = leg.standing is Standing.DOUBTFUL and life.state is OrderState.UNKNOWN
    return is_unheard_of and life.perm_id is not None and not life.is_cancelling


def _ours(key: str, booked: BookedOrder, books: TraderBooks) -> WorkingOrder:
    state = booked.life.state.value.lower()
    role = booked.name.role.value.replace("_", " ")
    con_id = booked.order.con_id
    quantity, price = _held(booked)
    return WorkingOrder(
        ref=key,
        role=role if con_id == books.con_id else f"{role} in contract {con_id}",
        side=booked.order.action,
        quantity=max(quantity - booked.life.at_least_filled, 0),
        price=price,
        state=f"{state}, being cancelled" if booked.life.is_cancelling else state,
    )


def _held(booked: BookedOrder) -> tuple[int, float | None]:
    """Return an order's whole size and its price: as told since it was sent last, else as sent."""
    seen, sent = booked.seen, booked.life.sent
    if seen is not None and (
        sent is None or (booked.seen_at is not None and booked.seen_at > sent)
    ):
        return seen.quantity, _price(seen.kind, seen.limit_price, seen.aux_price)
    order = booked.order
    return order.quantity, _price(order.kind, order.limit_price, order.stop_price)


def _others(seen: OpenOrderSeen) -> WorkingOrder:
    return WorkingOrder(
        ref=seen.order_ref or f"perm id {seen.perm_id}",
        role=FOREIGN,
        side=seen.action,
        quantity=seen.quantity,
        price=_price(seen.kind, seen.limit_price, seen.aux_price),
        state=seen.status.lower(),
    )


def _price(kind: str, limit: float | None, trigger: float | None) -> float | None:
    """Return what a kind of order goes by: trigger of a stop, limit of a limit, None at market."""
    price = trigger if kind.startswith("STP") else limit if "LMT" in kind else None
    return price if price is not None and math.isfinite(price) else None
