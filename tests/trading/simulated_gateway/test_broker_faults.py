"""Every switch of the broker's faults: what goes wrong, and what the books say all the same."""

import pytest

from tests.helpers.gateway_brokers import names, open_desk
from trading.simulated_gateway.events import (
    ErrorMessage,
    Execution,
    OrderStatusEvent,
    Position,
)
from trading.simulated_gateway.requests import (
    AskOpenOrders,
    AskPositions,
)
from utils.errors import ConfigError


def desk_at(price=20000.0, **settings):
    desk = open_desk(**settings)
    desk.broker.set_price(price)
    return desk


def codes(events):
    return [event.code for event in events if isinstance(event, ErrorMessage)]


def test_rejected_entry_takes_its_held_stop_with_it():
    desk = desk_at()
    desk.faults.n_rejects = 1
    desk.send(1, "BUY", 1, "MKT", should_transmit=False)
    told = desk.send(2, "SELL", 1, "STP", aux_price=19990.0, parent_id=1)
    assert codes(told) == [201, 202]
    assert desk.statuses() == {1: "Inactive", 2: "Cancelled"}
    assert desk.fills == []


def test_rejects_of_stops_leave_the_entry_without_its_stop():
    desk = desk_at()
    desk.faults.n_stop_rejects = 1
    desk.send(1, "BUY", 1, "MKT", should_transmit=False)
    told = desk.send(2, "SELL", 1, "STP", aux_price=19990.0, parent_id=1)
    assert 201 in codes(told)
    assert (desk.position, desk.statuses()) == (1, {1: "Filled", 2: "Inactive"})
    desk.send(3, "SELL", 1, "STP", aux_price=19990.0)
    assert desk.statuses()[3] == "PreSubmitted"


def test_rejected_change_carries_its_code_and_the_order_fills_at_its_old_price():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.faults.n_rejects, desk.faults.reject_code = 1, 10349
    assert codes(desk.send(1, "BUY", 1, "LMT", limit_price=19980.0)) == [10349]
    desk.broker.set_price(19989.75)
    assert desk.fills == [(1, 19989.75)]


def test_partial_fills_come_one_execution_each_with_the_rest_at_once():
    desk = desk_at()
    desk.faults.partial_fills = [1, 2]
    told = desk.send(1, "BUY", 5, "MKT")
    fills = [event for event in told if isinstance(event, Execution)]
    assert [(event.shares, event.cumulative) for event in fills] == [(1, 1), (2, 3), (2, 5)]
    status = [event.status for event in told if isinstance(event, OrderStatusEvent)]
    assert status == ["Submitted", "Submitted", "Submitted", "Filled"]


def test_partial_fill_of_a_stop_leaves_a_stop_that_has_triggered():
    desk = desk_at()
    desk.send(1, "SELL", 3, "STP", aux_price=19990.0)
    desk.faults.partial_fills, desk.faults.is_not_filling = [1], True
    desk.broker.set_price(19990.0)
    assert desk.fills == [(-1, 19989.75)]
    desk.broker.set_price(19995.0)
    desk.faults.is_not_filling = False
    desk.broker.release()
    assert desk.fills[1:] == [(-2, 19994.75)]


def test_market_that_fills_nothing_fills_when_it_is_released():
    desk = desk_at()
    desk.faults.is_not_filling = True
    desk.send(1, "BUY", 1, "MKT")
    desk.broker.set_price(20005.0)
    assert desk.fills == []
    desk.faults.is_not_filling = False
    desk.broker.release()
    assert desk.fills == [(1, 20005.25)]


def test_execution_may_come_before_the_acknowledgement():
    desk = desk_at()
    desk.faults.is_execution_first = True
    assert names(desk.send(1, "BUY", 1, "MKT"))[:1] == ["Execution"]
    assert desk.heard[-1][1].status == "Submitted"  # the late acknowledgement
    assert desk.statuses() == {1: "Filled"}


