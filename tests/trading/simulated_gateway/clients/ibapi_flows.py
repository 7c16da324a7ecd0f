"""The official client through the same gateway: PORT CONTROL_PORT, one line of JSON per flow.

It decodes in threads of its own and remembers nothing, so that what is told is kept here raw.
"""

import sys
import threading
from decimal import Decimal

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper

from tests.trading.simulated_gateway.clients.flow_kit import Control, last_lines, tell, wait_until

ACCOUNT = "DU1234567"
PRICE = 18000.0
TOLD = """
managedAccounts nextValidId error currentTime updateAccountValue updatePortfolio accountDownloadEnd
position positionEnd accountSummary accountSummaryEnd accountUpdateMulti accountUpdateMultiEnd
openOrder openOrderEnd orderStatus execDetails execDetailsEnd commissionReport completedOrder
completedOrdersEnd contractDetails contractDetailsEnd historicalData historicalDataEnd
historicalDataUpdate realtimeBar tickPrice tickSize tickString tickReqParams marketDataType
tickByTickAllLast tickSnapshotEnd pnl
"""


class Client(EWrapper, EClient):
    """The official client, and everything it was told: (name, arguments)."""

    def __init__(self, port, control_port):
        EClient.__init__(self, self)
        self.told = []
        self.control = Control(control_port)
        self.control.do("heal")
        self.connect("127.0.0.1", port, 5)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.heard("nextValidId")
        self.order_id = self.all("nextValidId")[0][0]
        self.future = self.front()

    def all(self, name):
        """Return the arguments of all calls of a name."""
        return [arguments for found, arguments in list(self.told) if found == name]

    def heard(self, name, check=lambda *arguments: True):
        """Wait for a call; return its arguments."""
        wait_until(
            lambda: any(check(*arguments) for arguments in self.all(name)),
            f"{name}, not {self.told[-3:]}",
        )
        return next(arguments for arguments in self.all(name) if check(*arguments))

    def front(self):
        """Return the front contract of MNQ, as the gateway details it."""
        wanted = Contract()
        wanted.symbol, wanted.secType = "MNQ", "FUT"
        wanted.exchange, wanted.currency = "CME", "USD"
        self.reqContractDetails(1, wanted)
        self.heard("contractDetailsEnd")
        return self.all("contractDetails")[0][1].contract

    def place(self, kind, action, quantity, **terms):
        """Place an order; return its id."""
        order = Order()
        order.orderType, order.action, order.totalQuantity = kind, action, Decimal(quantity)
        order.tif, order.outsideRth, order.account = "GTC", True, ACCOUNT
        for name, value in terms.items():
            setattr(order, name, value)
        order_id, self.order_id = self.order_id, self.order_id + 1
        self.placeOrder(order_id, self.future, order)
        return order_id

    def reaches(self, order_id, status):
        """Wait until an order has a status; return what was told with it."""
        return self.heard("orderStatus", lambda i, found, *_: (i, found) == (order_id, status))

    def error_of(self, code):
        """Wait for an error of a code; return the id it is of."""
        return self.heard("error", lambda i, found, *_: found == code)[0]


def remember(name):
    """Return a callback of the wrapper that keeps what it is told."""

    def callback(self, *arguments):
        self.told.append((name, arguments))

    return callback


for _name in TOLD.split():
    setattr(Client, _name, remember(_name))


def version_is_the_highest_of_both(client):
    assert client.serverVersion() == 176
    assert client.all("managedAccounts") == [(ACCOUNT,)]
    client.reqCurrentTime()
    assert client.heard("currentTime")[0] > 1_700_000_000


def contract_details_are_whole(client):
    details = [arguments[1] for arguments in client.all("contractDetails")]
    assert len(details) >= 3
    first = details[0]
    assert (first.minTick, first.contract.multiplier, first.contract.symbol) == (0.25, "2", "MNQ")
    assert (first.minSize, first.sizeIncrement) == (Decimal(1), Decimal(1))
    assert first.timeZoneId
    assert first.realExpirationDate == first.contract.lastTradeDateOrContractMonth


