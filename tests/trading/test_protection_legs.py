"""Stops and targets as the protector sees them: at which price, and how surely they are there."""

import pytest

from config.instruments import get_instrument
from config.trading_settings import OrderTimers
from tests.helpers.broker_words import (
    ACCOUNT,
    CON_ID,
    ENTRY_REF,
    OUR_CLIENT,
    STOP_REF,
    at,
    executed,
    opened,
    told,
)
from trading.broker_events import ConnectionLost
from trading.gateway import OrderToSend
from trading.order_events import Cancelling
from trading.protection import Leg, Standing
from trading.protection_legs import legs
from trading.working_orders import WorkingOrders

MNQ = get_instrument("MNQ")
TARGET_REF = "bot/20250610T143500Z-m1/target/1"


def to_send(ref, order_id, action="SELL", **fields):
    usual = {"con_id": CON_ID, "account": ACCOUNT, "quantity": 2, "oca_group": "g"}
    return OrderToSend(ref=ref, order_id=order_id, action=action, **{**usual, **fields})


STOP = to_send(STOP_REF, 12, kind="STP", stop_price=19_950.0)
TARGET = to_send(TARGET_REF, 13, kind="LMT", limit_price=20_050.0)


def book():
    """Return a book with a filled entry, and its stop and target sent."""
    orders = WorkingOrders("bot", OUR_CLIENT, OrderTimers())
    entry = to_send(ENTRY_REF, 11, "BUY", kind="MKT", oca_group="")
    orders.add(entry, at(0))
    orders.change(entry, at(0))
    for order in (STOP, TARGET):
        orders.add(order, at(0), parent_ref=ENTRY_REF)
        orders.change(order, at(0))
    return orders


def filled():
    orders = book()
    orders.hear(executed(2), at(1))
    return orders


def held(price=19_950.0, **fields):
    return opened(order_ref=STOP_REF, order_id=12, perm_id=901, action="SELL", kind="STP",
                  aux_price=price, **fields)  # fmt: skip


def stop_of(orders):
    (stop,), _ = legs(orders.orders, CON_ID, MNQ)
    return stop


def test_legs_are_told_apart_by_their_roles():
    (stop,), (target,) = legs(filled().orders, CON_ID, MNQ)
    assert stop == Leg(
        key=STOP_REF, quantity=-2, price_ticks=79_800, oca_group="g", standing=Standing.PENDING
    )
    assert (target.key, target.price_ticks) == (TARGET_REF, 80_200)
    assert legs(filled().orders, CON_ID + 1, MNQ) == ((), ())


def test_legs_of_an_entry_that_still_fills_are_dormant():
    orders = book()
    orders.hear(executed(1), at(1))
    assert stop_of(orders).standing is Standing.DORMANT
    orders.hear(executed(1, "0000e0d5.6847.02.01"), at(2))
    assert stop_of(orders).standing is Standing.PENDING


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ([], "pending"),
        ([held()], "resting"),
        ([held(), told("Submitted", 1, perm_id=901)], "resting"),
        ([held(), ConnectionLost(reason="reset")], "doubtful"),
        ([held(status="PendingCancel")], "doubtful"),
        ([held(price=None)], "doubtful"),  # a stop without a trigger protects nothing
    ],
)
def test_legs_stand_as_surely_as_the_broker_has_said(events, standing):
    orders = filled()
    for event in events:
        orders.hear(event, at(2))
    assert stop_of(orders).standing == standing


def test_legs_in_cancelling_are_in_doubt():
    orders = filled()
    orders.hear(held(), at(2))
    orders.do(STOP_REF, Cancelling(), at(3))
    assert stop_of(orders).standing is Standing.DOUBTFUL


def test_legs_have_the_brokers_price_once_it_has_told_it_since():
    orders = filled()
    orders.hear(held(19_940.0, quantity=1), at(2))  # moved by hand
    assert (stop_of(orders).price_ticks, stop_of(orders).quantity) == (79_760, -1)
    orders.change(STOP, at(3))  # put back: believed until the broker says otherwise
    assert (stop_of(orders).price_ticks, stop_of(orders).quantity) == (79_800, -2)
    orders.hear(held(19_940.0, quantity=1), at(9))  # the change was swallowed
    assert stop_of(orders).price_ticks == 79_760


def test_legs_are_what_is_left_of_them():
    orders = filled()
    orders.hear(held(), at(2))
    orders.hear(executed(1, "s.01", order_ref=STOP_REF, perm_id=901, side="SLD"), at(3))
    assert stop_of(orders).quantity == -1


def test_legs_leave_extras_and_what_is_over_out():
    orders = filled()
    orders.hear(held(), at(2))
    orders.hear(opened(order_ref=STOP_REF, order_id=12, perm_id=902, action="SELL"), at(2))
    assert stop_of(orders).key == STOP_REF
    orders.hear(told("Cancelled", perm_id=901), at(3))
    assert legs(orders.orders, CON_ID, MNQ)[0] == ()
