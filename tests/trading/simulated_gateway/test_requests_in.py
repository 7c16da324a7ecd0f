"""Every request as ib_async's client writes it, in every version; and what is beyond reading."""

from dataclasses import replace

import pytest
from ib_async import ContFuture, ExecutionFilter, Future, Order, TagValue
from ib_async.client import Client

from tests.helpers.fake_broker import ACCOUNT
from trading.simulated_gateway import requests
from trading.simulated_gateway.fields import Dialect, FieldReader, MalformedMessageError
from trading.simulated_gateway.order_types import OrderRequest, WireContract
from trading.simulated_gateway.requests_in import DECODERS, read_request
from trading.simulated_gateway.wire import fields_of

VERSIONS = range(157, 179)
TERMS = {"conId": 620730920, "multiplier": "2", "currency": "USD"}
FUTURE = Future("MNQ", "20240315", "CME", **TERMS)
WIRE = WireContract(
    con_id=620730920,
    symbol="MNQ",
    sec_type="FUT",
    expiry="20240315",
    multiplier="2",
    exchange="CME",
    currency="USD",
)
ORDER = OrderRequest(
    order_id=48,
    contract=WIRE,
    action="SELL",
    quantity=3,
    kind="STP LMT",
    limit_price=17990.25,
    aux_price=17991.5,
    tif="GTC",
    oca_group="exit",
    oca_type=1,
    account=ACCOUNT,
    order_ref="bot/1/stop/1",
    should_transmit=False,
    parent_id=47,
    is_outside_rth=True,
)


class Writer:
    """An ib_async client whose messages come here, not onto a socket."""

    def __init__(self, version):
        self.client = Client(None)
        self.client.connState = Client.CONNECTED
        self.client._serverVersion = version
        self.client.sendMsg = self.keep
        self.dialect = Dialect(version=version)
        self.fields = []

    def keep(self, text):
        self.fields = fields_of(text.encode())

    def request(self, method, *arguments):
        """Return what the gateway reads of what a method of the client writes."""
        getattr(self.client, method)(*arguments)
        return read(self.fields, self.dialect)


def read(fields, dialect=None):
    """Return what a message asks for."""
    return read_request(fields, dialect or Dialect(), FieldReader(fields[1:]))


def sent_order(**changes):
    """Return ORDER as ib_async spells it, with changes."""
    fields = {
        "orderId": 48,
        "action": "SELL",
        "totalQuantity": 3.0,
        "orderType": "STP LMT",
        "lmtPrice": 17990.25,
        "auxPrice": 17991.5,
        "tif": "GTC",
        "ocaGroup": "exit",
        "ocaType": 1,
        "account": ACCOUNT,
        "orderRef": "bot/1/stop/1",
        "transmit": False,
        "parentId": 47,
        "outsideRth": True,
    }
    return Order(**{**fields, **changes})


@pytest.mark.parametrize("version", VERSIONS)
def test_order_is_read_as_it_was_sent(version):
    request = Writer(version).request("placeOrder", 48, FUTURE, sent_order())
    assert request == requests.PlaceOrder(order=ORDER)


@pytest.mark.parametrize("version", VERSIONS)
def test_order_with_all_that_shifts_its_fields_is_read_the_same(version):
    odd = sent_order(
        deltaNeutralOrderType="LMT",
        scalePriceIncrement=0.5,
        hedgeType="D",
        hedgeParam="1",
        algoStrategy="Adaptive",
        algoParams=[TagValue("adaptivePriority", "Normal"), TagValue("x", "y")],
        whatIf=True,
        trailStopPrice=17980.75,
        trailingPercent=0.5,
    )
    request = Writer(version).request("placeOrder", 48, FUTURE, odd)
    expected = replace(ORDER, is_what_if=True, trail_stop_price=17980.75, trail_percent=0.5)
    assert request == requests.PlaceOrder(order=expected)


@pytest.mark.parametrize("version", VERSIONS)
def test_market_order_has_no_prices(version):
    order = Order(action="BUY", totalQuantity=1, orderType="MKT")
    request = Writer(version).request("placeOrder", 5, FUTURE, order)
    expected = OrderRequest(order_id=5, contract=WIRE, action="BUY", quantity=1, kind="MKT")
    assert request == requests.PlaceOrder(order=expected)


