"""The orders and the stop that a status shows, from books that are filled by hand."""

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
from trading.own_position import OwnFills
from trading.shown_orders import shown_orders, shown_stop
from trading.status import StopStatus, WorkingOrder
from trading.trader_books import TraderBooks
from trading.working_orders import WorkingOrders

MNQ = get_instrument("MNQ")
SECOND_REF = "bot/20250610T143500Z-m1/repair_stop/1"


def to_send(ref, order_id, action="SELL", con_id=CON_ID, **fields):
    usual = {"account": ACCOUNT, "quantity": 2, "oca_group": "g"}
    return OrderToSend(ref=ref, order_id=order_id, action=action, con_id=con_id, **usual | fields)


def send(books, order, parent_ref=""):
    books.orders.add(order, at(0), parent_ref)
    books.orders.change(order, at(0))


def hear(books, event, seconds=1.0):
    books.orders.hear(event, at(seconds))
    if isinstance(event, type(executed(1))):
        books.fills.hear(event)


def sent():
    """Return books with an entry to buy 2 at the market and its stop at 19950, both sent."""
    books = TraderBooks(
        account=ACCOUNT,
        con_id=CON_ID,
        instrument=MNQ,
        orders=WorkingOrders("bot", OUR_CLIENT, OrderTimers()),
        fills=OwnFills(instruments={CON_ID: MNQ}),
    )
    send(books, to_send(ENTRY_REF, 11, "BUY", kind="MKT", oca_group=""))
    send(books, to_send(STOP_REF, 12, kind="STP", stop_price=19_950.0), ENTRY_REF)
    return books


def stop_seen(**fields):
    return opened(order_ref=STOP_REF, order_id=12, perm_id=901, action="SELL", kind="STP",
                  aux_price=19_950.0, **fields)  # fmt: skip


def second_stop(books, quantity=1, price=19_940.0):
    """Have another stop rest at the broker."""
    order = to_send(SECOND_REF, 13, kind="STP", stop_price=price, quantity=quantity)
    send(books, order)
    seen = opened(order_ref=SECOND_REF, order_id=13, perm_id=902, action="SELL", kind="STP",
                  aux_price=price, quantity=quantity)  # fmt: skip
    hear(books, seen)


def held(filled=2):
    """Return the books once so much of the entry is filled and the stop rests."""
    books = sent()
    hear(books, opened())
    hear(books, stop_seen())
    if filled:
        hear(books, executed(filled))
    return books


def test_shown_orders_before_a_fill_are_entry_and_stop():
    assert shown_orders(sent()) == (
        WorkingOrder(ref=ENTRY_REF, role="entry", side="BUY", quantity=2, price=None, state="sent"),
        WorkingOrder(
            ref=STOP_REF, role="stop", side="SELL", quantity=2, price=19_950.0, state="sent"
        ),
    )


def test_shown_orders_after_the_fill_are_the_stop_alone():
    (stop,) = shown_orders(held())
    assert (stop.role, stop.quantity, stop.state) == ("stop", 2, "working")


def test_shown_orders_partly_filled_show_what_is_left():
    entry, _ = shown_orders(held(filled=1))
    assert (entry.quantity, entry.state) == (1, "partial")


def test_shown_orders_have_size_and_price_as_the_broker_told_them_last():
    books = held()
    hear(books, opened(
        order_ref=STOP_REF, order_id=12, perm_id=901, action="SELL", kind="STP",
        aux_price=19_960.0, quantity=1), 2.0)  # fmt: skip
    (stop,) = shown_orders(books)
    assert (stop.quantity, stop.price) == (1, 19_960.0)


def test_shown_orders_changed_and_not_told_since_are_as_they_were_sent():
    books = held()
    books.orders.change(to_send(STOP_REF, 12, kind="STP", stop_price=19_970.0), at(3))
    assert shown_orders(books)[0].price == 19_970.0


def test_shown_orders_being_cancelled_say_so():
    books = held()
    books.orders.do(STOP_REF, Cancelling(), at(2))
    assert shown_orders(books)[0].state == "working, being cancelled"


def test_shown_orders_of_another_contract_say_of_which():
    books = held()
    send(books, to_send(SECOND_REF, 13, con_id=99, kind="LMT", limit_price=20_100.0))
    _, other = shown_orders(books)
    assert (other.role, other.price) == ("repair stop in contract 99", 20_100.0)


def test_shown_orders_of_others_on_the_account_are_among_them():
    books = held()
    theirs = {"client_id": -1, "order_id": 0, "kind": "LMT", "limit_price": 19_000.0}
    hear(books, opened(order_ref="", perm_id=77, **theirs))
    hear(books, opened(order_ref="", perm_id=78, **theirs | {"account": "DU2"}))
    assert shown_orders(books)[-1] == WorkingOrder(
        ref="perm id 77", role="foreign", side="BUY", quantity=2, price=19_000.0, state="submitted"
    )
    assert len(shown_orders(books)) == 2


def test_shown_stop_that_rests_covers_the_position():
    assert shown_stop(held()) == StopStatus(price=19_950.0, quantity=2, is_covering=True)


@pytest.mark.parametrize("filled", [0, 1])
def test_shown_stop_of_an_entry_that_still_fills_is_none(filled):
    assert shown_stop(held(filled=filled)) is None


def test_shown_stop_that_the_broker_has_not_told_of_is_none():
    books = sent()
    hear(books, executed(2))
    assert shown_stop(books) is None


def test_shown_stop_for_less_than_the_position_does_not_cover_it():
    books = held()
    hear(books, opened(order_ref=STOP_REF, order_id=12, perm_id=901, action="SELL", kind="STP",
                       aux_price=19_950.0, quantity=1), 2.0)  # fmt: skip
    assert shown_stop(books) == StopStatus(price=19_950.0, quantity=1, is_covering=False)
    second_stop(books)
    assert shown_stop(books) == StopStatus(price=19_940.0, quantity=2, is_covering=True)


def test_shown_stop_while_the_line_is_down_rests_as_far_as_is_known():
    books = held()
    hear(books, ConnectionLost(reason="reset"), 3.0)
    stop = shown_stop(books)
    assert stop == StopStatus(price=19_950.0, quantity=2, is_covering=True, is_confirmed=False)
    assert shown_orders(books)[0].state == "unknown"


def test_shown_stop_never_told_of_is_none_while_the_line_is_down():
    books = sent()
    hear(books, executed(2))
    hear(books, ConnectionLost(reason="reset"), 3.0)
    assert shown_stop(books) is None


def test_shown_stop_being_cancelled_is_none():
    books = held()
    books.orders.do(STOP_REF, Cancelling(), at(2))
    assert shown_stop(books) is None


def test_shown_stop_that_rests_without_a_position_covers_nothing():
    books = held()
    hear(books, executed(2, "0000e0d5.6847.09.01", order_ref="", perm_id=0, side="SLD"))
    assert books.position == 0
    assert shown_stop(books) == StopStatus(price=19_950.0, quantity=2, is_covering=False)


def test_shown_stop_that_would_add_to_the_position_is_none():
    books = held()
    hear(books, executed(4, "0000e0d5.6847.09.01", order_ref="", perm_id=0, side="SLD"))
    assert books.position == -2
    assert shown_stop(books) is None


def test_shown_stop_once_filled_is_none():
    books = held()
    hear(books, told("Filled", 2, order_id=12, perm_id=901), 2.0)
    assert shown_stop(books) is None
