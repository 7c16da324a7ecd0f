"""The orders of an earlier result handed in again, one by one, at the same closes."""

import math
from collections import defaultdict
from typing import Any

import pandas as pd

from backtest.desk_port import Desk
from backtest.order_log import ACT, CANCEL, SUBMIT, TARGET, order_of
from backtest.order_types import Order
from backtest.strategy import Strategy
from env.kernel.names import Denial

NO_ORDER = 0
"""Id that no order has which can be cancelled."""


class RepeatedOrders(Strategy):
    """Whatever a strategy asked for, asked for again; an order that was denied, too."""

    def __init__(self, name: str, orders: pd.DataFrame):
        """Read a table of orders.

        Args:
            name: What reports call it.
            orders: As in `BacktestResult.orders`.
        """
        self.name = name
        self._ids: dict[tuple[str, int], int] = {}
        self._given: set[tuple[str, int]] = set()
        self._by_time: dict[pd.Timestamp, list[dict[str, Any]]] = defaultdict(list)
        for row in orders.to_dict("records"):
            self._by_time[row["time"]].append(row)

    def on_bar(self, desk: Desk) -> None:
        """Ask for what was asked for at this close."""
        for row in self._by_time.get(self._stamp(desk), ()):
            self._ask(desk.book(row["symbol"]), row)

    def _stamp(self, desk: Desk) -> pd.Timestamp:
        """Return the stamp of the bars that have just closed, of whichever instrument."""
        return max(desk.book(symbol).bar_opened for symbol in desk.symbols)

    def _ask(self, desk: Desk, row: dict[str, Any]) -> None:
        asked, key = row["instruction"], (row["symbol"], row["order_id"])
        if asked == SUBMIT:
            answer = desk.submit(_order_of(row))
            self._ids[key] = answer if isinstance(answer, int) else NO_ORDER
            self._given.add((row["symbol"], self._ids[key]))
        elif asked == CANCEL:
            desk.cancel(self._ids.get(key, self._exit(key)))
        elif asked == TARGET:
            desk.target(row["choice"])
        elif asked == ACT:
            desk.act(row["choice"])

    def _exit(self, key: tuple[str, int]) -> int:
        """Return the id of an exit that an order brought, never that of an order handed in."""
        return NO_ORDER if key in self._given else key[1]


def _order_of(row: dict[str, Any]) -> Order:
    """Return the order of a row, denied again for the same reason if it could not be said.

    One size that is no whole number makes the whole column of a table one of other numbers.
    """
    if row["denial"] == Denial.BAD_SIZE.label:
        return Order(quantity=0)
    if row["denial"] == Denial.BAD_PRICE.label:
        return Order(quantity=1, limit=math.nan)
    return order_of({**row, "quantity": int(row["quantity"]), "group": int(row["group"])})
