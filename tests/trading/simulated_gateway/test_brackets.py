"""Brackets and groups: who waits for whom, and whom a fill cancels."""

import pytest

from tests.helpers.bars import make_bars
from tests.helpers.gateway_brokers import names, open_desk
from trading.simulated_gateway.events import ErrorMessage, OrderStatusEvent
from trading.simulated_gateway.requests import AskOpenOrders, GlobalCancel

B0 = (20000, 20002, 19998, 20000)
B1 = (20001, 20010, 19999, 20008)  # a buy at b0's close fills at 20001.25


def send_bracket(desk, size=1, stop=19951.25, target=20051.25, **parent):
    """Send a buy with a stop and a target; return what was heard of the last leg."""
    terms = {"kind": "MKT", **parent}
    silent = desk.send(1, "BUY", size, terms.pop("kind"), should_transmit=False, **terms)
    silent += desk.send(2, "SELL", size, "STP", aux_price=stop, parent_id=1, should_transmit=False)
    assert silent == []
    return desk.send(3, "SELL", size, "LMT", limit_price=target, parent_id=1)


def desk_at(price=20000.0):
    desk = open_desk()
    desk.broker.set_price(price)
    return desk


GOLDEN = [
    # bars after b0; the exit; net of the round trip
    pytest.param([B1, (20000, 20005, 19940, 19945)], 19951.00, -101.74, id="stop intrabar"),
    pytest.param([B1, (19900, 19960, 19890, 19950)], 19899.75, -204.24, id="gap through stop"),
    pytest.param([B1, (20008, 20060, 19940, 20050)], 19951.00, -101.74, id="stop before target"),
    pytest.param([B1, (20070, 20080, 19940, 19950)], 20070.00, 136.26, id="gap past target"),
    pytest.param([(20001, 20003, 19940, 19990)], 19951.00, -101.74, id="stop on the entry bar"),
    pytest.param(
        [B1, (20008, 20051.5, 20000, 20040), (20040, 20041, 19900, 19950)], 20051.25, 98.76,
        id="target cancels the stop",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "price", "net_usd"), GOLDEN)
def test_bracket_at_the_broker_ends_as_in_the_kernels_golden_cases(rows, price, net_usd):
    desk = open_desk(make_bars([B0, *rows, (20000, 20001, 19999, 20000)]))
    desk.broker.step()
    send_bracket(desk)
    for _ in rows:
        desk.broker.step()
    assert desk.fills == [(1, 20001.25), (-1, price)]
    assert desk.broker.state()["cash_usd"] == pytest.approx(100_000 + net_usd)
    assert desk.broker.state()["orders"] == []


def test_bracket_is_silent_until_its_last_leg_and_is_then_acknowledged_parent_first():
    desk = desk_at()
    told = send_bracket(desk, kind="LMT", limit_price=19990.0)
    status = [event for event in told if isinstance(event, OrderStatusEvent)]
    assert [(event.order_id, event.status) for event in status] == [
        (1, "Submitted"),
        (2, "PreSubmitted"),
        (3, "PreSubmitted"),
    ]
    assert [event.why_held for event in status] == ["", "child,trigger", "child"]


def test_untransmitted_order_is_neither_told_nor_filled():
    desk = desk_at()
    assert desk.send(1, "BUY", 1, "MKT", should_transmit=False) == []
    assert names(desk.ask(AskOpenOrders(is_of_all=True))) == ["End"]
    desk.broker.set_price(19000.0)
    assert desk.fills == []
    assert names(desk.send(1, "BUY", 1, "MKT"))[:3] == [
        "OpenOrder",
        "OrderStatusEvent",
        "Execution",
    ]


def test_children_are_held_until_their_parent_is_completely_filled():
    desk = desk_at()
    desk.faults.partial_fills, desk.faults.is_not_filling = [1], True
    send_bracket(desk, size=3)
    desk.broker.set_price(19900.0)  # through the stop, which is still held
    assert desk.fills == [(1, 20000.25)]
    desk.faults.is_not_filling = False
    desk.broker.set_price(19990.0)
    assert desk.fills[1:] == [(2, 19990.25)]
    desk.broker.set_price(19951.25)
    assert desk.fills[2:] == [(-3, 19951.0)]


