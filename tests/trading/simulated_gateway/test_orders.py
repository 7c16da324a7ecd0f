"""Orders one by one: where they fill, what is said of them, and what is refused with which code."""

from datetime import UTC, datetime

import pytest

from tests.helpers.bars import make_bars
from tests.helpers.gateway_brokers import MNQ, names, open_desk
from trading.simulated_gateway.events import ErrorMessage, OpenOrder, OrderStatusEvent
from trading.simulated_gateway.order_types import WireContract
from trading.simulated_gateway.requests import (
    AskCompletedOrders,
    AskExecutions,
    AskIds,
    AskOpenOrders,
)

B0 = (20000, 20002, 19998, 20000)
B1 = (20001, 20010, 19999, 20008)


def desk_at(price=20000.0, **settings):
    desk = open_desk(**settings)
    desk.broker.set_price(price)
    return desk


def codes(events):
    return [event.code for event in events if isinstance(event, ErrorMessage)]


def test_market_round_trip_sent_at_closes_fills_at_the_next_opens_with_slippage():
    desk = open_desk(
        make_bars([B0, B1, (20009, 20012, 20005, 20006), (20006, 20007, 20005, 20006)])
    )
    desk.broker.step()  # b0 is over, b1 stands at 20001
    desk.send(1, "BUY", 1, "MKT")
    desk.broker.step()  # b1 is over, b2 stands at 20009
    desk.send(2, "SELL", 1, "MKT")
    assert desk.fills == [(1, 20001.25), (-1, 20008.75)]
    # 7.5 points are 15.00, less two commissions of 0.62
    assert desk.broker.state()["cash_usd"] == pytest.approx(100_013.76)


def test_fill_is_told_as_ack_execution_order_status_and_commission():
    desk = desk_at()
    told = desk.send(1, "BUY", 2, "MKT", order_ref="mine/1")
    assert names(told) == [
        "OpenOrder",
        "OrderStatusEvent",
        "Execution",
        "OpenOrder",
        "OrderStatusEvent",
        "CommissionReport",
    ]
    assert [told[k].status for k in (0, 1, 3, 4)] == ["Submitted", "Submitted", "Filled", "Filled"]
    execution, commission = told[2], told[5]
    assert (execution.side, execution.shares, execution.price) == ("BOT", 2, 20000.25)
    assert execution.order_ref == "mine/1"
    assert execution.exec_id == "0000e0d5.00000001.01.01" == commission.exec_id
    assert (commission.commission_usd, commission.realised_usd) == (1.24, None)


PRICES = [
    # kind, side, its prices; the price that moves there next; fill, or None
    pytest.param("STP", "SELL", {"aux_price": 19990.0}, 19989.0, 19988.75, id="stop gapped, slips"),
    pytest.param("STP", "SELL", {"aux_price": 19990.0}, 19990.25, None, id="stop not reached"),
    pytest.param("STP", "BUY", {"aux_price": 20010.0}, 20010.0, 20010.25, id="buy stop at trigger"),
    pytest.param("LMT", "BUY", {"limit_price": 19990.0}, 19990.0, None, id="limit touched only"),
    pytest.param("LMT", "BUY", {"limit_price": 19990.0}, 19989.75, 19989.75, id="limit through"),
    pytest.param("LMT", "SELL", {"limit_price": 20010.0}, 20012.0, 20012.0, id="better price"),
    pytest.param(
        "STP LMT", "BUY", {"aux_price": 20010.0, "limit_price": 20012.0}, 20011.0, 20011.0,
        id="stop-limit within its limit",
    ),
    pytest.param(
        "STP LMT", "BUY", {"aux_price": 20010.0, "limit_price": 20012.0}, 20013.0, None,
        id="stop-limit beyond its limit rests",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "side", "prices", "moved", "fill"), PRICES)
def test_waiting_order_fills_where_the_kernel_says(kind, side, prices, moved, fill):
    desk = desk_at()
    assert names(desk.send(1, side, 1, kind, **prices)) == ["OpenOrder", "OrderStatusEvent"]
    desk.broker.set_price(moved)
    assert [price for _, price in desk.fills] == ([] if fill is None else [fill])


def test_stop_waits_presubmitted_with_its_reason_and_a_limit_submitted():
    desk = desk_at()
    stop = desk.send(1, "SELL", 1, "STP", aux_price=19990.0)[1]
    limit = desk.send(2, "SELL", 1, "LMT", limit_price=20010.0)[1]
    assert (stop.status, stop.why_held) == ("PreSubmitted", "trigger")
    assert (limit.status, limit.why_held) == ("Submitted", "")


