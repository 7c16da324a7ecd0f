"""What stands between the decision to send an order and the wire: lanes, rate, too late.

Nothing here is written down: who puts a message has done so before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.trading_settings import PacingSettings
from trading.gateway import Gateway, OrderToSend
from trading.order_events import Cancelling
from trading.order_transitions import OrderState
from trading.pacing import Lane, MessagePacer
from trading.working_orders import Heard, WorkingOrders
from utils.errors import TemporaryGatewayError
from utils.logger import get_logger

_LOG = get_logger("orders")


@dataclass(frozen=True, slots=True)
class NewOrders:
    """Orders that go out together or not at all; the last one of a bracket transmits it."""

    orders: tuple[OrderToSend, ...]


@dataclass(frozen=True, slots=True)
class ChangedOrder:
    """An order that the broker has, in new terms."""

    order: OrderToSend


@dataclass(frozen=True, slots=True)
class CancelledOrder:
    """An order of the book that is to be cancelled."""

    key: str


Message = NewOrders | ChangedOrder | CancelledOrder


class OrderSender:
    """Sends what its lanes hold, as fast as it may.

    A bracket counts as one message: half of one must not wait.
    """

    def __init__(
        self,
        gateway: Gateway,
        orders: WorkingOrders,
        settings: PacingSettings,
        tell: Callable[[Heard], None],
    ) -> None:
        """Send nothing yet.

        Args:
            gateway: Where to.
            orders: The book, which notes what goes out.
            settings: How fast.
            tell: Hears what sending has made of each order.
        """
        self._gateway = gateway
        self._orders = orders
        self._tell = tell
        self._pacer: MessagePacer[Message] = MessagePacer(settings)

    def put(self, message: Message) -> None:
        """Queue a message in its lane; a change takes the place of one of the same order."""
        match message:
            case CancelledOrder():
                self._pacer.put(Lane.CANCEL, message)
            case ChangedOrder():
                ref = message.order.ref
                self._pacer.put(Lane.ORDER, message, lambda waiting: _is_change_of(waiting, ref))
            case NewOrders():
                self._pacer.put(Lane.ORDER, message)

    def drop(self) -> None:
        """Forget what was not sent: the line is down, and it would be old when it is up."""
        self._pacer.drop()

    def send_due(self, now: datetime) -> None:
        """Send what may go out now; what the line does not take was never sent."""
        for message in self._pacer.due(now):
            try:
                self._send(message, now)
            except TemporaryGatewayError as error:
                _LOG.warning("not sent: %s", error)

    def seconds_until_due(self, now: datetime) -> float | None:
        """Return how long the first message has to wait; None where none waits."""
        return self._pacer.seconds_until_due(now)

    def _send(self, message: Message, now: datetime) -> None:
        match message:
            case NewOrders():
                self._send_new(message, now)
            case ChangedOrder():
                self._change(message.order, now)
            case CancelledOrder():
                self._cancel(message.key, now)

    def _send_new(self, message: NewOrders, now: datetime) -> None:
        """Send orders that are still intents, and not too old."""
        lives = [self._orders.orders[order.ref].life for order in message.orders]
        is_late = any(life.deadline is not None and now >= life.deadline for life in lives)
        if is_late or any(life.state is not OrderState.INTENT for life in lives):
            _LOG.warning("not sent, too late: %s", message.orders[0].ref)
            return
        for order in message.orders:
            self._put_on_the_wire(order, now)

    def _change(self, order: OrderToSend, now: datetime) -> None:
        """Send a change, unless its order is over by now or about to be: it may have waited."""
        booked = self._orders.orders[order.ref]
        if booked.is_live and not booked.life.is_cancelling:
            self._put_on_the_wire(order, now)

    def _put_on_the_wire(self, order: OrderToSend, now: datetime) -> None:
        self._gateway.send(order)
        self._tell(self._orders.change(order, now))

    def _cancel(self, key: str, now: datetime) -> None:
        booked = self._orders.orders.get(key)
        if booked is None or not booked.is_live or booked.order_id is None:
            return
        self._gateway.cancel(booked.order_id)
        self._tell(self._orders.do(key, Cancelling(), now))


def _is_change_of(waiting: Message, ref: str) -> bool:
    return isinstance(waiting, ChangedOrder) and waiting.order.ref == ref