def test_cancelled_parent_takes_its_children_with_it():
    desk = desk_at()
    send_bracket(desk, kind="LMT", limit_price=19990.0)
    desk.cancel(1)
    assert desk.statuses() == {1: "Cancelled", 2: "Cancelled", 3: "Cancelled"}


def test_child_of_a_filled_parent_works_at_once_and_of_a_cancelled_one_is_refused():
    desk = desk_at()
    desk.send(1, "BUY", 1, "MKT")
    desk.send(2, "SELL", 1, "STP", aux_price=19990.0, parent_id=1)
    desk.send(3, "BUY", 1, "LMT", limit_price=19000.0)
    desk.cancel(3)
    (error,) = desk.send(4, "SELL", 1, "STP", aux_price=19990.0, parent_id=3)
    assert error.code == 135
    desk.broker.set_price(19990.0)
    assert desk.fills[1:] == [(-1, 19989.75)]


def test_child_that_was_changed_while_held_works_at_its_new_price():
    desk = desk_at()
    send_bracket(desk, kind="LMT", limit_price=19990.0)
    desk.send(2, "SELL", 1, "STP", aux_price=19970.0, parent_id=1)
    desk.broker.set_price(19989.0)
    desk.broker.set_price(19970.0)
    assert desk.fills == [(1, 19989.0), (-1, 19969.75)]


def send_group(desk, oca_type, sizes=(3, 3)):
    group = {"oca_group": "exits", "oca_type": oca_type}
    desk.send(1, "SELL", sizes[0], "LMT", limit_price=20010.0, **group)
    desk.send(2, "SELL", sizes[1], "STP", aux_price=19990.0, **group)


def test_group_of_type_1_is_cancelled_in_the_instant_of_a_fill_even_of_a_part():
    desk = desk_at()
    send_group(desk, 1)
    desk.faults.partial_fills, desk.faults.is_not_filling = [1], True
    heard = desk.heard_upon(desk.broker.set_price, 20011.0)
    assert desk.statuses() == {1: "Submitted", 2: "Cancelled"}
    assert [event.code for event in heard if isinstance(event, ErrorMessage)] == [202]
    desk.faults.is_not_filling = False
    desk.broker.set_price(20011.0)
    assert desk.fills == [(-1, 20011.0), (-2, 20011.0)]


@pytest.mark.parametrize("oca_type", [2, 3])
def test_group_of_type_2_or_3_shrinks_by_what_was_filled(oca_type):
    desk = desk_at()
    send_group(desk, oca_type)
    desk.faults.partial_fills, desk.faults.is_not_filling = [1], True
    desk.broker.set_price(20011.0)
    desk.faults.is_not_filling = False
    desk.broker.set_price(19990.0)  # the stop has two left, and ends the limit
    assert desk.fills == [(-1, 20011.0), (-2, 19989.75)]
    assert desk.statuses() == {1: "Cancelled", 2: "Filled"}


def test_order_that_joins_a_group_that_has_filled_is_rejected():
    desk = desk_at()
    send_group(desk, 1)
    desk.broker.set_price(20011.0)
    told = desk.send(3, "SELL", 3, "MKT", oca_group="exits", oca_type=1)
    assert told[0].code == 201
    assert desk.position == -3


def test_flatten_that_joins_the_stops_group_ends_the_stop():
    desk = desk_at()
    desk.send(1, "BUY", 2, "MKT")
    desk.send(2, "SELL", 2, "STP", aux_price=19990.0, oca_group="exits", oca_type=1)
    desk.send(3, "SELL", 2, "MKT", oca_group="exits", oca_type=1)
    assert desk.position == 0
    assert desk.statuses()[2] == "Cancelled"


def test_global_cancel_ends_the_orders_of_all_clients():
    desk = desk_at()
    desk.broker.connect(3)
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0, client_id=3)
    desk.ask(GlobalCancel())
    assert desk.broker.state()["orders"] == []


def test_order_that_joins_a_group_of_which_a_part_has_filled_works():
    desk = desk_at()
    send_group(desk, 1)
    desk.faults.partial_fills, desk.faults.is_not_filling = [1], True
    desk.broker.set_price(20011.0)
    desk.faults.is_not_filling = False
    desk.send(3, "BUY", 1, "MKT", oca_group="exits", oca_type=1)
    assert desk.fills[1:] == [(1, 20011.25)]
    assert desk.statuses()[1] == "Cancelled"
