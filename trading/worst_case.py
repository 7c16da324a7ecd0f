"""The worst position that an account may come to with the orders that may still fill.

Any of them may fill or not, in any order, with two exceptions that the broker sees to: orders of
one OCA group cancel each other, so a group counts as much as its largest member; and a child works
once its parent is filled, so it counts as far as it is larger than what its parent still lacks.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MayFill:
    """An order, as far as it may still fill.

    Attributes:
        quantity: Signed contracts: positive buys.
        is_opening: Whether it is an entry.
        oca_group: Orders of one name cancel each other; "" stands alone.
        parent_left: Contracts, >= 0, that its parent may still fill; 0 where it has none.
        is_certain: Whether it has filled, and its executions alone are not told: no group takes
            that back.
    """

    quantity: int
    is_opening: bool
    oca_group: str = ""
    parent_left: int = 0
    is_certain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The range of positions that are possible.

    Attributes:
        lowest: Signed contracts when all that sells fills, and nothing else.
        highest: When all that buys does.
    """

    lowest: int
    highest: int

    @property
    def worst(self) -> int:
        """Contracts of the largest position possible, either way."""
        return max(abs(self.lowest), abs(self.highest))


def exposure(position: int, orders: Iterable[MayFill]) -> Exposure:
    """Return what the position may become.

    Args:
        position: Contracts held, signed.
        orders: All that may still fill, of whatever state.
    """
    known = list(orders)
    return Exposure(lowest=position - most(known, -1), highest=position + most(known, 1))


def closing(orders: Iterable[MayFill], side: int, oca_group: str = "") -> int:
    """Return the contracts, >= 0, that others than entries may still trade on a side.

    Args:
        orders: All that may still fill.
        side: 1 for buying, -1 for selling.
        oca_group: A group to leave out, since an order that joins it cancels the others.
    """
    exits = [order for order in orders if not order.is_opening]
    return most(
        [
            order
            for order in exits
            if not oca_group or order.oca_group != oca_group or order.is_certain
        ],
        side,
    )


def most(orders: Iterable[MayFill], side: int) -> int:
    """Return the contracts, >= 0, that may be traded on a side, one order of each OCA group."""
    groups: dict[str, int] = defaultdict(int)
    alone = 0
    for order in orders:
        contracts = max(order.quantity * side - order.parent_left, 0)
        if order.oca_group:
            groups[order.oca_group] = max(groups[order.oca_group], contracts)
        else:
            alone += contracts
    return alone + sum(groups.values())