def account_values_summary_and_pnl_are_told(client):
    client.reqAccountUpdates(True, ACCOUNT)
    assert client.heard("accountDownloadEnd") == (ACCOUNT,)
    assert "NetLiquidation" in {arguments[0] for arguments in client.all("updateAccountValue")}
    client.reqAccountUpdatesMulti(20, ACCOUNT, "", False)
    client.heard("accountUpdateMultiEnd")
    client.reqAccountSummary(21, "All", "NetLiquidation,BuyingPower")
    client.heard("accountSummaryEnd")
    assert {a[2] for a in client.all("accountSummary")} == {"NetLiquidation", "BuyingPower"}
    client.reqPnL(22, ACCOUNT, "")
    assert client.heard("pnl")[0] == 22


def history_ends_and_goes_on(client):
    end = "20240102-14:00:00"
    client.reqHistoricalData(30, client.future, end, "3600 S", "5 mins", "TRADES", 0, 2, False, [])
    client.heard("historicalDataEnd")
    bars = [bar for request_id, bar in client.all("historicalData") if request_id == 30]
    assert len(bars) == 12
    assert (bars[0].date, bars[0].open, bars[0].volume) == ("1704200400", 18000.0, Decimal(100))
    client.reqHistoricalData(31, client.future, "", "3600 S", "5 mins", "TRADES", 0, 2, True, [])
    client.heard("historicalDataEnd", lambda request_id, *_: request_id == 31)
    client.control.do("step")
    request_id, bar = client.heard("historicalDataUpdate")
    assert request_id == 31
    assert bar.low <= bar.open <= bar.high
    client.cancelHistoricalData(31)


def prices_are_told(client):
    client.reqRealTimeBars(40, client.future, 5, "TRADES", False, [])
    client.reqMktData(41, client.future, "", False, False, [])
    client.reqTickByTickData(42, client.future, "AllLast", 0, False)
    client.heard("tickReqParams")
    client.control.price(PRICE + 1.0)
    client.heard("tickPrice", lambda i, kind, price, _: (kind, price) == (4, PRICE + 1.0))
    assert client.heard("realtimeBar")[5] == PRICE + 1.0
    client.heard("tickByTickAllLast", lambda *a: a[3] == PRICE + 1.0)
    client.reqMktData(43, client.future, "", True, False, [])
    assert client.heard("tickSnapshotEnd") == (43,)
    for cancel, request_id in (
        (client.cancelRealTimeBars, 40),
        (client.cancelMktData, 41),
        (client.cancelTickByTickData, 42),
    ):
        cancel(request_id)


def market_order_is_filled(client):
    client.control.price(PRICE)
    order_id = client.place("MKT", "BUY", 2, orderRef="official")
    told = client.reaches(order_id, "Filled")
    assert (told[2], told[3]) == (Decimal(2), Decimal(0))
    _, contract, execution = client.heard("execDetails", lambda _, c, e: e.orderId == order_id)
    assert contract.conId == client.future.conId
    assert (execution.side, execution.shares) == ("BOT", Decimal(2))
    assert (execution.price, execution.orderRef) == (PRICE + 0.25, "official")
    (report,) = client.heard("commissionReport")
    assert (report.execId, report.currency) == (execution.execId, "USD")
    assert report.realizedPNL == sys.float_info.max
    client.reqPositions()
    client.heard("positionEnd")
    position = client.heard("position", lambda *a: a[2] == Decimal(2))
    assert (position[0], position[1].exchange) == (ACCOUNT, "")