def test_trailing_stop_follows_the_price_and_never_back():
    desk = desk_at()
    desk.send(1, "SELL", 1, "TRAIL", aux_price=10.0)  # trigger 19990
    desk.broker.set_price(20020.0)  # trigger 20010
    desk.broker.set_price(20012.0)
    assert desk.fills == []
    desk.broker.set_price(20010.0)
    assert desk.fills == [(-1, 20009.75)]


def test_trailing_stop_in_per_cent_begins_that_far_from_the_price():
    desk = desk_at()
    desk.send(1, "SELL", 1, "TRAIL", trail_percent=0.1)  # 20 points: 19980
    desk.broker.set_price(19980.25)
    assert desk.fills == []
    desk.broker.set_price(19980.0)
    assert desk.fills == [(-1, 19979.75)]


def test_immediate_or_cancel_that_does_not_fill_is_cancelled_at_once():
    desk = desk_at()
    told = desk.send(1, "BUY", 1, "LMT", limit_price=19990.0, tif="IOC")
    assert desk.statuses() == {1: "Cancelled"}
    assert codes(told) == [202]


def test_order_id_is_used_by_what_was_processed_alone():
    desk = desk_at()
    assert desk.ask(AskIds())[0].order_id == 1
    desk.send(5, "BUY", 1, "LMT", limit_price=19990.0)
    assert desk.ask(AskIds())[0].order_id == 6
    desk.faults.n_drop_orders = 1
    assert desk.send(6, "BUY", 1, "MKT") == []
    assert desk.ask(AskIds())[0].order_id == 6
    desk.broker.connect(3)
    assert desk.ask(AskIds(), client_id=3)[0].order_id == 1


REFUSED = [
    pytest.param({"kind": "LMT", "limit_price": 19990.1}, 110, id="off the tick grid"),
    pytest.param({"kind": "STP", "aux_price": float("nan")}, 321, id="a stop price that is none"),
    pytest.param({"kind": "LMT"}, 321, id="no limit price"),
    pytest.param({"kind": "TRAIL"}, 321, id="no trailing distance"),
    pytest.param({"kind": "MOC"}, 387, id="a type that is not known"),
    pytest.param({"action": "SSHORT"}, 321, id="a side that is not known"),
    pytest.param({"quantity": 0}, 321, id="no contracts"),
    pytest.param({"tif": "OPG"}, 10052, id="a time in force that is not known"),
    pytest.param({"account": "DU9"}, 321, id="somebody else's account"),
    pytest.param({"parent_id": 77}, 135, id="a parent that is not there"),
    pytest.param({"contract": WireContract(symbol="XYZ", sec_type="FUT")}, 200, id="no contract"),
    pytest.param({"contract": WireContract(symbol="MNQ", sec_type="FUT")}, 200, id="ambiguous"),
    pytest.param({"contract": WireContract(symbol="MNQ", sec_type="CONTFUT")}, 200, id="CONTFUT"),
    pytest.param(
        {"contract": WireContract(symbol="MNQ", sec_type="FUT", expiry="202312")}, 200,
        id="expired",
    ),
    pytest.param({"quantity": 31}, 201, id="more than the margin allows"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), REFUSED)
def test_order_that_is_wrong_is_refused_by_its_code_and_never_fills(changes, code):
    desk = desk_at()
    fields = {"action": "BUY", "quantity": 1, "kind": "MKT", **changes}
    told = desk.send(1, fields.pop("action"), fields.pop("quantity"), fields.pop("kind"), **fields)
    assert codes(told) == [code]
    assert told[0].request_id == 1
    assert desk.fills == []
    assert desk.broker.state()["orders"] == []


def test_rejected_order_is_inactive_and_its_id_is_used():
    desk = desk_at()
    told = desk.send(1, "BUY", 31, "MKT")  # 31 x 3330 of margin are more than 100000
    assert [type(event) for event in told] == [ErrorMessage, OrderStatusEvent]
    assert told[1].status == "Inactive"
    assert desk.ask(AskIds())[0].order_id == 2
    assert names(desk.send(2, "BUY", 30, "MKT"))[0] == "OpenOrder"


def test_order_id_of_an_order_that_is_over_is_a_duplicate():
    desk = desk_at()
    desk.send(2, "BUY", 1, "MKT")
    assert codes(desk.send(2, "BUY", 1, "MKT")) == [103]
    assert codes(desk.send(1, "BUY", 1, "MKT")) == [103]
    assert desk.position == 1


def test_order_without_time_in_force_is_told_which_it_got_and_lives():
    desk = desk_at()
    told = desk.send(1, "BUY", 1, "LMT", limit_price=19990.0, tif="")
    assert codes(told) == [10349]
    assert desk.statuses() == {1: "Submitted"}


