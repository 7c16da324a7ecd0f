"""Lost connections, stale data, hands in TWS itself: what clients hear, and what the books say."""

import json

import pytest

from tests.helpers.gateway_brokers import MNQ, names, open_desk
from trading.simulated_gateway.events import (
    ErrorMessage,
    Execution,
    OpenOrder,
    Position,
)
from trading.simulated_gateway.requests import (
    AskAccountUpdates,
    AskCompletedOrders,
    AskExecutions,
    AskMarketData,
    AskOpenOrders,
    AskPositions,
    AskTime,
    BindOpenOrders,
)
from utils.errors import ConfigError, DataError


def desk_at(price=20000.0, **settings):
    desk = open_desk(**settings)
    desk.broker.set_price(price)
    return desk


def codes(events):
    return [event.code for event in events if isinstance(event, ErrorMessage)]


def test_lost_connection_hides_fills_until_they_are_asked_for():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    assert codes(desk.heard_upon(desk.broker.lose)) == [1100]
    assert desk.heard_upon(desk.broker.set_price, 19980.0) == []
    assert codes(desk.send(2, "BUY", 1, "MKT")) == [1100]
    assert codes(desk.heard_upon(desk.broker.restore, False)) == [1102]
    assert desk.fills == [(1, 19980.0)]
    assert names(desk.ask(AskExecutions(request_id=1)))[0] == "Execution"


def test_restored_connection_keeps_subscriptions_only_if_no_data_were_lost():
    desk = desk_at()
    desk.ask(AskMarketData(request_id=1, contract=MNQ, is_snapshot=False))
    for is_data_lost, code, is_heard in ((False, 1102, True), (True, 1101, False)):
        desk.broker.lose()
        assert desk.heard_upon(desk.broker.set_price, 20001.0) == []
        assert codes(desk.heard_upon(desk.broker.restore, is_data_lost)) == [code]
        assert bool(desk.heard_upon(desk.broker.set_price, 20002.0)) is is_heard


def test_client_that_connects_while_the_broker_is_lost_is_told_so():
    desk = desk_at()
    desk.broker.lose()
    assert codes(desk.heard_upon(desk.broker.connect, 9)) == [1100]


def test_stale_market_tells_nothing_and_answers_all_the_same():
    desk = desk_at()
    desk.ask(AskMarketData(request_id=1, contract=MNQ, is_snapshot=False))
    desk.faults.is_stale = True
    assert desk.heard_upon(desk.broker.set_price, 20001.0) == []
    assert names(desk.ask(AskTime())) == ["CurrentTime"]


def test_competing_session_refuses_new_data_and_silences_the_old():
    desk = desk_at()
    desk.ask(AskMarketData(request_id=1, contract=MNQ, is_snapshot=False))
    desk.faults.is_data_up = False
    told = desk.ask(AskMarketData(request_id=2, contract=MNQ, is_snapshot=False))
    assert codes(told) == [10197]
    assert desk.heard_upon(desk.broker.set_price, 20001.0) == []


def test_clock_may_be_ahead():
    desk = desk_at()
    right = desk.ask(AskTime())[0].time
    desk.faults.skew_seconds = 90.0
    assert (desk.ask(AskTime())[0].time - right).total_seconds() == 90.0


def test_read_only_interface_refuses_orders_and_cancels():
    desk = desk_at()
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0)
    desk.faults.is_read_only = True
    assert codes(desk.send(2, "BUY", 1, "MKT")) == [321]
    assert codes(desk.cancel(1)) == [321]
    assert desk.statuses() == {1: "Submitted"}


def test_read_only_interface_refuses_lists_of_orders_and_tells_what_is_held():
    desk = desk_at()
    desk.faults.is_read_only = True
    for question in (
        AskOpenOrders(is_of_all=True),
        AskOpenOrders(),
        AskCompletedOrders(is_of_api_only=False),
    ):
        assert names(told := desk.ask(question)) == ["ErrorMessage"]
        assert (told[0].request_id, told[0].code) == (-1, 321)
    assert names(desk.ask(AskPositions())) == ["End"]


