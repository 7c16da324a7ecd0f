"""The fills and trades of one episode, in memory that grows with them."""

import numpy as np

from env.kernel.types import ACCOUNT, FILL, TRADE, Records, max_fills_per_bar

MAX_FILLS_PER_BAR = max_fills_per_bar(ACCOUNT)

INITIAL_CAPACITY = 64
"""Fills that there is room for at first; doubled whenever they might not suffice."""


class TradeLog:
    """What the kernel writes its fills and trades into; how many there are the account knows.

    Attributes:
        fills: FILL records, oldest first; those after the account's `n_fills` mean nothing.
        trades: TRADE records, by exit, likewise. Each takes a fill, so that there is room.
    """

    def __init__(self, fills_per_bar: int = MAX_FILLS_PER_BAR) -> None:
        """Begin with little room.

        Args:
            fills_per_bar: The most that one bar can bring; more where orders wait beside the
                account's own.
        """
        self._fills_per_bar = fills_per_bar
        self.fills: Records = np.zeros(INITIAL_CAPACITY, FILL)
        self.trades: Records = np.zeros(INITIAL_CAPACITY, TRADE)

    def make_room(self, n_fills: int, n_bars: int) -> None:
        """Double the room until the fills of so many more bars fit.

        Args:
            n_fills: Fills so far.
            n_bars: Bars to come.
        """
        while len(self.fills) < n_fills + n_bars * self._fills_per_bar:
            self.fills = _doubled(self.fills)
            self.trades = _doubled(self.trades)


def _doubled(records: Records) -> Records:
    """Return the records followed by as many zeros, between fields too: equal runs, equal bytes."""
    longer = np.zeros(2 * len(records), records.dtype)
    longer[: len(records)] = records
    return longer
