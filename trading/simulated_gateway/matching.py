"""Which waiting orders an instant fills, and where: the kernel's own scalars, order by order.

At an open: market orders, then stops, stop-limits, limits, each in the order in which they came.
Within a range: whatever the kernel's path policy says is reached first, then what that fill brings.
An order that arrives while a price stands is offered that price as an open.
"""

import numpy as np

from env.kernel.exits import follow
from env.kernel.matching import (
    NO_FILL,
    fill_ticks_at_open,
    fill_ticks_in_range,
    first_touched,
    is_triggered_at_open,
)
from env.kernel.names import Birth, OrderKind
from env.kernel.types import ORDER_TICKET, Records, account_type
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.fill_desk import FillDesk
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.order_book import OrderBook
from trading.simulated_gateway.orders import TRIGGERED, BookOrder
from trading.simulated_gateway.settings import BrokerSettings
from trading.simulated_gateway.tape import Tape

AT_OPEN = (OrderKind.MARKET, OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.LIMIT)


class Matcher:
    """Holds waiting orders against what the market does."""

    def __init__(
        self,
        market: Market,
        book: OrderBook,
        desk: FillDesk,
        faults: Faults,
        settings: BrokerSettings,
    ):
        """Match the orders of a book."""
        self._market, self._book, self._desk, self._faults = market, book, desk, faults
        self._policy = int(settings.policy)
        self._through_ticks = settings.through_ticks
        costs = np.zeros(1, account_type(0)).view(np.recarray)[0].costs
        costs.slippage_ticks = settings.slippage_ticks
        costs.scale = 1.0
        costs.through_ticks = settings.through_ticks
        self._costs: np.record = costs

    def open(self, tape: Tape, bar: np.record) -> None:
        """Fill what a bar's open fills."""
        self._desk.birth = Birth.AT_OPEN
        for kind in AT_OPEN:
            for order in self._eligible(tape):
                if order.record.kind == kind and order.record.birth == Birth.RESTED:
                    self._offer(order, bar)
        for order in self._eligible(tape):
            if order.record.birth == Birth.RESTED:
                follow(order.record, bar.open)

    def range(self, tape: Tape, bar: np.record) -> None:
        """Fill what a bar's range reaches, one after the other, and what those fills bring."""
        self._desk.birth = Birth.INSIDE
        for _ in range(2 * len(self._book.live())):
            orders = self._eligible(tape)
            if not orders or not self._desk.is_filling():
                break
            order = self._first(orders, bar)
            if order is None:
                break
            if order.record.kind == OrderKind.STOP_LIMIT:
                self._make_limit(order, Birth.INSIDE)
                continue
            ticks = int(fill_ticks_in_range(order.record, bar, self._costs))
            self._desk.fill(order, ticks)
        self._desk.birth = Birth.AT_OPEN
        self._rest(tape, bar)

    def arrive(self, order: BookOrder) -> None:
        """Offer an order the price that stands, if one does."""
        tape = self._market.tape_of(order.listed)
        bar = None if tape is None else tape.standing_bar()
        if tape is None or bar is None or not order.is_working or not self._may_fill(order):
            return
        if tape.n_shown > 0 and tape.is_standing:
            order.record.birth = Birth.INSIDE  # a part of the bar was over before it came
        if order.record.birth == Birth.RESTED or tape.n_shown > 0:
            self._desk.start_trail(order, int(bar.open))
            self._offer(order, bar)
            follow(order.record, bar.open)
        if len(tape.bars) == 0:
            self.range(tape, bar)  # a price by hand: no range will follow for what it brought

    def offer_again(self) -> None:
        """Offer the standing price to all that waits."""
        for order in self._book.working():
            self.arrive(order)

    def _offer(self, order: BookOrder, bar: np.record) -> None:
        """Fill one order at the open, or make a limit of a stop-limit that the open triggers."""
        record = order.record
        if record.kind == OrderKind.STOP_LIMIT and is_triggered_at_open(record, bar):
            self._make_limit(order, Birth.RESTED)
        ticks = int(fill_ticks_at_open(record, bar, self._costs))
        if ticks != NO_FILL:
            self._desk.fill(order, ticks)

    def _make_limit(self, order: BookOrder, birth: Birth) -> None:
        """Let a triggered stop-limit rest as a limit."""
        order.record.kind, order.record.birth = OrderKind.LIMIT, birth
        self._desk.rest(order)
        self._desk.tell(order)

    def _first(self, orders: list[BookOrder], bar: np.record) -> BookOrder | None:
        """Return the order that the range reaches first, or None."""
        records: Records = np.zeros(len(orders), ORDER_TICKET)
        for k, order in enumerate(orders):
            records[k] = order.record
        slot, n_touched = first_touched(records, 0, bar, self._policy, self._through_ticks)
        return orders[slot] if n_touched else None

    def _rest(self, tape: Tape, bar: np.record) -> None:
        """Let trailing stops follow the bar that is over; all orders now rest."""
        for order in self._of_tape(tape):
            record = order.record
            extreme = bar.high if record.quantity < 0 else bar.low
            if self._may_fill(order):
                follow(record, bar.close if record.birth == Birth.INSIDE else extreme)
            record.birth = Birth.RESTED

    def _of_tape(self, tape: Tape) -> list[BookOrder]:
        """Return the working orders of a tape's contracts."""
        orders = self._book.working()
        return [order for order in orders if self._market.tape_of(order.listed) is tape]

    def _eligible(self, tape: Tape) -> list[BookOrder]:
        """Return those of them that the market may fill now."""
        return [order for order in self._of_tape(tape) if self._may_fill(order)]

    def _may_fill(self, order: BookOrder) -> bool:
        """Return whether the hours let an order trigger and fill."""
        if not self._desk.is_open(order):
            return False
        if not self._market.settings.is_by_calendar or order.request.is_outside_rth:
            return True
        hours = self._market.hours(order.listed.instrument.symbol)
        is_trigger = order.record.kind in (OrderKind.STOP, OrderKind.STOP_LIMIT)
        return not (order.kind in TRIGGERED and is_trigger) or hours.is_regular(
            self._market.event_time()
        )
