"""All that a trader knows of its account: orders, own fills, numbers, the broker's positions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from config.instrument_type import Instrument
from trading.booked_order import BookedOrder
from trading.order_identity import STOPS, OrderRef, Role, first_order_id
from trading.order_transitions import OVER, OrderState
from trading.own_position import OwnFills
from trading.stranger_fills import StrangerFills
from trading.working_orders import WorkingOrders
from utils.errors import SimulationError, TemporaryGatewayError

NO_DECISION = "none"
"""What orders follow from that no decision asked for."""


@dataclass(slots=True, kw_only=True)
class TraderBooks:
    """What is known, of one account and one pinned contract.

    Attributes:
        account: Where all orders go; not in the repr.
        con_id: The contract that is traded.
        instrument: What it is.
        orders: All orders of ours.
        fills: All our fills.
        highest_order_id: The largest id that we ever gave an order; None before any.
        next_valid_id: What the broker offered in this session; None before it did.
        told_positions: Contracts by con id, as the broker told them in the last list that came in
            full, and since. While the next one comes, nothing is missing from it.
        strangers: What others have traded in the account.
    """

    account: str = field(repr=False)
    con_id: int
    instrument: Instrument
    orders: WorkingOrders
    fills: OwnFills
    highest_order_id: int | None = None
    next_valid_id: int | None = None
    told_positions: dict[int, int] = field(default_factory=dict)
    strangers: StrangerFills = field(default_factory=StrangerFills)
    _list: dict[int, int] = field(default_factory=dict)

    @property
    def position(self) -> int:
        """Signed contracts of the pinned contract, by our own fills."""
        return self.fills.holding(self.con_id).position

    @property
    def told_position(self) -> int:
        """Signed contracts of the pinned contract, by the broker's list."""
        return self.told_positions.get(self.con_id, 0)

    @property
    def expected_position(self) -> int:
        """Our position once all is told that exits are said to have filled."""
        return self.position + sum(
            one.side * one.life.missing_executions
            for one in self._unfinished()
            if not one.life.is_opening
        )

    @property
    def guarded_position(self) -> int:
        """What of that is there to be protected, where others have traded too.

        Where they have closed some of it, as their own fills and the broker's list both say, a
        stop for that could only open.
        """
        ours, told = self.expected_position, self.told_position
        is_explained = ours + self.strangers.position(self.con_id) == told
        if not is_explained or (abs(told) >= abs(ours) and told * ours > 0):
            return ours
        return told if told * ours > 0 else 0

    @property
    def last_entry(self) -> BookedOrder | None:
        """The newest entry of the pinned contract."""
        entries = self._of(lambda one: one.name.role is Role.ENTRY and not one.is_extra)
        return max(entries, key=lambda one: one.life.created, default=None)

    @property
    def decision(self) -> str:
        """What the position follows from, as far as we know."""
        entry = self.last_entry
        return NO_DECISION if entry is None else entry.name.decision

    def take_order_ids(self, count: int) -> tuple[int, ...]:
        """Return numbers that no order has had; the caller writes the highest down first.

        Raises:
            TemporaryGatewayError: If the broker has offered none in this session.
        """
        if self.next_valid_id is None:
            raise TemporaryGatewayError("the broker has not told its next order id")
        first = first_order_id(self.next_valid_id, self.highest_order_id)
        self.highest_order_id = first + count - 1
        return tuple(range(first, first + count))

    def begin_positions(self) -> None:
        """Note that the broker is asked for all positions: what was told before is no answer."""
        self._list = {}

    def hear_position(self, con_id: int, position: int) -> None:
        """Take note of a position that the broker tells, asked or not."""
        self.told_positions[con_id] = self._list[con_id] = position

    def end_positions(self) -> None:
        """Note that the list has come in full: what is not in it is not held."""
        self.told_positions = dict(self._list)

    def pin(self, con_id: int) -> None:
        """Trade another contract of the same product from now on.

        Raises:
            SimulationError: If there is a position in the one that was traded.
        """
        if self.position:
            raise SimulationError(f"contract {self.con_id} cannot be left: {self.position:+d} held")
        self.con_id = con_id
        self.fills.know(con_id, self.instrument)

    def next_ref(self, role: Role, decision: str, highest_written: int = 0) -> OrderRef:
        """Return a name that the book does not have.

        Args:
            role: What for.
            decision: What it follows from.
            highest_written: Of these, the highest number that the journal has: the book forgets.
        """
        if role is Role.ENTRY:
            return OrderRef(bot=self.orders.bot, decision=decision, role=role, n=1)
        used = [
            booked.name.n
            for booked in self.orders.orders.values()
            if booked.name.role is role and booked.name.decision == decision
        ]
        used.append(highest_written)
        return OrderRef(bot=self.orders.bot, decision=decision, role=role, n=max(used) + 1)

    def live_of(self, *roles: Role) -> list[BookedOrder]:
        """Return the live orders of these roles in the pinned contract, extras left out."""
        live = self._live()
        return [one for one in live if one.name.role in roles and not one.is_extra]

    def live_entries(self) -> list[BookedOrder]:
        """Return the entries that may still fill, extras included."""
        return [one for one in self._live() if one.name.role is Role.ENTRY]

    def exit_group(self) -> str:
        """Return the OCA group that closes the position; "" where no live exit has one.

        A child whose entry still fills founds the group of the position to come, and is asked last.
        """
        exits = [one for one in self.live_of(*_EXITS) if one.order.oca_group]
        closing = [one for one in exits if one.side * self.position < 0]
        awake = [one for one in closing if not self._is_dormant(one)]
        found = awake or closing
        return found[-1].order.oca_group if found else ""

    def superfluous(self) -> list[str]:
        """Return the keys of live orders that must not be there.

        Second orders under one ref, and children whose entry has ended unfilled: the broker cancels
        these itself, if it has them.
        """
        orders = self.orders.orders
        return [
            key
            for key, booked in self.orders.unfinished.items()
            if booked.is_live
            and (booked.order.ref in orders if booked.is_extra else self._is_orphan(booked))
        ]

    def guards_more(self, booked: BookedOrder) -> bool:
        """Return whether an order closes a position of the broker's list that our fills lack.

        Until the two agree it may be all that protects it.
        """
        told = self.told_position
        return abs(told) > abs(self.position) and booked.side * told < 0

    def exits_outside(self, group: str) -> list[str]:
        """Return the keys of the live exits that another group, or none, holds together."""
        exits = self.live_of(*_EXITS)
        return [one.order.ref for one in exits if one.order.oca_group != group]

    def decided_stop(self) -> float | None:
        """Return the trigger, points, that was decided on for the position as it is; None if none.

        That of the newest stop against it which is live, or came with an entry that is part of it:
        those of trades that are over say nothing, wherever the market is now.
        """
        position, trade = self.position, self.fills.open_trade(self.con_id)
        stops = self._of(lambda one: one.name.role in STOPS and one.side * position < 0)
        known = [one for one in stops if one.is_live or self._is_part(one.parent_ref, trade)]
        newest = max(known, key=lambda one: one.life.created, default=None)
        return None if newest is None else newest.order.stop_price

    def entries_since(self, time: datetime) -> int:
        """Return how many entries went on the wire at a time or later, in whatever contract."""
        return sum(
            one.name.role is Role.ENTRY and one.life.sent is not None and one.life.sent >= time
            for one in self.orders.orders.values()
        )

    def rejected_stops(self, since: datetime) -> int:
        """Return how many stops were rejected of those that were decided at a time or later."""
        return len(
            self._of(
                lambda one: (
                    one.name.role in STOPS
                    and one.life.state is OrderState.REJECTED
                    and one.life.created >= since
                )
            )
        )

    def in_vain(self, role: Role, since: datetime) -> list[BookedOrder]:
        """Return the orders of a role, decided at a time or later, that ended and left a rest."""
        return self._of(
            lambda one: (
                one.name.role is role
                and one.life.state in _IN_VAIN
                and one.life.executed < one.life.quantity
                and one.life.created >= since
            )
        )

    def untold_fills(self) -> list[BookedOrder]:
        """Return the orders that have filled further than their executions show."""
        return [one for one in self._unfinished() if one.life.missing_executions > 0]

    def decided_since(self, role: Role, time: datetime) -> int:
        """Return how many orders of a role were decided at a time or later."""
        return len(self._of(lambda one: one.name.role is role and one.life.created >= time))

    def settle(self) -> list[BookedOrder]:
        """Expect no fill that is said and not told, nor explain anything by what others did.

        The broker's count of the contract was taken for ours, with all that had happened.

        Returns:
            The orders that this concerns, as they are now.
        """
        self.strangers.settle(self.con_id)
        unfinished = list(self.orders.unfinished.items())
        return [
            self.orders.settle(key)
            for key, one in unfinished
            if one.order.con_id == self.con_id and one.life.missing_executions
        ]

    def _is_part(self, ref: str, trade: frozenset[str]) -> bool:
        """Return whether an order was filled in a trade."""
        booked = self.orders.orders.get(ref)
        return booked is not None and not trade.isdisjoint(booked.life.fills)

    def _is_orphan(self, booked: BookedOrder) -> bool:
        parent = self.orders.orders.get(booked.parent_ref)
        if parent is None or parent.life.may_still_fill:
            return False
        return parent.life.executed < parent.life.quantity

    def _is_dormant(self, booked: BookedOrder) -> bool:
        parent = self.orders.orders.get(booked.parent_ref)
        return parent is not None and parent.life.may_still_fill > 0

    def _unfinished(self) -> list[BookedOrder]:
        """Return the orders of the pinned contract to which something may still happen."""
        orders = self.orders.unfinished.values()
        return [one for one in orders if one.order.con_id == self.con_id]

    def _live(self) -> list[BookedOrder]:
        """Return the live orders of the pinned contract."""
        return [one for one in self.orders.live() if one.order.con_id == self.con_id]

    def _of(self, is_wanted: Callable[[BookedOrder], bool]) -> list[BookedOrder]:
        orders = self.orders.orders.values()
        return [one for one in orders if one.order.con_id == self.con_id and is_wanted(one)]


_IN_VAIN = OVER - {OrderState.FILLED}
_EXITS = tuple(role for role in Role if role is not Role.ENTRY)
