"""All orders of a book by key, and at hand those to which something may still happen.

A book keeps the orders of two days, of which a handful are not over; the guard, the protector and
every look at a deadline ask for these alone.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from types import MappingProxyType

from trading.booked_order import BookedOrder


class OrderShelf(MutableMapping[str, BookedOrder]):
    """Orders by key, in the order in which they were booked."""

    def __init__(self) -> None:
        self._all: dict[str, BookedOrder] = {}
        self._unfinished: dict[str, BookedOrder] = {}

    @property
    def all(self) -> Mapping[str, BookedOrder]:
        """All of them, to look at: as quick as a dictionary."""
        return MappingProxyType(self._all)

    @property
    def unfinished(self) -> Mapping[str, BookedOrder]:
        """Those that may still fill, of which a fill was not seen, or that wait for an answer."""
        return MappingProxyType(self._unfinished)

    def __getitem__(self, key: str) -> BookedOrder:
        """Return the order of a key."""
        return self._all[key]

    def __setitem__(self, key: str, booked: BookedOrder) -> None:
        """Book an order, or what has become of it; one that is over and rises keeps its place."""
        is_risen = key in self._all and key not in self._unfinished and booked.is_unfinished
        self._all[key] = booked
        if is_risen:
            self._unfinished = {key: one for key, one in self._all.items() if one.is_unfinished}
        elif booked.is_unfinished:
            self._unfinished[key] = booked
        else:
            self._unfinished.pop(key, None)

    def __delitem__(self, key: str) -> None:
        """Forget an order."""
        del self._all[key]
        self._unfinished.pop(key, None)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._all)

    def __len__(self) -> int:
        """Return how many orders there are."""
        return len(self._all)
