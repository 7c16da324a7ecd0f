"""An order as the book has it: what we sent, what became of it, and how the broker holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trading.broker_events import ExecutionSeen, OpenOrderSeen
from trading.gateway import OrderToSend
from trading.order_identity import OrderRef
from trading.order_life import OrderLife
from trading.order_transitions import MAY_FILL
from trading.worst_case import MayFill

BUY = "BUY"
BOUGHT = frozenset({"BOT", "BUY"})
"""How an execution spells a purchase; all else is a sale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedOrder:
    """One order of ours.

    Attributes:
        name: Its ref, taken apart.
        order: As we sent it last, or, of a second order under one ref, as the broker told it.
        parent_ref: Ref of the entry that it protects, or "".
        life: What became of it.
        seen: The last openOrder of it; None before one came.
        seen_at: When that was.
        order_id: Its number in this session; None where the broker has not told it in this one.
        is_extra: Whether it is a second live order under a ref of ours, which only a fault makes.
    """

    name: OrderRef
    order: OrderToSend
    life: OrderLife
    parent_ref: str = ""
    seen: OpenOrderSeen | None = None
    seen_at: datetime | None = None
    order_id: int | None = None
    is_extra: bool = False

    @property
    def side(self) -> int:
        """1 buys, -1 sells."""
        return 1 if self.order.action == BUY else -1

    @property
    def is_live(self) -> bool:
        """Whether it may still fill; also an intent, which may be on its way."""
        return self.life.state in MAY_FILL

    @property
    def is_unfinished(self) -> bool:
        """Whether it may still fill, a fill of it was not seen, or an answer is waited for."""
        life = self.life
        return self.is_live or life.deadline is not None or life.missing_executions > 0

    def may_fill(self, parent_left: int) -> MayFill:
        """Return the order as far as it may still fill."""
        return MayFill(
            quantity=self.side * self.life.may_still_fill,
            is_opening=self.life.is_opening,
            oca_group=self.order.oca_group,
            parent_left=parent_left,
            is_certain=not self.is_live,
        )


def as_sent(event: OpenOrderSeen | ExecutionSeen) -> OrderToSend:
    """Return an order that only the broker told of, in the words in which we send one.

    Of an order that is known by a fill alone, the size is that of the fill, and its kind unknown:
    it is taken for a market order.
    """
    if isinstance(event, ExecutionSeen):
        return OrderToSend(
            ref=event.order_ref,
            order_id=event.order_id,
            con_id=event.con_id,
            account=event.account,
            action=BUY if event.side in BOUGHT else "SELL",
            quantity=event.quantity,
            kind="MKT",
        )
    return OrderToSend(
        ref=event.order_ref,
        order_id=event.order_id,
        con_id=event.con_id,
        account=event.account,
        action=event.action,
        quantity=event.quantity,
        kind=event.kind,
        limit_price=event.limit_price,
        stop_price=event.aux_price if event.kind.startswith("STP") else None,
        tif=event.tif,
        oca_group=event.oca_group,
        parent_id=event.parent_id,
    )


def fillable(unfinished: Mapping[str, BookedOrder], con_id: int) -> tuple[MayFill, ...]:
    """Return all that may still fill in a contract, as far as each may.

    Args:
        unfinished: By ref, all orders to which something may still happen.
        con_id: The contract.
    """
    left = {ref: booked.life.may_still_fill for ref, booked in unfinished.items()}
    return tuple(
        booked.may_fill(left.get(booked.parent_ref, 0))
        for ref, booked in unfinished.items()
        if booked.order.con_id == con_id and left[ref]
    )