def test_modified_order_keeps_its_perm_id_and_fills_at_its_new_price():
    desk = desk_at()
    first = desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)[0]
    again = desk.send(1, "BUY", 2, "LMT", limit_price=19995.0)
    assert names(again) == ["OpenOrder", "OrderStatusEvent"]
    assert again[0].perm_id == first.perm_id
    desk.broker.set_price(19994.0)
    assert desk.fills == [(2, 19994.0)]


def test_modified_order_that_the_standing_price_fills_is_filled_at_once():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.send(1, "BUY", 1, "LMT", limit_price=20001.0)
    assert desk.fills == [(1, 20000.0)]


def test_change_that_is_no_change_of_the_order_is_refused_and_the_order_lives():
    desk = desk_at()
    desk.send(1, "BUY", 2, "LMT", limit_price=19990.0)
    assert codes(desk.send(1, "SELL", 2, "LMT", limit_price=19990.0)) == [105]
    assert codes(desk.send(1, "BUY", 2, "LMT", limit_price=19990.1)) == [110]
    changed = {"limit_price": 19990.0, "oca_group": "g", "oca_type": 1}
    assert codes(desk.send(1, "BUY", 2, "LMT", **changed)) == [10326]
    assert desk.statuses() == {1: "Submitted"}


def test_cancel_ends_an_order_with_status_and_202_and_is_refused_afterwards():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    told = desk.cancel(1)
    assert names(told) == ["OrderStatusEvent", "ErrorMessage"]
    assert (told[0].status, told[1].code) == ("Cancelled", 202)
    assert codes(desk.cancel(1)) == [10148]
    assert "Cancelled" in desk.heard[-1][1].text
    assert codes(desk.cancel(99)) == [10147]
    desk.broker.set_price(19980.0)
    assert desk.fills == []


def test_what_if_tells_the_margin_and_keeps_nothing():
    desk = desk_at()
    (told,) = desk.send(1, "BUY", 2, "MKT", is_what_if=True)
    assert isinstance(told, OpenOrder)
    assert told.what_if.initial_after == 6660.0  # two contracts of 3330
    assert told.what_if.commission == 1.24
    assert desk.broker.state()["orders"] == []
    assert desk.ask(AskIds())[0].order_id == 1


def test_orders_of_other_clients_are_seen_by_all_and_told_to_their_own():
    desk = desk_at()
    desk.broker.connect(3)
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.send(1, "BUY", 1, "LMT", limit_price=19980.0, client_id=3)
    own = desk.ask(AskOpenOrders())
    assert names(own) == ["OpenOrder", "OrderStatusEvent", "End"]
    everything = desk.ask(AskOpenOrders(is_of_all=True))
    assert [event.client_id for event in everything if isinstance(event, OpenOrder)] == [7, 3]
    heard = len(desk.heard)
    desk.broker.set_price(19985.0)
    assert {client_id for client_id, _ in desk.heard[heard:]} == {7}


def test_orders_and_fills_of_the_day_are_told_again_and_outlive_their_client():
    desk = desk_at()
    desk.send(1, "BUY", 1, "MKT", order_ref="mine")
    desk.broker.disconnect(7)
    desk.broker.connect(7)
    told = desk.ask(AskExecutions(request_id=4))
    assert names(told) == ["Execution", "CommissionReport", "End"]
    assert (told[0].request_id, told[0].order_ref) == (4, "mine")
    assert desk.ask(AskExecutions(request_id=5, side="SELL"))[0].of == "executions"
    (order, end) = desk.ask(AskCompletedOrders(is_of_api_only=True))
    assert (order.status, order.filled, end.of) == ("Filled", 1, "completed_orders")


def test_executions_since_a_time_leave_out_earlier_ones():
    desk = desk_at()  # it is 2024-01-02 15:00 UTC
    desk.send(1, "BUY", 1, "MKT")
    desk.clock.time = datetime(2024, 1, 2, 15, 30, tzinfo=UTC)
    desk.send(2, "SELL", 1, "MKT")
    told = desk.ask(AskExecutions(request_id=1, since="20240102-15:10:00"))
    assert [event.order_id for event in told if hasattr(event, "shares")] == [2]


def test_contract_by_its_local_symbol_or_id_is_the_same():
    desk = desk_at()
    told = desk.send(1, "BUY", 1, "MKT", contract=WireContract(local_symbol="MNQH4"))
    con_id = told[0].request.contract.con_id
    desk.send(2, "BUY", 1, "MKT", contract=WireContract(con_id=con_id))
    desk.send(3, "BUY", 1, "MKT", contract=MNQ)
    assert desk.broker.state()["positions"] == {str(con_id): 3}
