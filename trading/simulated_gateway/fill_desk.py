"""What a fill does to the account, its order, group and children; and who is told."""

from collections.abc import Callable
from itertools import count

from env.kernel.matching import protective_stop_ticks
from env.kernel.names import Birth, OrderKind
from env.kernel.types import NO_OFFSET
from trading.simulated_gateway.account import Account
from trading.simulated_gateway.events import CommissionReport, ErrorMessage
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.order_book import CANCELS, OrderBook
from trading.simulated_gateway.order_events import Fill, execution, open_order, order_status
from trading.simulated_gateway.order_types import OrderStatus, OrderType
from trading.simulated_gateway.orders import BookOrder
from trading.simulated_gateway.teller import Teller

CANCELLED = 202
PER_CENT = 100.0


class FillDesk:
    """Books fills, and what follows from them in the same instant.

    Attributes:
        fills: All executions, the oldest first.
        birth: What of the bar an order has seen that comes to work now: one of Birth.
        on_position: Called after a position has changed.
    """

    def __init__(
        self, market: Market, book: OrderBook, account: Account, teller: Teller, faults: Faults
    ):
        """Book into these."""
        self._market, self._book, self._account = market, book, account
        self._teller, self._faults = teller, faults
        self._numbers = count(1)
        self.fills: list[Fill] = []
        self.birth = Birth.AT_OPEN
        self.on_position: Callable[[BookOrder], None] = lambda order: None

    def is_filling(self) -> bool:
        """Whether the faults let anything be filled."""
        return not self._faults.is_not_filling or bool(self._faults.partial_fills)

    def fill(self, order: BookOrder, ticks: int) -> None:
        """Fill what is left of an order at a price, in as many parts as the faults say."""
        while not order.is_done:
            quantity = self._quantity(order)
            if quantity == 0:
                return
            self._execute(order, quantity, ticks)

    def cancel(self, order: BookOrder, reason: str, code: int | None = CANCELLED) -> None:
        """End an order and its children, and tell it; with `code` as an error too."""
        self.end(order, OrderStatus.CANCELLED, reason)
        if order.is_transmitted:
            self._teller.push_order(order.client_id, order_status(order))
            if code is not None:
                text = f"Order Canceled - reason:{reason}"
                error = ErrorMessage(request_id=order.request.order_id, code=code, text=text)
                self._teller.push_order(order.client_id, error)
        for child in self._book.children(order):
            self.cancel(child, "Parent order was canceled")

    def end(self, order: BookOrder, status: OrderStatus, reason: str) -> None:
        """Put an order into a state that it never leaves; tells nobody."""
        order.status, order.reason = status, reason
        order.completed = self._market.event_time()
        order.record.kind = OrderKind.NONE

    def tell(self, order: BookOrder) -> None:
        """Tell an order's state to whoever placed it."""
        if order.is_transmitted:
            self._teller.push_order(order.client_id, open_order(order))
            self._teller.push_order(order.client_id, order_status(order))

    def rest(self, order: BookOrder) -> None:
        """Let an order be in the state in which it waits."""
        tape = self._market.tape_of(order.listed)
        is_open = tape is not None and self.is_open(order)
        order.status = order.rest_status(is_open)

    def is_open(self, order: BookOrder) -> bool:
        """Return whether the market of an order is open."""
        if self._faults.is_market_open is not None:
            return self._faults.is_market_open
        if not self._market.settings.is_by_calendar:
            return True
        hours = self._market.hours(order.listed.instrument.symbol)
        return hours.is_open(self._market.event_time())

    def start_trail(self, order: BookOrder, ticks: int) -> None:
        """Give a trailing stop its distance and first trigger, as far as it was given none."""
        record, request = order.record, order.request
        if order.kind != OrderType.TRAIL or order.has_started:
            return
        order.has_started = True
        if record.trail_ticks == NO_OFFSET and request.trail_percent:
            record.trail_ticks = max(1.0, ticks * request.trail_percent / PER_CENT)
        if request.trail_stop_price is None:
            record.trigger_ticks = int(
                protective_stop_ticks(-order.side, float(ticks), float(record.trail_ticks))
            )

    def _quantity(self, order: BookOrder) -> int:
        """Return how many contracts fill now."""
        if self._faults.partial_fills:
            return min(order.remaining, self._faults.partial_fills.pop(0))
        return 0 if self._faults.is_not_filling else order.remaining

    def _execute(self, order: BookOrder, quantity: int, ticks: int) -> None:
        """Book one execution, tell it, and let all follow that follows."""
        order.note_fill(quantity, ticks)
        if order.kind in (OrderType.STOP, OrderType.TRAIL):
            order.record.kind = OrderKind.MARKET  # triggered: what is left does not wait again
        holding = self._account.holding(order.listed)
        receipt = holding.book(order.side * quantity, ticks)
        exec_id = f"0000e0d5.{next(self._numbers):08x}.01.01"
        time = self._market.event_time()
        fill = Fill(
            execution=execution(order, exec_id, time, quantity, self._account.name),
            commission=CommissionReport(
                exec_id=exec_id,
                commission_usd=round(receipt.fee_usd, 8),
                realised_usd=None
                if receipt.realised_usd is None
                else round(receipt.realised_usd, 8),
            ),
        )
        self.fills.append(fill)
        if order.remaining == 0:
            self.end(order, OrderStatus.FILLED, "Filled Size: " + str(order.filled))
        elif order.status == OrderStatus.PRE_SUBMITTED:
            order.status = OrderStatus.SUBMITTED
        self._teller.push_order(order.client_id, fill.execution)
        self.tell(order)
        self._teller.push_order(order.client_id, fill.commission)
        self.on_position(order)
        self._book.note_fill(order)
        self._touch_group(order, quantity)
        if order.status == OrderStatus.FILLED:
            self._wake_children(order, ticks)

    def _touch_group(self, order: BookOrder, quantity: int) -> None:
        """Cancel or reduce the others of an order's group."""
        for other, oca_type in list(self._book.group(order)):
            if oca_type == CANCELS or other.remaining <= quantity:
                self.cancel(other, "OCA group filled")
            else:
                other.reduce(quantity)
                self.tell(other)

    def _wake_children(self, order: BookOrder, ticks: int) -> None:
        """Let children work, now that their parent is completely filled."""
        for child in self._book.children(order):
            if self._faults.has_orphan_children:
                self._book.drop(child)
                continue
            child.record.birth = self.birth
            self.start_trail(child, ticks)
            self.rest(child)
            self.tell(child)
