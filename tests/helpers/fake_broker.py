"""A broker of the simulated gateway without books: it writes down what it is asked, and answers."""

from datetime import UTC, datetime, timedelta

from trading.simulated_gateway import events, requests
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.order_types import WireContract

ACCOUNT = "DU1000001"
NOW = datetime(2024, 3, 5, 15, 30, 7, tzinfo=UTC)
CONTRACT = WireContract(
    con_id=620730920,
    symbol="MNQ",
    sec_type="FUT",
    expiry="20240315",
    multiplier="2",
    exchange="CME",
    currency="USD",
    local_symbol="MNQH4",
    trading_class="MNQ",
)


class FakeBroker:
    """Answers what a client needs to connect; everything else as told in `answers`.

    Attributes:
        asked: Client id and request of all that was asked, in order.
        answers: Kind of request -> the events that answer it.
        calls: Names and arguments of what was done by hand.
    """

    def __init__(self):
        self.deliver = lambda client_id, event: None
        self.faults = Faults()
        self.asked = []
        self.calls = []
        self.present = []
        self.n_pulses = 0
        self.answers = {
            requests.AskAccounts: (events.ManagedAccounts(accounts=ACCOUNT),),
            requests.AskIds: (events.NextValidId(order_id=7),),
            requests.AskTime: (events.CurrentTime(time=NOW),),
            requests.AskPositions: (events.End(of="positions"),),
            requests.AskOpenOrders: (events.End(of="open_orders"),),
            requests.AskCompletedOrders: (events.End(of="completed_orders"),),
            requests.AskAccountUpdates: (events.End(of="account", account=ACCOUNT),),
        }

    def connect(self, client_id):
        self.present.append(client_id)
        self.handle(client_id, requests.AskAccounts())
        self.handle(client_id, requests.AskIds())

    def disconnect(self, client_id):
        self.present.remove(client_id)

    def handle(self, client_id, request):
        self.asked.append((client_id, request))
        for event in self._answers_to(request):
            self.deliver(client_id, event)

    def _answers_to(self, request):
        if isinstance(request, requests.AskAccountUpdatesMulti):
            return (events.End(of="account_multi", request_id=request.request_id),)
        if isinstance(request, requests.AskExecutions):
            return (events.End(of="executions", request_id=request.request_id),)
        return self.answers.get(type(request), ())

    def now(self):
        return NOW + timedelta(minutes=min(2, self.calls.count(("step",))))

    def step(self):
        self.calls.append(("step",))

    def pulse(self):
        self.n_pulses += 1

    def seconds_to_next(self):
        return None

    def state(self):
        return {"positions": {}, "calls": len(self.calls)}

    def manual(self, side, quantity, con_id=None):
        self.calls.append(("manual", side, quantity, con_id))

    def drop_order(self, perm_id):
        self.calls.append(("drop_order", perm_id))

    def set_price(self, points, con_id=None):
        self.calls.append(("set_price", points, con_id))

    def set_front(self, code):
        self.calls.append(("set_front", code))

    def release(self):
        self.calls.append(("release",))

    def lose(self):
        self.calls.append(("lose",))

    def restore(self, is_data_lost):
        self.calls.append(("restore", is_data_lost))

    def error(self, code, text, request_id):
        self.calls.append(("error", code, text, request_id))
