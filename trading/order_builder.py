"""Orders as they will lie on the wire, and the intents that are written before: no decisions.

A bracket is transmitted with its last leg. Exits are good till cancelled, work outside regular
hours and belong to a group of which one fills; the group has the name of the order that founds it.
"""

import math
from dataclasses import dataclass

from config.instrument_type import Instrument
from env.kernel.matching import protective_stop_ticks, target_limit_ticks
from trading.booked_order import BookedOrder
from trading.gateway import OrderToSend
from trading.journal_events import Intent
from trading.order_identity import OrderRef, Role, parse_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTerms:
    """What a decision wants of the position.

    Attributes:
        decision_id: Its name, see trading/order_identity.py.
        target: Signed contracts, not 0.
        stop: Points; where the position is given up. Off the grid, it loses less.
        target_price: Points; where its profit is taken, or None.
    """

    decision_id: str
    target: int
    stop: float
    target_price: float | None = None


def on_grid(terms: EntryTerms, instrument: Instrument) -> EntryTerms:
    """Return the terms with their prices on the tick grid; what is no number stays as it is."""
    side = 1 if terms.target > 0 else -1
    stop, price = terms.stop, terms.target_price
    if math.isfinite(stop):
        ticks = protective_stop_ticks(side, stop / instrument.tick_size, 0.0)
        stop = float(instrument.to_prices(int(ticks)))
    if price is not None and math.isfinite(price):
        ticks = target_limit_ticks(side, price / instrument.tick_size, 0.0)
        price = float(instrument.to_prices(int(ticks)))
    return EntryTerms(
        decision_id=terms.decision_id, target=terms.target, stop=stop, target_price=price
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketNames:
    """The names and numbers of a bracket's legs: entry, stop, and target where it has one.

    Attributes:
        refs: One per leg.
        order_ids: Likewise.
        entry_group: The group that the entry joins, since it closes a position too; or "".
        exit_group: That of the position to come; "" founds one.
    """

    refs: tuple[OrderRef, ...]
    order_ids: tuple[int, ...]
    entry_group: str = ""
    exit_group: str = ""


def bracket(
    terms: EntryTerms, quantity: int, names: BracketNames, con_id: int, account: str
) -> tuple[OrderToSend, ...]:
    """Return an entry at the market with its stop, and its target where it has one.

    Args:
        terms: Prices on the grid.
        quantity: Signed contracts of the entry; of a reversal, the old position and the new one.
        names: What the legs are called.
        con_id: What to trade.
        account: Where.
    """
    entry = OrderToSend(
        ref=str(names.refs[0]),
        order_id=names.order_ids[0],
        con_id=con_id,
        account=account,
        action=action_of(quantity),
        quantity=abs(quantity),
        kind="MKT",
        oca_group=names.entry_group,
        should_transmit=False,
    )
    prices = [(terms.stop, True)]
    if terms.target_price is not None:
        prices.append((terms.target_price, False))
    group = names.exit_group or str(names.refs[1])
    legs = [
        OrderToSend(
            ref=str(names.refs[number]),
            order_id=names.order_ids[number],
            con_id=con_id,
            account=account,
            action=action_of(-terms.target),
            quantity=abs(terms.target),
            kind="STP" if is_stop else "LMT",
            limit_price=None if is_stop else price,
            stop_price=price if is_stop else None,
            tif="GTC",
            oca_group=group,
            parent_id=entry.order_id,
            should_transmit=number == len(prices),
        )
        for number, (price, is_stop) in enumerate(prices, start=1)
    ]
    return entry, *legs


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitTerms:
    """An order that closes or protects.

    Attributes:
        role: What for.
        quantity: Signed contracts.
        stop: Points; trigger of a stop.
        limit: Points; of a target.
        oca_group: That it joins; "" founds one.
    """

    role: Role
    quantity: int
    stop: float | None = None
    limit: float | None = None
    oca_group: str = ""

    @property
    def kind(self) -> str:
        """As IB spells it."""
        if self.stop is not None:
            return "STP"
        return "MKT" if self.limit is None else "LMT"


def exit_order(
    terms: ExitTerms, ref: OrderRef, order_id: int, con_id: int, account: str
) -> OrderToSend:
    """Return an order that closes or protects, transmitted at once."""
    return OrderToSend(
        ref=str(ref),
        order_id=order_id,
        con_id=con_id,
        account=account,
        action=action_of(terms.quantity),
        quantity=abs(terms.quantity),
        kind=terms.kind,
        limit_price=terms.limit,
        stop_price=terms.stop,
        tif="DAY" if terms.kind == "MKT" else "GTC",
        oca_group=terms.oca_group or str(ref),
    )


def changed(booked: BookedOrder, quantity: int, price: float, order_id: int) -> OrderToSend:
    """Return an order of the broker's with another size in all, and another price.

    All else is as it is there: the broker refuses a change of anything more.
    """
    order, seen = booked.order, booked.seen
    is_stop = order.stop_price is not None
    return OrderToSend(
        ref=order.ref,
        order_id=order_id,
        con_id=order.con_id,
        account=order.account,
        action=order.action,
        quantity=quantity,
        kind=order.kind,
        limit_price=order.limit_price if is_stop else price,
        stop_price=price if is_stop else None,
        tif=order.tif,
        oca_group=order.oca_group,
        parent_id=order.parent_id if seen is None else seen.parent_id,
        is_outside_rth=order.is_outside_rth,
    )


def intent_of(order: OrderToSend, bot: str, parent_ref: str = "") -> Intent:
    """Return what is written of an order before it is sent."""
    name = parse_ref(order.ref, bot)
    assert name is not None, "we name our own orders"
    return Intent(
        ref=order.ref,
        decision_id=name.decision,
        role=name.role.value,
        n=name.n,
        is_opening=name.role is Role.ENTRY,
        con_id=order.con_id,
        account=order.account,
        side=order.action,
        quantity=order.quantity,
        kind=order.kind,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        tif=order.tif,
        oca_group=order.oca_group,
        parent_ref=parent_ref,
        order_id=order.order_id,
    )


def action_of(quantity: int) -> str:
    """Return the side of signed contracts, as IB spells it."""
    return "BUY" if quantity > 0 else "SELL"
