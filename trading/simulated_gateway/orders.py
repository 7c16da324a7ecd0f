"""One order in the broker's book: what was asked for, how far it has come, what the kernel sees."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from env.kernel.names import Birth, OrderKind
from env.kernel.types import NO_OFFSET, ORDER_TICKET
from trading.simulated_gateway.contracts import Listed
from trading.simulated_gateway.order_types import OrderRequest, OrderStatus, OrderType

BUY = "BUY"
SELL = "SELL"

BY_HAND = -1
"""Client id of what was entered in TWS itself."""

KINDS = {
    OrderType.MARKET: OrderKind.MARKET,
    OrderType.LIMIT: OrderKind.LIMIT,
    OrderType.STOP: OrderKind.STOP,
    OrderType.STOP_LIMIT: OrderKind.STOP_LIMIT,
    OrderType.TRAIL: OrderKind.STOP,
}
"""What the kernel calls each."""

TRIGGERED = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAIL)
"""Kinds that wait for a trigger."""

DONE = (OrderStatus.CANCELLED, OrderStatus.FILLED, OrderStatus.INACTIVE)
"""States that an order never leaves."""


def _new_record() -> np.record:
    record: np.record = np.zeros(1, ORDER_TICKET).view(np.recarray)[0]
    return record


@dataclass(slots=True, kw_only=True, eq=False)
class BookOrder:
    """An order that the broker holds, or held.

    Attributes:
        request: As it was sent last; its quantity shrinks where a group reduces it.
        client_id: Who placed it.
        perm_id: The broker's number.
        listed: What it trades.
        parent: The order whose complete fill makes it work.
        record: What the kernel matches: signed contracts that are left, prices in ticks.
        status: As IB spells it.
        has_tif: Whether the client gave a time in force; without, the broker says which it set.
        has_started: Whether a trailing stop has its trigger.
        is_transmitted: Whether the broker works it; until then nobody hears of it.
        filled: Contracts so far.
        filled_ticks: Sum of contracts x price in ticks.
        last_ticks: Price of the last fill, ticks.
        expires: When a DAY order ends; None: never.
        completed: When it was over.
        reason: Why it was over, for people.
    """

    request: OrderRequest
    client_id: int
    perm_id: int
    listed: Listed
    parent: "BookOrder | None" = None
    record: np.record = field(default_factory=_new_record)
    status: OrderStatus = OrderStatus.PENDING_SUBMIT
    has_tif: bool = True
    has_started: bool = False
    is_transmitted: bool = False
    filled: int = 0
    filled_ticks: int = 0
    last_ticks: int = 0
    expires: datetime | None = None
    completed: datetime | None = None
    reason: str = ""

    @property
    def kind(self) -> OrderType:
        """What was asked for; intake has refused everything else."""
        return OrderType(self.request.kind)

    @property
    def side(self) -> int:
        """1 buys, -1 sells."""
        return 1 if self.request.action == BUY else -1

    @property
    def remaining(self) -> int:
        """Contracts that are left."""
        return self.request.quantity - self.filled

    @property
    def is_done(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.status in DONE

    @property
    def is_waiting(self) -> bool:
        """Whether its parent is not completely filled."""
        return self.parent is not None and self.parent.status != OrderStatus.FILLED

    @property
    def is_working(self) -> bool:
        """Whether the market may fill it."""
        return self.is_transmitted and not self.is_done and not self.is_waiting

    @property
    def average_price(self) -> float:
        """Of what has filled, points; 0 before."""
        if self.filled == 0:
            return 0.0
        return self.filled_ticks * self.listed.instrument.tick_size / self.filled

    @property
    def last_price(self) -> float:
        """Of the last fill, points; 0 before."""
        return float(self.listed.instrument.to_prices(self.last_ticks))

    @property
    def why_held(self) -> str:
        """What it waits for, as IB spells it."""
        held = ["child"] if self.is_waiting else []
        if self.record.kind in (OrderKind.STOP, OrderKind.STOP_LIMIT):
            held.append("trigger")
        return ",".join(held)

    def rest_status(self, is_open: bool) -> OrderStatus:
        """Return the state of an order that waits in the book."""
        if (
            self.is_waiting
            or not is_open
            or self.record.kind
            in (
                OrderKind.STOP,
                OrderKind.STOP_LIMIT,
            )
        ):
            return OrderStatus.PRE_SUBMITTED
        return OrderStatus.SUBMITTED

    def write_record(self) -> None:
        """Write what was asked for where the kernel looks; a trail without a start has none yet."""
        request, record, to_ticks = self.request, self.record, self.listed.instrument.to_ticks
        record.kind = KINDS[self.kind]
        record.quantity = self.side * self.remaining
        record.birth = Birth.RESTED
        record.id = self.perm_id % 2**31
        record.trail_ticks = NO_OFFSET
        self.has_started = False
        if request.limit_price is not None:
            record.limit_ticks = int(to_ticks(request.limit_price))
        if self.kind == OrderType.TRAIL:
            if request.aux_price:
                record.trail_ticks = request.aux_price / self.listed.instrument.tick_size
            if request.trail_stop_price is not None:
                record.trigger_ticks = int(to_ticks(request.trail_stop_price))
        elif request.aux_price is not None:
            record.trigger_ticks = int(to_ticks(request.aux_price))

    def note_fill(self, quantity: int, ticks: int) -> None:
        """Count `quantity` contracts as filled."""
        self.filled += quantity
        self.filled_ticks += quantity * ticks
        self.last_ticks = ticks
        self.record.quantity = self.side * self.remaining

    def reduce(self, quantity: int) -> None:
        """Take contracts off what is left."""
        self.request = replace(self.request, quantity=self.request.quantity - quantity)
        self.record.quantity = self.side * self.remaining