CASES = {
    "cancelOrder": ((48,), requests.CancelOrder(order_id=48)),
    "reqOpenOrders": ((), requests.AskOpenOrders()),
    "reqAllOpenOrders": ((), requests.AskOpenOrders(is_of_all=True)),
    "reqAutoOpenOrders": ((True,), requests.BindOpenOrders(is_wanted=True)),
    "reqAccountUpdates": (
        (False, ACCOUNT),
        requests.AskAccountUpdates(is_wanted=False, account=ACCOUNT),
    ),
    "reqExecutions": (
        (9, ExecutionFilter(3, ACCOUNT, "20240305-10:00:00", "MNQ", "FUT", "CME", "BUY")),
        requests.AskExecutions(
            request_id=9,
            client_id=3,
            account=ACCOUNT,
            since="20240305-10:00:00",
            symbol="MNQ",
            sec_type="FUT",
            exchange="CME",
            side="BUY",
        ),
    ),
    "reqIds": ((1,), requests.AskIds()),
    "reqManagedAccts": ((), requests.AskAccounts()),
    "reqContractDetails": (
        (9, Future("MNQ", "20240315", "CME", **TERMS, includeExpired=True)),
        requests.AskContractDetails(request_id=9, contract=WIRE, has_expired=True),
    ),
    "reqHistoricalData": (
        (9, FUTURE, "20240305-16:00:00", "1 D", "1 min", "TRADES", True, 2, False, []),
        requests.AskHistory(
            request_id=9,
            contract=WIRE,
            has_expired=False,
            end="20240305-16:00:00",
            bar_size="1 min",
            duration="1 D",
            is_rth_only=True,
            what="TRADES",
            date_format=2,
            keeps_up_to_date=False,
        ),
    ),
    "cancelHistoricalData": ((9,), requests.Cancel(of="history", request_id=9)),
    "reqCurrentTime": ((), requests.AskTime()),
    "reqRealTimeBars": (
        (9, FUTURE, 5, "TRADES", False, []),
        requests.AskRealtimeBars(request_id=9, contract=WIRE, what="TRADES", is_rth_only=False),
    ),
    "cancelRealTimeBars": ((9,), requests.Cancel(of="realtime_bars", request_id=9)),
    "reqMktData": (
        (9, FUTURE, "233", True, False, []),
        requests.AskMarketData(request_id=9, contract=WIRE, is_snapshot=True),
    ),
    "cancelMktData": ((9,), requests.Cancel(of="market_data", request_id=9)),
    "reqMarketDataType": ((3,), requests.AskMarketDataType(kind=3)),
    "reqTickByTickData": (
        (9, FUTURE, "AllLast", 0, False),
        requests.AskTickByTick(request_id=9, contract=WIRE, kind="AllLast"),
    ),
    "cancelTickByTickData": ((9,), requests.Cancel(of="tick_by_tick", request_id=9)),
    "reqGlobalCancel": ((), requests.GlobalCancel()),
    "reqPositions": ((), requests.AskPositions()),
    "cancelPositions": ((), requests.AskPositions(is_wanted=False)),
    "reqAccountSummary": (
        (9, "All", "NetLiquidation,BuyingPower"),
        requests.AskAccountSummary(request_id=9, group="All", tags="NetLiquidation,BuyingPower"),
    ),
    "cancelAccountSummary": ((9,), requests.Cancel(of="account_summary", request_id=9)),
    "reqAccountUpdatesMulti": (
        (9, ACCOUNT, "", True),
        requests.AskAccountUpdatesMulti(request_id=9, account=ACCOUNT, model="", is_ledger=True),
    ),
    "cancelAccountUpdatesMulti": ((9,), requests.Cancel(of="account_multi", request_id=9)),
    "reqPnL": ((9, ACCOUNT, ""), requests.AskProfitAndLoss(request_id=9, account=ACCOUNT)),
    "cancelPnL": ((9,), requests.Cancel(of="pnl", request_id=9)),
    "reqCompletedOrders": ((True,), requests.AskCompletedOrders(is_of_api_only=True)),
    "setServerLogLevel": ((2,), None),
}


@pytest.mark.conformance
@pytest.mark.parametrize("version", VERSIONS)
def test_requests_are_all_read_as_they_were_sent(version):
    writer = Writer(version)
    read_ids = {3, 14}
    for method, (arguments, expected) in CASES.items():
        assert writer.request(method, *arguments) == expected, method
        read_ids.add(int(writer.fields[0]))
    assert read_ids == {*DECODERS, 14}


def test_request_of_continuous_future_keeps_its_kind():
    request = Writer(176).request("reqContractDetails", 9, ContFuture("MNQ", "CME"))
    assert (request.contract.sec_type, request.contract.con_id) == ("CONTFUT", 0)


@pytest.mark.parametrize(
    ("fields", "request_id", "told"),
    [
        (["12", "1"], -1, "message 12 is not known"),
        (["x", "1"], -1, "message 'x' has no id"),
        (["4", "1"], -1, "field `order id` is missing"),
        (["4", "1", "forty"], -1, "field `order id` is no whole number: 'forty'"),
        (["6", "2", "maybe", ""], -1, "field `subscribe` is neither 0 nor 1: 'maybe'"),
        (["7", "3", "9", "0", ""], 9, "field `time` is missing"),
        (["3", "48", "x"], 48, "field `con id` is no whole number: 'x'"),
    ],
)
def test_request_beyond_reading_is_refused_under_its_id(fields, request_id, told):
    reader = FieldReader(fields[1:])
    with pytest.raises(MalformedMessageError, match=told):
        read_request(fields, Dialect(), reader)
    assert reader.request_id == request_id


@pytest.mark.parametrize(
    ("index", "value", "told"),
    [
        (17, "1.5", "field `quantity` is no whole number: 1.5"),
        (19, "nan", "field `limit price` is no number: 'nan'"),
        (20, "inf", "field `auxiliary price` is no number: 'inf'"),
        (4, "BAG", "combinations are not traded here"),
    ],
)
def test_order_beyond_reading_is_refused_under_its_id(index, value, told):
    writer = Writer(176)
    writer.request("placeOrder", 48, FUTURE, sent_order())
    fields = [*writer.fields]
    fields[index] = value
    reader = FieldReader(fields[1:])
    with pytest.raises(MalformedMessageError, match=told):
        read_request(fields, Dialect(), reader)
    assert reader.request_id == 48


def test_order_cut_short_anywhere_before_its_last_read_field_is_refused():
    writer = Writer(176)
    writer.request("placeOrder", 48, FUTURE, sent_order(whatIf=True))
    what_if = 85
    assert writer.fields[what_if] == "1"
    assert read(writer.fields[: what_if + 1]).order.is_what_if
    for length in range(1, what_if + 1):
        with pytest.raises(MalformedMessageError, match="is missing"):
            read(writer.fields[:length])


def test_order_with_unset_numbers_has_none():
    writer = Writer(176)
    writer.request("placeOrder", 48, FUTURE, sent_order())
    fields = [*writer.fields]
    fields[19] = "1.7976931348623157E308"
    assert read(fields).order.limit_price is None
