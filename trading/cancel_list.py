"""Orders that are to be cancelled, until the broker says that they are over."""

from datetime import datetime

from config.trading_settings import OrderTimers
from trading.order_sender import CancelledOrder, OrderSender
from trading.order_transitions import OrderState
from trading.working_orders import WorkingOrders


class CancelList:
    """Asks for cancels, and asks again where no answer comes.

    Nothing is taken for cancelled here: an order leaves the list when the book has it as over.
    """

    def __init__(self, orders: WorkingOrders, sender: OrderSender, timers: OrderTimers) -> None:
        self._orders = orders
        self._sender = sender
        self._timers = timers
        self._asked: dict[str, datetime | None] = {}

    def add(self, key: str) -> None:
        """Have an order of the book cancelled."""
        self._asked.setdefault(key, None)

    def send(self, now: datetime) -> bool:
        """Ask for what is due; return whether the number of one of them has to be learnt first."""
        is_number_missing = False
        for key, asked in list(self._asked.items()):
            booked = self._orders.orders.get(key)
            if booked is None or not booked.is_live:
                del self._asked[key]
            elif booked.order_id is None:
                is_number_missing |= booked.life.state is not OrderState.INTENT
            elif asked is None or (now - asked).total_seconds() >= self._timers.cancel_seconds:
                self._asked[key] = now
                self._sender.put(CancelledOrder(key))
        return is_number_missing
