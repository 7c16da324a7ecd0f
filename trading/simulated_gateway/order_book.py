"""The orders that the broker holds or held, by their numbers, families and groups."""

from collections.abc import Iterator

from trading.simulated_gateway.orders import BookOrder

FIRST_PERM_ID = 1_640_000_001

CANCELS = 1
REDUCES = 3
"""OCA types: what a fill does to the others of its group. 2 reduces as well."""


class OrderBook:
    """All orders of the account, in the order in which they came.

    Attributes:
        orders: Those that are over too.
    """

    def __init__(self) -> None:
        """Begin with no orders."""
        self.orders: list[BookOrder] = []
        self._live: list[BookOrder] = []
        self._filled_groups: set[str] = set()
        self._next_ids: dict[int, int] = {}
        self._next_perm_id = FIRST_PERM_ID

    def next_id(self, client_id: int) -> int:
        """Return the lowest order id that was never processed from a client."""
        return self._next_ids.get(client_id, 1)

    def use_id(self, client_id: int, order_id: int) -> None:
        """Note that an order of this id was processed."""
        self._next_ids[client_id] = max(self.next_id(client_id), order_id + 1)

    def new_perm_id(self) -> int:
        """Return a number that no order has had."""
        self._next_perm_id += 1
        return self._next_perm_id - 1

    def add(self, order: BookOrder) -> None:
        """Take an order in."""
        self.orders.append(order)
        self._live.append(order)
        self.use_id(order.client_id, order.request.order_id)

    def drop(self, order: BookOrder) -> None:
        """Forget an order, as if it had never been."""
        self.orders.remove(order)
        self._live.remove(order)

    def of_id(self, client_id: int, order_id: int) -> list[BookOrder]:
        """Return the orders of one id, the oldest first; there may be several, or none."""
        return [
            order
            for order in self.orders
            if order.client_id == client_id and order.request.order_id == order_id
        ]

    def live(self) -> list[BookOrder]:
        """Return all that is not over, untransmitted orders included."""
        self._live = [order for order in self._live if not order.is_done]
        return list(self._live)

    def working(self) -> list[BookOrder]:
        """Return what the market may fill."""
        return [order for order in self.live() if order.is_working]

    def children(self, parent: BookOrder) -> list[BookOrder]:
        """Return the orders that wait for one, or waited for it, and are not over."""
        return [order for order in self.live() if order.parent is parent]

    def family(self, order: BookOrder) -> list[BookOrder]:
        """Return an order's parent and all its children, the parent first; live ones only."""
        head = order.parent if order.parent is not None else order
        members = [head, *self.children(head)]
        return [member for member in members if not member.is_done]

    def note_fill(self, order: BookOrder) -> None:
        """Note that an order has filled; once that is complete, a cancelling group is over."""
        request = order.request
        if order.remaining == 0 and request.oca_group and request.oca_type in (0, CANCELS):
            self._filled_groups.add(request.oca_group)

    def is_group_over(self, name: str) -> bool:
        """Return whether a group has cancelled itself: nothing can join it any more."""
        return name in self._filled_groups

    def group(self, order: BookOrder) -> Iterator[tuple[BookOrder, int]]:
        """Yield the live orders that a fill of one cancels or reduces, each with the OCA type.

        Children of one parent are a group that reduces, unless they were given one.
        """
        name = order.request.oca_group
        for other in self.live():
            if other is order or not other.is_transmitted:
                continue
            if name and other.request.oca_group == name:
                yield other, order.request.oca_type or CANCELS
            elif not name and order.parent is not None and other.parent is order.parent:
                yield other, REDUCES