def test_cancel_that_comes_too_late_fills_the_order():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.faults.is_filling_on_cancel = True
    told = desk.cancel(1)
    assert desk.fills == [(1, 19990.0)]
    assert codes(told) == []


def test_cancel_may_never_be_answered():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.faults.is_mute_on_cancel = True
    assert desk.cancel(1) == []
    assert desk.statuses() == {1: "Submitted"}


def test_cancel_may_be_done_later_and_a_second_one_is_refused_meanwhile():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.faults.cancel_delay_seconds = 3.0
    assert [event.status for event in desk.cancel(1)] == ["PendingCancel"]
    assert codes(desk.cancel(1)) == [161]
    assert desk.broker.seconds_to_next() == 3.0
    desk.clock.pass_by(2.9)
    desk.broker.pulse()
    assert desk.statuses() == {1: "PendingCancel"}
    desk.clock.pass_by(0.1)
    assert codes(desk.heard_upon(desk.broker.pulse)) == [202]
    assert desk.broker.seconds_to_next() is None


def test_order_that_waits_for_its_cancel_can_still_fill():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.faults.cancel_delay_seconds = 3.0
    desk.cancel(1)
    desk.broker.set_price(19980.0)
    desk.clock.pass_by(5.0)
    assert desk.heard_upon(desk.broker.pulse) == []
    assert desk.fills == [(1, 19980.0)]


def test_doubled_change_makes_two_live_orders_of_one_id_and_cancels_take_one_each():
    desk = desk_at()
    first = desk.send(1, "SELL", 1, "STP", aux_price=19990.0)[0].perm_id
    desk.faults.is_doubling_modify = True
    second = desk.send(1, "SELL", 1, "STP", aux_price=19980.0)[0].perm_id
    assert first != second
    rows = desk.broker.state()["orders"]
    assert [(row["order_id"], row["aux_price"]) for row in rows] == [(1, 19990.0), (1, 19980.0)]
    desk.faults.is_doubling_modify = False
    desk.cancel(1)
    assert [row["perm_id"] for row in desk.broker.state()["orders"]] == [second]
    desk.broker.set_price(19980.0)
    assert desk.fills == [(-1, 19979.75)]


def test_lie_about_positions_is_told_and_not_believed_by_the_books():
    desk = desk_at()
    desk.faults.position_lie = 2
    told = desk.ask(AskPositions())
    assert [event.position for event in told if isinstance(event, Position)] == [2]
    desk.send(1, "BUY", 1, "MKT")
    told = desk.ask(AskPositions())
    assert [event.position for event in told if isinstance(event, Position)] == [3]
    assert desk.position == 1


def test_orphaned_position_has_no_children_left():
    desk = desk_at()
    desk.faults.has_orphan_children = True
    desk.send(1, "BUY", 1, "MKT", should_transmit=False)
    desk.send(2, "SELL", 1, "STP", aux_price=19990.0, parent_id=1)
    assert (desk.position, desk.broker.state()["orders"]) == (1, [])
    assert names(desk.ask(AskOpenOrders())) == ["End"]


def test_dropped_order_vanishes_without_a_word():
    desk = desk_at()
    perm_id = desk.send(1, "SELL", 1, "STP", aux_price=19990.0)[0].perm_id
    assert desk.heard_upon(desk.broker.drop_order, perm_id) == []
    desk.broker.set_price(19980.0)
    assert desk.fills == []
    assert codes(desk.cancel(1)) == [10147]
    with pytest.raises(ConfigError, match="no live order"):
        desk.broker.drop_order(perm_id)


def test_swallowed_orders_are_neither_kept_nor_answered():
    desk = desk_at()
    desk.faults.n_drop_orders = 1
    assert desk.send(1, "BUY", 1, "MKT") == []
    desk.send(1, "BUY", 1, "MKT")
    assert desk.position == 1