def test_account_without_market_data_is_refused_ticks_with_354():
    desk = desk_at()
    desk.faults.has_data_permission = False
    told = desk.ask(AskMarketData(request_id=2, contract=MNQ, is_snapshot=False))
    assert codes(told) == [354]


def test_closed_market_holds_orders_with_399_and_fills_them_when_it_opens():
    desk = desk_at()
    desk.faults.is_market_open = False
    told = desk.send(1, "BUY", 1, "MKT")
    assert (codes(told), told[1].status) == ([399], "PreSubmitted")
    desk.broker.set_price(20010.0)
    assert desk.fills == []
    desk.faults.is_market_open = None
    desk.broker.release()
    assert desk.fills == [(1, 20010.25)]


def test_manual_trade_changes_the_position_and_only_the_master_hears_of_the_fill():
    desk = desk_at()
    desk.broker.connect(0)
    desk.ask(AskPositions())
    desk.faults.n_rejects = 1  # of clients' orders alone
    heard = desk.heard_upon(desk.broker.manual, "SELL", 2)
    assert [event.position for event in heard if isinstance(event, Position)] == [-2]
    assert not any(isinstance(event, Execution) for event in heard)
    desk.ask(BindOpenOrders(is_wanted=True), client_id=0)
    before = len(desk.heard)
    desk.broker.manual("BUY", 1)
    told = [client_id for client_id, event in desk.heard[before:] if isinstance(event, OpenOrder)]
    assert set(told) == {0}
    executions = [
        event for event in desk.ask(AskExecutions(request_id=1)) if hasattr(event, "shares")
    ]
    assert [(event.client_id, event.order_id) for event in executions] == [(-1, 0), (-1, 0)]


def test_errors_of_any_code_can_be_told():
    desk = desk_at()
    heard = desk.heard_upon(desk.broker.error, 2103, "farm is broken")
    assert (codes(heard), heard[0].request_id) == ([2103], -1)


def test_state_is_plain_json_and_holds_the_books():
    desk = desk_at()
    desk.send(1, "BUY", 2, "MKT", order_ref="bot/1/entry/1")
    desk.send(2, "SELL", 2, "STP", aux_price=19990.0, order_ref="bot/1/stop/1")
    state = json.loads(json.dumps(desk.broker.state()))
    (con_id,) = state["positions"]
    assert state["positions"] == {con_id: 2}
    assert state["average_costs"] == {con_id: 40000.5}  # 20000.25 x 2
    assert [(row["ref"], row["status"], row["aux_price"]) for row in state["orders"]] == [
        ("bot/1/stop/1", "PreSubmitted", 19990.0)
    ]
    assert state["cash_usd"] == 99_998.76
    assert state["equity_usd"] == 99_997.76  # a tick of slippage, twice 0.50
    assert state["clients"] == [7]
    desk.ask(AskAccountUpdates(is_wanted=True, account=""))


WRONG = [
    pytest.param(lambda broker: broker.manual("HOLD", 1), ConfigError, "BUY", id="side"),
    pytest.param(lambda broker: broker.manual("BUY", 0), ConfigError, ">= 1", id="size"),
    pytest.param(lambda broker: broker.set_price(20000.1), DataError, "tick grid", id="price"),
    pytest.param(
        lambda broker: broker.set_price(1.0, con_id=5), ConfigError, "id 5", id="contract"
    ),
    pytest.param(lambda broker: broker.set_front("nothing"), DataError, "no contract", id="front"),
]


@pytest.mark.parametrize(("act", "error", "match"), WRONG)
def test_what_cannot_be_done_to_the_broker_is_refused_in_one_line(act, error, match):
    with pytest.raises(error, match=match) as caught:
        act(desk_at().broker)
    assert "\n" not in str(caught.value)
