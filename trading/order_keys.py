"""Which numbers of the broker stand for which order of the book."""

from collections.abc import Iterable


class OrderKeys:
    """Perm ids, which hold for good, and order ids, which hold for one session.

    Keys are those of the book (trading/working_orders.py).
    """

    def __init__(self) -> None:
        self._by_perm_id: dict[int, str] = {}
        self._by_order_id: dict[int, str] = {}

    def learn_perm_id(self, perm_id: int, key: str) -> None:
        """Note the broker's number of an order; 0 is none, and the first order keeps its own."""
        if perm_id:
            self._by_perm_id.setdefault(perm_id, key)

    def learn_order_id(self, order_id: int, key: str) -> None:
        """Note an order's number in this session, the first that has it keeps it."""
        if order_id > 0:
            self._by_order_id.setdefault(order_id, key)

    def of_perm_id(self, perm_id: int) -> str | None:
        """Return whose number that is, None for nobody's."""
        return self._by_perm_id.get(perm_id)

    def of_order_id(self, order_id: int) -> str | None:
        """Return whose number that is in this session, None for nobody's."""
        return self._by_order_id.get(order_id)

    def begin_session(self) -> None:
        """Forget the order ids."""
        self._by_order_id.clear()

    def forget(self, keys: Iterable[str]) -> None:
        """Drop all numbers of these orders."""
        gone = frozenset(keys)
        for numbers in (self._by_perm_id, self._by_order_id):
            for number in [number for number, key in numbers.items() if key in gone]:
                del numbers[number]
