"""What others do in our account: their live orders and their fills, listed and never touched."""

from datetime import datetime

from trading.broker_events import CompletedOrderSeen, ExecutionSeen, OpenOrderSeen, OrderStatusSeen
from trading.order_events import HELD_STATUSES
from trading.order_life import split_exec_id


class ForeignOrders:
    """Orders without a ref of ours, by hand or by another program."""

    def __init__(self) -> None:
        self._orders: dict[int, tuple[OpenOrderSeen, datetime]] = {}
        self._fills: dict[str, datetime] = {}

    @property
    def orders(self) -> tuple[OpenOrderSeen, ...]:
        """Those that are live, by perm id, as they were told last."""
        return tuple(self._orders[perm_id][0] for perm_id in sorted(self._orders))

    def hear(self, event: OpenOrderSeen | ExecutionSeen, now: datetime) -> bool:
        """List an order, or note a fill; return whether it is a new one."""
        if isinstance(event, OpenOrderSeen):
            is_new = event.perm_id not in self._orders
            self._orders[event.perm_id] = (event, now)
            return is_new
        stem, _ = split_exec_id(event.exec_id)
        is_new = stem not in self._fills
        self._fills[stem] = event.time
        return is_new

    def hear_end(self, event: OrderStatusSeen | CompletedOrderSeen) -> None:
        """Take an order off the list if it is over."""
        if isinstance(event, CompletedOrderSeen) or event.status not in HELD_STATUSES:
            self._orders.pop(event.perm_id, None)

    def snapshot_ended(self, since: datetime) -> None:
        """Take off the list what a complete snapshot, begun then, did not tell of."""
        self._orders = {perm_id: told for perm_id, told in self._orders.items() if told[1] >= since}

    def forget(self, before: datetime) -> None:
        """Drop the fills of before."""
        self._fills = {stem: time for stem, time in self._fills.items() if time >= before}
