"""What ends an order before it is filled: its client, a cancel of all, its session's end."""

from datetime import timedelta

from env.kernel.names import OrderKind
from trading.simulated_gateway.office import Office
from trading.simulated_gateway.order_events import order_status
from trading.simulated_gateway.order_types import OrderStatus
from trading.simulated_gateway.orders import BookOrder

NOT_CANCELLABLE = 161
NOT_FOUND = 10147
IS_OVER = 10148


class CancelDesk:
    """Cancels orders, and answers who asked."""

    def __init__(self, office: Office):
        """Open a desk."""
        self._office = office

    def cancel(self, client_id: int, order_id: int) -> None:
        """Cancel the oldest live order of an id, or say why not."""
        same = self._office.book.of_id(client_id, order_id)
        live = [order for order in same if not order.is_done]
        if live:
            self._ask_to_cancel(live[0])
        elif same:
            text = (
                f"OrderId {order_id} that needs to be cancelled can not be cancelled, "
                f"state: {same[-1].status}."
            )
            self._office.teller.refuse(client_id, order_id, IS_OVER, text)
        else:
            text = f"OrderId {order_id} that needs to be cancelled is not found."
            self._office.teller.refuse(client_id, order_id, NOT_FOUND, text)

    def cancel_all(self) -> None:
        """Cancel every order, whoever placed it."""
        for order in self._office.book.live():
            if not order.is_done and order.status != OrderStatus.PENDING_CANCEL:
                self._ask_to_cancel(order)

    def _ask_to_cancel(self, order: BookOrder) -> None:
        """Cancel a live order as the faults let it be cancelled."""
        office = self._office
        if not order.is_transmitted:
            return office.fills.cancel(order, "")
        if order.status == OrderStatus.PENDING_CANCEL:
            text = f"Cancel attempted when order is not in a cancellable state: {order.perm_id}"
            return office.teller.refuse(
                order.client_id, order.request.order_id, NOT_CANCELLABLE, text
            )
        if office.faults.is_mute_on_cancel:
            return
        ticks = office.margins.ticks(order.listed)
        if office.faults.is_filling_on_cancel and ticks is not None and not order.is_waiting:
            is_limit = order.record.kind == OrderKind.LIMIT
            office.fills.fill(order, int(order.record.limit_ticks) if is_limit else ticks)
        if order.is_done:
            return
        if office.faults.cancel_delay_seconds > 0.0:
            order.status = OrderStatus.PENDING_CANCEL
            office.teller.push_order(order.client_id, order_status(order))
            delay = timedelta(seconds=office.faults.cancel_delay_seconds)
            return office.later(delay, lambda: self._cancel_late(order))
        office.fills.cancel(order, "")

    def _cancel_late(self, order: BookOrder) -> None:
        if not order.is_done:
            self._office.fills.cancel(order, "")

    def expire(self) -> None:
        """End the DAY orders whose session is over."""
        now = self._office.market.event_time()
        for order in self._office.book.live():
            if not order.is_done and order.expires is not None and now >= order.expires:
                self._office.fills.cancel(order, "Order expired")