def open_order_is_decoded_whole(client):
    order_id = client.place(
        "STP LMT", "SELL", 1, lmtPrice=PRICE - 9.0, auxPrice=PRICE - 8.0, ocaGroup="x", ocaType=1
    )
    client.reaches(order_id, "PreSubmitted")
    _, contract, order, state = client.heard("openOrder", lambda i, *_: i == order_id)
    assert (contract.conId, contract.multiplier) == (client.future.conId, "2")
    assert (order.lmtPrice, order.auxPrice) == (PRICE - 9.0, PRICE - 8.0)
    assert (order.ocaGroup, order.ocaType, order.tif, order.outsideRth) == ("x", 1, "GTC", True)
    assert (order.account, order.clientId, order.whatIf) == (ACCOUNT, 5, False)
    assert state.status == "PreSubmitted"
    client.reqAllOpenOrders()
    client.heard("openOrderEnd")
    client.cancelOrder(order_id, "")
    client.reaches(order_id, "Cancelled")
    assert client.error_of(202) == order_id


def bracket_and_trail_work(client):
    entry = client.place("LMT", "BUY", 1, lmtPrice=PRICE - 2.0, transmit=False)
    stop = client.place("STP", "SELL", 1, auxPrice=PRICE - 8.0, parentId=entry)
    client.reaches(entry, "Submitted")
    client.control.price(PRICE - 3.0)
    client.reaches(entry, "Filled")
    client.control.price(PRICE - 9.0)
    client.reaches(stop, "Filled")
    trail = client.place("TRAIL", "SELL", 1, auxPrice=5.0, trailStopPrice=PRICE - 20.0)
    client.reaches(trail, "PreSubmitted")
    _, _, order, _ = client.heard("openOrder", lambda i, *_: i == trail)
    assert (order.auxPrice, order.trailStopPrice) == (5.0, PRICE - 20.0)
    client.reqGlobalCancel()
    client.reaches(trail, "Cancelled")


def what_if_tells_margin(client):
    order_id = client.place("MKT", "BUY", 1, whatIf=True)
    _, _, order, state = client.heard("openOrder", lambda i, *_: i == order_id)
    assert order.whatIf
    assert float(state.initMarginChange) != 0.0
    assert state.commission > 0.0


def executions_and_completed_orders_are_listed(client):
    client.reqExecutions(60, ExecutionFilter())
    assert client.heard("execDetailsEnd") == (60,)
    listed = [
        execution for request_id, _, execution in client.all("execDetails") if request_id == 60
    ]
    assert "official" in {execution.orderRef for execution in listed}
    client.reqCompletedOrders(True)
    client.heard("completedOrdersEnd")
    done = {order.orderRef: (order, state) for _, order, state in client.all("completedOrder")}
    order, state = done["official"]
    assert (order.filledQuantity, state.status) == (Decimal(2), "Filled")
    assert state.completedTime


def refusals_have_their_codes(client):
    client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.1)
    client.error_of(110)
    client.control.set(n_rejects=1)
    client.place("MKT", "BUY", 1)
    client.error_of(201)
    client.cancelOrder(900_000, "")
    assert client.error_of(10147) == 900_000
    client.reqHistoricalData(70, client.future, "", "1 D", "7 mins", "TRADES", 0, 2, False, [])
    assert client.error_of(321) == 70
    client.reqMktDepth(71, client.future, 5, False, [])
    client.error_of(320)


def odd_frames_are_put_together(client):
    client.control.set(split_bytes=1, delay_seconds=0.02)
    client.told.clear()
    client.reqContractDetails(80, client.future)
    assert client.heard("contractDetailsEnd") == (80,)
    client.control.do("heal")


FLOWS = (
    version_is_the_highest_of_both,
    contract_details_are_whole,
    account_values_summary_and_pnl_are_told,
    history_ends_and_goes_on,
    prices_are_told,
    market_order_is_filled,
    open_order_is_decoded_whole,
    bracket_and_trail_work,
    what_if_tells_margin,
    executions_and_completed_orders_are_listed,
    refusals_have_their_codes,
    odd_frames_are_put_together,
)


def main(port, control_port):
    client = Client(port, control_port)
    for flow in FLOWS:
        error = ""
        try:
            flow(client)
        except Exception:
            error = last_lines()
        tell(flow.__name__, error)
    client.disconnect()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
