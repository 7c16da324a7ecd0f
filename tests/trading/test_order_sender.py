"""Between the decision to send and the wire: what waits is the newest word, and never too late."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from config.trading_settings import OrderTimers, PacingSettings
from tests.helpers.gateways import NOON
from trading.gateway import OrderToSend
from trading.order_sender import ChangedOrder, NewOrders, OrderSender
from trading.working_orders import WorkingOrders

STOP = OrderToSend(
    ref="bot/d1/stop/1",
    order_id=7,
    con_id=1,
    account="DU1",
    action="SELL",
    quantity=1,
    kind="STP",
    stop_price=19_950.0,
    tif="GTC",
)


@dataclass
class Wire:
    """A gateway that remembers what was sent."""

    sent: list = field(default_factory=list)

    def send(self, order):
        self.sent.append(order)


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def sender(wire):
    """Return a sender that has just sent a stop, and may send no more for two seconds."""
    orders = WorkingOrders("bot", 1, OrderTimers())
    orders.add(STOP, NOON)
    pacing = PacingSettings(messages_per_second=0.5, burst_messages=1, reserved_messages=0)
    sender = OrderSender(wire, orders, pacing, lambda heard: None)
    sender.put(NewOrders((STOP,)))
    sender.send_due(NOON)
    assert wire.sent == [STOP]
    return sender


def test_newer_change_of_an_order_takes_the_place_of_one_that_waits(sender, wire):
    old, new = replace(STOP, stop_price=19_951.0), replace(STOP, stop_price=19_952.0)
    for order in (old, new):
        sender.put(ChangedOrder(order))
        sender.send_due(NOON)
    sender.send_due(NOON + timedelta(seconds=10))
    assert wire.sent == [STOP, new]
    sender.send_due(NOON + timedelta(seconds=20))
    assert wire.sent == [STOP, new]


def test_orders_that_waited_as_the_line_broke_are_never_sent(sender, wire):
    entry = replace(STOP, ref="bot/d1/entry/1", order_id=8, kind="MKT", stop_price=None)
    sender._orders.add(entry, NOON)
    sender.put(NewOrders((entry,)))
    sender.drop()
    sender.send_due(NOON + timedelta(seconds=3))  # there is a token again, and it is not too old
    assert wire.sent == [STOP]


@pytest.mark.parametrize(("seconds", "is_sent"), [(4.9, True), (5.0, False)])
def test_intent_that_waited_too_long_is_not_sent(sender, wire, seconds, is_sent):
    entry = replace(STOP, ref="bot/d1/entry/1", order_id=8, kind="MKT", stop_price=None)
    sender._orders.add(entry, NOON)
    sender.put(NewOrders((entry,)))
    sender.send_due(NOON + timedelta(seconds=seconds))  # there is a token again after two
    assert wire.sent == [STOP, entry][: 1 + is_sent]
